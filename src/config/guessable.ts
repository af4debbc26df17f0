/** Secrets that somebody could guess: those of examples, and what a keyboard makes in a moment. */

/** Words that stand in examples and that nothing random ever holds. */
const WORDS = /example|changeme|change-me|change_me|password|placeholder|your[-_]?secret|insecure/i;

/** Of the documentation: whoever copies it must not run with what everybody can read. */
export function isExample(text: string): boolean {
  return /example/i.test(text);
}

/** 32 random bytes have about 30 different ones, 32 random hexadecimal digits about 14. */
const FEWEST_DIFFERENT = 8;

/** A part that is repeated adds nothing. */
const LONGEST_PART = 16;

/** @param secret of at least 32 characters */
export function isGuessable(secret: string): boolean {
  return (
    WORDS.test(secret) ||
    new Set(secret).size < FEWEST_DIFFERENT ||
    isRepeated(secret) ||
    isSequence(secret)
  );
}

/** Made of one part, again and again, the last time perhaps cut off. */
function isRepeated(secret: string): boolean {
  return Array.from({ length: LONGEST_PART }, (_, index) => secret.slice(0, index + 1)).some(
    (part) => part.repeat(Math.ceil(secret.length / part.length)).startsWith(secret),
  );
}

/** Nearly every character follows the one before, as in 0123456789abcdef. */
function isSequence(secret: string): boolean {
  const codes = Array.from(secret, (character) => character.charCodeAt(0));
  const steps = codes.slice(1).map((code, index) => code - (codes[index] ?? 0));
  const even = steps.filter((step) => Math.abs(step) === 1).length;
  return even > steps.length * 0.7;
}
