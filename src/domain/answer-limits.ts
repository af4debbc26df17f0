/** What an answer of Stripe or Blnk may be at most: how long, and how deep its JSON is nested. */
import { endOfString } from './json-text';

/** A page of 100 rows with their charges has below 1 MB. */
export const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/** No answer of Stripe or Blnk has a tenth of this. */
const MOST = 100;

/**
 * Told before it is parsed: 14 MB of `[` hold a process up for 17 s. By one look at each character; what is
 * between quotes does not count.
 */
export function isTooDeep(text: string, most = MOST): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charCodeAt(at);
    if (character === QUOTE) {
      at = endOfString(text, at);
    } else if (character === BRACKET || character === BRACE) {
      depth += 1;
      if (depth > most) return true;
    } else if (character === BRACKET + 2 || character === BRACE + 2) {
      depth -= 1;
    }
  }
  return false;
}

const [QUOTE, BRACKET, BRACE] = [0x22, 0x5b, 0x7b];
