/** JSON as text, before it is parsed. */

const [QUOTE, BACKSLASH, MINUS, ZERO, NINE] = [0x22, 0x5c, 0x2d, 0x30, 0x39];

/** From 16 digits on an integer may be more than JSON.parse keeps exactly. */
const LONG = /\d{16}/;
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const LONG_INTEGER = /^-?[1-9]\d{15,}$/;

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
      continue;
    }
    if (character !== MINUS && (character < ZERO || character > NINE)) continue;
    NUMBER.lastIndex = at;
    const number = NUMBER.exec(text)?.[0] ?? '-';
    if (LONG_INTEGER.test(number)) {
      parts.push(text.slice(from, at), '"', number, '"');
      from = at + number.length;
    }
    at += number.length - 1;
  }
  return parts.join('') + text.slice(from);
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
