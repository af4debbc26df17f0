/**
 * Charges without a PaymentIntent that had not succeeded when their row was listed: nothing else tells when one has,
 * so Stripe is asked for the row again, with its charge in it.
 */
import type { BalanceTransaction, ChargeSource } from '../../domain/movements/balance-transaction';
import { appliedLegs, awaitsOf } from '../../domain/movements/follow-ups';
import { pendingLoneCharges } from '../../store/follow-ups';
import type { FollowedRow } from '../../store/settled-staging';
import { askAbout, isOfAll, type Followed, type Following } from './following';
import { knownOf } from './known-of';

export async function followLoneCharges(following: Following, limit: number): Promise<Followed> {
  const { deps, place } = following;
  const { db } = deps;
  const due = await pendingLoneCharges(db, place.sourceId, limit, following.asks);
  const charges = await chargesOf(following, due);
  const rows: FollowedRow[] = [];
  const known = await knownOf(db, place, due);
  const legs = due.flatMap((bt) => {
    const charge = charges.get(bt.id) ?? null;
    const told = charge === null ? bt : { ...bt, source: charge };
    rows.push({ btId: bt.id, charge, awaits: awaitsOf(told, known(told), place.chart) });
    return appliedLegs(told, known(told), place.chart);
  });
  return { rows, legs, taken: due.length };
}

/** As they are now; Stripe is asked for those that are still pending by what we know. */
async function chargesOf(
  following: Following,
  due: readonly BalanceTransaction[],
): Promise<ReadonlyMap<string, ChargeSource>> {
  const { connection, attempt, deps, page } = following;
  const charges = new Map<string, ChargeSource>();
  let mayRead = true;
  for (const { id, source } of due) {
    if (source.object === 'charge' && isDecided(source)) charges.set(id, source);
    else if (mayRead) {
      const answer = await askAbout(following, id, () =>
        connection.stripe.readTransaction(id, attempt.signal),
      );
      if ('untold' in answer) mayRead = !isOfAll(answer.untold);
      else if (answer.told?.source.object === 'charge') charges.set(id, answer.told.source);
      else if (answer.told) mayRead = false;
    }
  }
  if (!mayRead) {
    const { syncId, instanceId } = page;
    deps.log.warn({ syncId, instanceId, right: 'rak_charge_read' }, 'follow_ups.right_missing');
  }
  return charges;
}

function isDecided({ status }: ChargeSource): boolean {
  return status === 'succeeded' || status === 'failed';
}
