/** What the last proof names and nothing has decided since: what was accepted, taken back or booked needs nothing. */
import type { Repair } from '../domain/proof/remedies';
import { ownAmong } from '../engine/proof/foreign-postings';
import { listAcceptances } from '../store/acceptances';
import type { MovementPlace } from './movement-place';

type Place = Pick<MovementPlace, 'db' | 'instanceId' | 'source'>;

export async function undecided(
  place: Place,
  repairs: readonly Repair[],
): Promise<readonly Repair[]> {
  const { db, source } = place;
  const accepted = source ? await listAcceptances(db, source.sourceId) : [];
  const isAccepted = ({ item }: Repair) =>
    accepted.some(
      ({ reference, currency, amount }) =>
        reference === item.reference && currency === item.currency && amount === item.amount,
    );
  return (await notOurs(place, repairs)).filter((one) => {
    if (one.remedy === 'decide') return !isAccepted(one);
    return one.remedy !== 'take_back' || isAccepted(one);
  });
}

/** What has become a movement of ours since the proof is nobody else's: to take it back would take back our own. */
export async function notOurs(
  { db, instanceId }: Place,
  repairs: readonly Repair[],
): Promise<readonly Repair[]> {
  const theirs = repairs.filter(({ remedy }) => remedy === 'decide').map(({ item }) => item);
  const isOwn = await ownAmong(db, instanceId, theirs);
  return repairs.filter(({ remedy, item }) => remedy !== 'decide' || !isOwn(item.reference));
}
