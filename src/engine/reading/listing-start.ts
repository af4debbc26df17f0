/** When a full listing starts: Stripe's time, asked for twice where the database's clock does not agree. */
import { agree, listingStart, type ListingStart } from '../../domain/window';
import { readClock, type Queries } from '../../store/db';
import type { StripeReader } from '../../stripe/client';

/** @param answeredAt Date of an answer that Stripe has just given; null: there was none */
export async function startOfListing(
  db: Queries,
  stripe: Pick<StripeReader, 'readAccount'>,
  answeredAt: number | null,
  signal: AbortSignal,
): Promise<ListingStart> {
  const ask = async () => (await stripe.readAccount(signal)).answeredAt;
  const first = answeredAt ?? (await ask());
  const database = await readClock(db);
  return listingStart(agree(first, database) ? [first] : [first, await ask()], database);
}
