/**
 * Disputes: what has become of those that are open, and the legs of those that are final. Stripe makes no row when it
 * decides one, so it is asked about each once a day, and at once when a new row of it has come.
 */
import { lostLegs } from '../../domain/kinds/dispute';
import { legsOf } from '../../domain/movements/chart';
import { may } from '../../domain/permissions';
import { rowsOfObjects } from '../../store/balance-transactions';
import { disputesToAsk, dueDisputes, noteAsked, noteStatuses } from '../../store/disputes';
import { askAbout, isOfAll, type Followed, type Following } from './following';
import { forgottenLosses } from './forgotten-losses';
import { knownOf } from './known-of';
import { legsMovedOn } from './late-beginnings';

export async function followDisputes(following: Following, limit: number): Promise<Followed> {
  const { deps, place } = following;
  const { db } = deps;
  const { instanceId, sourceId, chart } = place;
  const asked = following.asks ? await askAboutDisputes(following, limit) : 0;
  const due = await dueDisputes(db, sourceId, limit);
  const ofId = new Map(due.map(({ dispute }) => [dispute.id, dispute]));
  const kept = await rowsOfObjects(db, instanceId, [...ofId.keys()]);
  // Where the key could not read it with its row, it tells by now whose payment it is about.
  const all = kept.map((bt) => ({ ...bt, source: ofId.get(bt.source.id ?? '') ?? bt.source }));
  const known = await knownOf(db, place, all);
  const final = due.map(({ dispute, status, wasLost }) => {
    const rows = all.filter(({ source }) => source.id === dispute.id);
    return { dispute, rows, isWon: status === 'won', wasLost, known: known({ source: dispute }) };
  });
  const { ledger, grants } = following.connection;
  const forgotten = may(grants, 'data:read')
    ? await forgottenLosses(ledger, chart, final, following.attempt.signal)
    : new Set();
  const lost = final.map((one) => {
    const { id } = one.dispute;
    const wasLost = one.wasLost || forgotten.has(id);
    return { id, legs: lostLegs({ ...one, wasLost }, chart) };
  });
  // That it was withdrawn before the cut-over may have become known after its rows were booked.
  const rows = all.map((bt) => ({ bt, known: known(bt), legs: legsOf(bt, known(bt), chart) }));
  const moved = await legsMovedOn(db, place, rows);
  return {
    disputes: lost.map(({ id, legs }) => ({ id, wasLost: legs.length > 0 })),
    legs: [...lost.flatMap(({ legs }) => legs), ...moved],
    taken: Math.max(asked, due.length),
  };
}

/** Each answer is noted as it comes: what follows is read from our own rows. @returns how many had their turn */
async function askAboutDisputes(following: Following, limit: number): Promise<number> {
  const { deps, page, place, connection, attempt } = following;
  const { db } = deps;
  const of = { syncId: page.syncId, instanceId: place.instanceId, sourceId: place.sourceId };
  const ids = await disputesToAsk(db, place.sourceId, limit);
  for (const [index, id] of ids.entries()) {
    const answer = await askAbout(following, id, () =>
      connection.stripe.readDispute(id, attempt.signal),
    );
    if ('told' in answer && answer.told) await noteStatuses(db, of, [answer.told]);
    else if ('untold' in answer && isOfAll(answer.untold)) {
      await noteAsked(db, of, ids.slice(index));
      break;
    } else await noteAsked(db, of, [id]);
  }
  return ids.length;
}
