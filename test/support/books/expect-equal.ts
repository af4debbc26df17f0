import type { Harness } from '../worlds/harness';

/** Stripe and the ledger agree, in count and money. */
export function expectEqual(harness: Pick<Harness, 'totals'>): void {
  const { stripe, blnk } = harness.totals();
  expect(blnk).toEqual(stripe);
}
