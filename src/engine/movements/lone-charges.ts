/**
 * Charges without a PaymentIntent that had not succeeded when their row was listed: nothing else tells when one has,
 * so Stripe is asked for the row again, with its charge in it.
 */
import type {
  BalanceTransaction,
  ChargeSource,
  SourceObject,
} from '../../domain/movements/balance-transaction';
import { appliedLegs, awaitsOf } from '../../domain/movements/follow-ups';
import { pendingLoneCharges } from '../../store/follow-ups';
import { noteAnswers, type FollowedRow } from '../../store/settled-staging';
import { askAbout, isOfAll, type Followed, type Following } from './following';
import { knownOf } from './known-of';

export async function followLoneCharges(following: Following, limit: number): Promise<Followed> {
  const { deps, page, place } = following;
  const { db } = deps;
  const due = await pendingLoneCharges(db, place.sourceId, limit, following.asks);
  const answers = new Map<string, ChargeSource | null>();
  try {
    await readCharges(
      following,
      due.filter(({ source }) => !isDecided(source)),
      answers,
    );
  } finally {
    // Also when one of them fails, or what is asked after them.
    const told = [...answers].map(([btId, charge]) => ({ btId, charge }));
    await noteAnswers(db, page, told);
  }
  const rows: FollowedRow[] = [];
  const known = await knownOf(db, place, due);
  const legs = due.flatMap((bt) => {
    const charge = isDecided(bt.source) ? bt.source : (answers.get(bt.id) ?? null);
    const told = charge === null ? bt : { ...bt, source: charge };
    rows.push({ btId: bt.id, charge, awaits: awaitsOf(told, known(told), place.chart) });
    return appliedLegs(told, known(told), place.chart);
  });
  return { rows, legs, taken: due.length };
}

/**
 * As they are now, of those that are still pending by what we know.
 * @param answers gets each as it is known; null: Stripe did not tell
 */
async function readCharges(
  following: Following,
  pending: readonly BalanceTransaction[],
  answers: Map<string, ChargeSource | null>,
): Promise<void> {
  const { connection, attempt, deps, page } = following;
  let mayRead = true;
  for (const { id } of pending) {
    if (!mayRead) break;
    const answer = await askAbout(following, id, () =>
      connection.stripe.readTransaction(id, attempt.signal),
    );
    const there = 'told' in answer ? answer.told?.source : undefined;
    answers.set(id, there?.object === 'charge' ? there : null);
    // A row that comes without its charge: the right to read that is missing.
    const isHidden = there !== undefined && there.object !== 'charge';
    mayRead = !isHidden && !('untold' in answer && isOfAll(answer.untold));
  }
  if (!mayRead) {
    const { syncId, instanceId } = page;
    deps.log.warn({ syncId, instanceId, right: 'rak_charge_read' }, 'follow_ups.right_missing');
  }
}

function isDecided(source: SourceObject): source is ChargeSource {
  return (
    source.object === 'charge' && (source.status === 'succeeded' || source.status === 'failed')
  );
}
