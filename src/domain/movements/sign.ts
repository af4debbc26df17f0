/** Stripe's objects have no signs: the row says which way their money went. */

/** @param row the amount of the balance transaction */
export function signedAs(amount: bigint | null, row: bigint | null): bigint | null {
  return amount !== null && row !== null && row < 0n ? -amount : amount;
}
