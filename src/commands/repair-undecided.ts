/** What the last proof names and nobody has decided since: what was accepted after it, or taken back, needs nothing. */
import type { Repair } from '../domain/proof/remedies';
import { listAcceptances } from '../store/acceptances';
import type { MovementPlace } from './movement-place';

export async function undecided(
  { db, source }: Pick<MovementPlace, 'db' | 'source'>,
  repairs: readonly Repair[],
): Promise<readonly Repair[]> {
  const accepted = source ? await listAcceptances(db, source.sourceId) : [];
  const isAccepted = ({ item }: Repair) =>
    accepted.some(
      ({ reference, currency, amount }) =>
        reference === item.reference && currency === item.currency && amount === item.amount,
    );
  return repairs.filter((one) => {
    if (one.remedy === 'decide') return !isAccepted(one);
    return one.remedy !== 'take_back' || isAccepted(one);
  });
}
