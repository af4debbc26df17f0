/**
 * Who paid, by the id that Stripe has for them. Stripe's own look like `cus_…`; a merchant may have made
 * others, from an e-mail address for instance.
 */

/** An id that names a balance as it is. */
const PLAIN = /^[A-Za-z0-9_-]{1,255}$/;

/** Far above what Stripe takes as an id. */
const LONGEST = 5_000;

export function isPlainPayer(id: string): boolean {
  return PLAIN.test(id);
}

/**
 * Whether this can be an id at all. Postgres refuses a NUL, and with it the whole page; half a character
 * would be stored as another one; and control characters would reach a terminal.
 */
export function isPayerId(id: string): boolean {
  return id !== '' && id.length <= LONGEST && !/[\p{Cc}\p{Cs}]/u.test(id);
}
