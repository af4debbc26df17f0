/** What stands in suspense: movements of no known kind that are booked, until a person has assigned them. */
import { legReferenceOf } from '../domain/ids';
import type { SuspenseSum } from '../domain/proof-problems';
import type { Queries } from './db';
import { IN_LEDGER_STATES } from './outcome-columns';

/** Summed up to here: more is a list to work through, and no figure. */
export const SUSPENSE_COUNTED = 1_000;

/** Behind the reference of a movement, that of the posting by which a person has assigned it. */
const ASSIGNED = legReferenceOf('', 'assigned');

/** By currency, of the first so many; none: nothing stands there. */
export async function suspenseSums(db: Queries, sourceId: string): Promise<SuspenseSum[]> {
  const rows = await db.query<Omit<SuspenseSum, 'amount'> & { amount: string }>(
    `select upper(coalesce(currency, '')) as currency, count(*) as count, sum(moves)::text as amount
     from (
       select m.currency, m.moves from movements m
       where m.source_id = $1 and m.kind = 'suspense' and m.leg = 'gross' and m.state in ${IN_LEDGER_STATES}
         and not exists (select from movements a
           where a.instance_id = m.instance_id and a.movement_id = m.movement_id || $2)
       order by m.movement_id limit ${SUSPENSE_COUNTED}) unassigned
     group by 1 order by 1`,
    [sourceId, ASSIGNED],
  );
  return rows.map((row) => ({ ...row, amount: BigInt(row.amount) }));
}
