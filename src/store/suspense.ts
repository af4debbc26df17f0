/** Legs that are in suspense: in the ledger, and assigned by nobody yet. */
import type { BalanceNames } from '../domain/balances';
import { legReferenceOf, UNPLACED } from '../domain/ids';
import type { Leg } from '../domain/movements/leg';
import { SUSPENSE_COUNTED, type SuspenseSum } from '../domain/movements/suspense-sum';
import type { Db, Queries } from './db';
import { LEG_COLUMNS, stageLegs, toLeg, type LegRow, type StoredLeg } from './legs';
import { IN_LEDGER_STATES } from './outcome-columns';

interface Place {
  readonly sourceId: string;
  readonly balances: BalanceNames;
}

/**
 * Of the leg `a` of an assignment: it counts for the source $1. What was assigned in another ledger is assigned in none
 * but that. What another source has brought to this one stays there, as where a key was replaced; what it has not sent
 * is sent by nobody any more.
 */
const COUNTS = `(a.source_id = $1 or (a.state in ${IN_LEDGER_STATES}
  and (select s.ledger_address from sources s where s.source_id = a.source_id)
    = (select s.ledger_address from sources s where s.source_id = $1)))`;

/** Of a row m of the source $1: by the words of its index, then by the balance of its own instance. */
const IN_SUSPENSE = `m.source_id = $1 and (m.from_balance like '%-suspense' or m.to_balance like '%-suspense')
  and m.leg <> 'assigned' and m.state in ${IN_LEDGER_STATES}
  and (select (i.source_balance || '-suspense' = m.from_balance) <> (i.source_balance || '-suspense' = m.to_balance)
    from instances i where i.instance_id = m.instance_id)
  and (select ${COUNTS} from movements a where a.instance_id = m.instance_id
    and a.movement_id = m.movement_id || '${legReferenceOf('', 'assigned')}') is not true`;

/** Newest first. */
export async function legsInSuspense(
  db: Queries,
  sourceId: string,
  limit: number,
): Promise<LegRow[]> {
  const rows = await db.query<StoredLeg>(
    `select ${LEG_COLUMNS} from movements m where ${IN_SUSPENSE}
     order by dated_s desc, movement_id limit $2`,
    [sourceId, limit],
  );
  return rows.map(toLeg);
}

/** By currency, of the newest SUSPENSE_COUNTED; none: nothing stands there. */
export async function suspenseSums(db: Queries, sourceId: string): Promise<SuspenseSum[]> {
  const rows = await db.query<Omit<SuspenseSum, 'amount'> & { amount: string }>(
    `select upper(coalesce(currency, '')) as currency, count(*) as count, sum(moves)::text as amount
     from (
       select m.currency, m.moves from movements m where ${IN_SUSPENSE}
       order by m.dated_s desc, m.movement_id limit ${SUSPENSE_COUNTED}) unassigned
     group by 1 order by 1`,
    [sourceId],
  );
  return rows.map((row) => ({ ...row, amount: BigInt(row.amount) }));
}

/** By its reference, where it counts for the source. */
export async function findAssignment(
  db: Queries,
  { instanceId, sourceId }: { readonly instanceId: string; readonly sourceId: string },
  reference: string,
): Promise<LegRow | undefined> {
  const [leg] = await db.query<StoredLeg>(
    `select ${LEG_COLUMNS} from movements a where instance_id = $2 and movement_id = $3 and ${COUNTS}`,
    [sourceId, instanceId, reference],
  );
  return leg && toLeg(leg);
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
    const there = await findAssignment(tx, { instanceId, sourceId }, assignment.reference);
    if (there) return there;
    const nobody = { pageId: UNPLACED, syncId: UNPLACED, listing: UNPLACED, takesOver: false };
    const claim = { instanceId, sourceId, ...nobody, sourceBalance: balances.source };
    await stageLegs(tx, claim, [assignment]);
    return undefined;
  });
}
