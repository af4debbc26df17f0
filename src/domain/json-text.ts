/** JSON as text, before it is parsed. */

const [QUOTE, BACKSLASH] = [0x22, 0x5c];

/** From 16 digits on an integer may be more than JSON.parse keeps exactly. */
const LONG = /\d{16}/;
const LONG_INTEGER = /^-?[1-9]\d{15,}$/;

/** Characters; no amount has as many, and a pattern cannot look at a million of them. */
const LONGEST = 64;

/**
 * The same text with its long integers in quotes, so that they can be read exactly: above 2^53 JSON.parse
 * rounds without a word. By one look at each character; what is between quotes stays as it is.
 */
export function quoteLongIntegers(text: string): string {
  if (!LONG.test(text)) return text;
  const parts: string[] = [];
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charCodeAt(at);
    if (character === QUOTE) {
      at = endOfString(text, at);
    } else if (isOfNumber(character)) {
      const end = endOfNumber(text, at);
      const length = end - at;
      const number = length < 16 || length > LONGEST ? '' : text.slice(at, end);
      if (LONG_INTEGER.test(number)) {
        parts.push(text.slice(from, at), '"', number, '"');
        from = end;
      }
      at = end - 1;
    }
  }
  return parts.join('') + text.slice(from);
}

function endOfNumber(text: string, start: number): number {
  let end = start + 1;
  while (end < text.length && isOfNumber(text.charCodeAt(end))) end += 1;
  return end;
}

/** A digit, or one of "+-.eE". */
function isOfNumber(character: number): boolean {
  if (character === 0x65 || character === 0x45) return true;
  return character >= 0x2b && character <= 0x39 && character !== 0x2c && character !== 0x2f;
}

/** Where the string that starts here has its last quote; the end of the text if it has none. */
export function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const character = text.charCodeAt(at);
    if (character === BACKSLASH) at += 1;
    else if (character === QUOTE) return at;
  }
  return text.length;
}
