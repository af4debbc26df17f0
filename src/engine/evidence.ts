/** What Stripe, our own record and the ledger say about one payment, and by what a sync would judge it. */
import type { Found } from '../domain/decide';
import { SyncError } from '../domain/errors';
import { referenceOf } from '../domain/ids';
import { may } from '../domain/permissions';
import type { PostingContext } from '../domain/posting';
import type { Db } from '../store/db';
import { findPayIn, type PayInRow } from '../store/movements';
import { currentSource, toSeconds, type SourceRow } from '../store/sources';
import type { StripeReader } from '../stripe/client';
import type { PaymentFacts } from '../stripe/payment-intent';
import type { Connection } from './deps';
import { planDry } from './dry-reading';
import { instanceSettings, isPlannedOtherwise, sinceOf } from './instance-settings';
import { lookUpAll } from './posting/look-up';
import { NOTHING_READ } from './reading/plan-reading';
import { postingContextOf } from './posting/posting-context';

export interface Evidence {
  /** undefined: Stripe knows no such payment. */
  readonly atStripe: PaymentFacts | undefined;
  /** undefined: no sync has seen it as succeeded. */
  readonly row: PayInRow | undefined;
  /** undefined: the key may not look up. */
  readonly found: Found | undefined;
}

/** @throws SyncError SYNC_SINCE_REQUIRED, STRIPE_*, BLNK_* */
export async function gatherEvidence(
  db: Db,
  { config, stripe, ledger, grants }: Connection,
  id: string,
  signal: AbortSignal,
): Promise<{ evidence: Evidence; context: PostingContext }> {
  const settings = instanceSettings(config);
  const source = await currentSource(db, config.id);
  const row = await findPayIn(db, config.id, id);
  const held = [row?.reference ?? null];
  const [atStripe, found] = await Promise.all([
    readPayment(stripe, id, sinceOf(settings) !== null, signal),
    may(grants, 'data:read') ? lookUpAll(ledger, [referenceOf(id)], signal, held) : undefined,
  ]);
  const judged = postingContextOf(
    '',
    {
      livemode: stripe.livemode,
      stripeAccount: source?.stripeAccount ?? null,
      listingStartedAt: listingOf(source, settings.syncSince, atStripe?.answeredAt),
    },
    settings,
  );
  // Decided when the events of that time could still be read; they are gone by now.
  const context = row?.state === 'before_since' ? { ...judged, eventsReachSince: true } : judged;
  return { evidence: { atStripe, row, found }, context };
}

/** When the listing starts by which the next sync judges: one that it would begin, or one under way. */
function listingOf(
  source: SourceRow | undefined,
  syncSince: string | null,
  now: number | undefined,
): number | null {
  const underWay = source?.listingStartedAt ?? null;
  if (now === undefined) return underWay;
  const isTrusted = source !== undefined && !isPlannedOtherwise(source, syncSince);
  const read = isTrusted ? source : NOTHING_READ;
  const start = { now, startedAt: now };
  return planDry(read, { kind: 'full' }, start, toSeconds(syncSince)).begun?.startedAt ?? underWay;
}

/** With its charge, which tells of refunds; a key need not be able to read that. */
async function readPayment(
  stripe: StripeReader,
  id: string,
  needsCharge: boolean,
  signal: AbortSignal,
): Promise<PaymentFacts | undefined> {
  try {
    return await stripe.readPayIn(id, signal, true);
  } catch (error) {
    const mayNot = error instanceof SyncError && error.code === 'STRIPE_PERMISSION_MISSING';
    if (!mayNot || needsCharge) throw error;
    return stripe.readPayIn(id, signal, false);
  }
}
