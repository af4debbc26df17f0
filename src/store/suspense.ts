/** Legs that are in suspense: in the ledger, and assigned by nobody yet. */
import { accountOf } from '../domain/accounts';
import type { BalanceNames } from '../domain/balances';
import { legReferenceOf, UNPLACED } from '../domain/ids';
import type { Leg } from '../domain/leg';
import type { Db, Queries } from './db';
import { findLeg, LEG_COLUMNS, stageLegs, toLeg, type LegRow, type StoredLeg } from './legs';
import { IN_LEDGER_STATES } from './outcome-columns';

interface Place {
  readonly sourceId: string;
  readonly balances: BalanceNames;
}

/** As the index has it, then as the settings have it: parameters $1 to $3 are those of `parametersOf`. */
const IN_SUSPENSE = `m.source_id = $1 and (m.from_balance like '%-suspense' or m.to_balance like '%-suspense')
  and m.leg <> 'assigned' and (m.from_balance = $2) <> (m.to_balance = $2) and m.state in ${IN_LEDGER_STATES}
  and not exists (select from movements a
    where a.instance_id = m.instance_id and a.movement_id = m.movement_id || $3)`;

function parametersOf({ sourceId, balances }: Place): string[] {
  return [sourceId, accountOf('suspense', balances), legReferenceOf('', 'assigned')];
}

/** Newest first. */
export async function legsInSuspense(db: Queries, place: Place, limit: number): Promise<LegRow[]> {
  const rows = await db.query<StoredLeg>(
    `select ${LEG_COLUMNS} from movements m where ${IN_SUSPENSE}
     order by dated_s desc, movement_id limit $4`,
    [...parametersOf(place), limit],
  );
  return rows.map(toLeg);
}

export interface SuspenseSums {
  readonly count: number;
  /** Upper-case currency code to minor units: what came is positive, what left negative. */
  readonly amount: Readonly<Record<string, string>>;
}

export async function sumsInSuspense(db: Queries, place: Place): Promise<SuspenseSums> {
  const rows = await db.query<{ currency: string; count: number; amount: string }>(
    `select upper(m.currency) as currency, count(*) as count,
       sum(case when m.to_balance = $2 then m.amount else -m.amount end)::text as amount
     from movements m where ${IN_SUSPENSE} group by 1 order by 1`,
    parametersOf(place),
  );
  return {
    count: rows.reduce((sum, row) => sum + row.count, 0),
    amount: Object.fromEntries(rows.map(({ currency, amount }) => [currency, amount])),
  };
}

/**
 * Stages an assignment for the next sync, unless there is one already.
 * @returns that one
 */
export async function stageAssignment(
  db: Db,
  { instanceId, sourceId, balances }: Place & { readonly instanceId: string },
  of: string,
  assignment: Leg,
): Promise<LegRow | undefined> {
  return db.transaction(async (tx) => {
    // Two people who assign it at once: the second one sees what the first has decided.
    await tx.query(
      'select 1 from movements where instance_id = $1 and movement_id = $2 for update',
      [instanceId, of],
    );
    const there = await findLeg(tx, instanceId, assignment.reference);
    if (there) return there;
    const nobody = { pageId: UNPLACED, syncId: UNPLACED, listing: UNPLACED, takesOver: false };
    const claim = { instanceId, sourceId, ...nobody, sourceBalance: balances.source };
    await stageLegs(tx, claim, [assignment]);
    return undefined;
  });
}
