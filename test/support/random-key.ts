/** Secrets for tests: none that is refused as one that can be guessed. */
import { createHash } from 'node:crypto';

/** An encryption key as `openssl rand` makes them, and always the same for a name. */
export function randomKey(name: string): string {
  return createHash('sha256').update(name).digest('base64');
}

/** A secret of an address, to be looked for where none may be shown: it holds `hush`. */
export const HUSH_SECRET = 'hush-7Jw2mQx0Rk9TzB4cVy8LdN3pGs5E';
