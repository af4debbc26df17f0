/**
 * After a pause that is longer than Stripe keeps events: whether what was read before it counts. Where the rows of
 * Stripe's balance are read it does, since they show a payment that no event has told of. Elsewhere only a listing of
 * everything finds such a one.
 */
import type { RowReading } from '../store/row-reading';
import type { SourceRow } from '../store/sources';
import type { Connection } from './deps';
import { areRightsBack } from './movements/rights-back';

/** Charges are listed by it; without it PaymentIntents are, all of them. */
const CHARGES = ['rak_charge_read'];

type Listed = Pick<SourceRow, 'watermark' | 'readTo' | 'listingId' | 'listingStartedAt'>;

/**
 * The source as a listing is planned for it: `readTo` only where it may be gone on from; else one that was begun so is
 * given up. One read, after a pause.
 * @param movements undefined: they are not carried over
 */
export async function asResumed<Source extends Listed>(
  source: Source,
  movements: Pick<RowReading, 'missing'> | undefined,
  { stripe }: Pick<Connection, 'stripe'>,
  signal: AbortSignal,
): Promise<Source> {
  if (source.watermark !== null || source.readTo === null) return source;
  const may = movements?.missing.length === 0 && (await areRightsBack(stripe, CHARGES, signal));
  return may ? source : { ...source, readTo: null, listingId: null, listingStartedAt: null };
}
