/** Pay-ins that are set aside, as a person looks through them and deals with many at once. */
import type { PayInState } from '../domain/pay-in';
import type { Db } from './db';
import { OF_CURRENT_SOURCE } from './pay-ins';

export interface SetAsideFilter {
  /** undefined: every reason. */
  readonly reason?: string | undefined;
  /** Part of an id. */
  readonly search?: string | undefined;
  readonly closed: boolean;
}

export interface SetAsideLine {
  readonly id: string;
  readonly amount: bigint | null;
  readonly currency: string | null;
  readonly livemode: boolean | null;
  readonly reason: string;
  readonly attempts: number;
  readonly updatedAt: Date;
  readonly retryAt: Date | null;
  readonly closedAt: Date | null;
  readonly closedBy: string | null;
  readonly closedNote: string | null;
}

/** Parameters: $1 the instance, $2 the reason, $3 a part of the id. */
const conditionOf = (closed: boolean) => `instance_id = $1 and state = 'quarantined'
  and closed_at is ${closed ? 'not null' : `null and ${OF_CURRENT_SOURCE}`}
  and ($2::text is null or coalesce(reason, 'unknown') = $2)
  and ($3::text is null or position($3 in payment_intent_id) > 0)`;

const parametersOf = (instanceId: string, { reason, search }: SetAsideFilter) => [
  instanceId,
  reason ?? null,
  search ?? null,
];

/** Set aside longest ago first. */
export async function pageOfSetAside(
  db: Db,
  instanceId: string,
  filter: SetAsideFilter,
  { limit, offset }: { readonly limit: number; readonly offset: number },
): Promise<SetAsideLine[]> {
  const rows = await db.query<Omit<SetAsideLine, 'amount'> & { amount: string | null }>(
    `select payment_intent_id as id, amount::text as amount, currency, livemode,
       coalesce(reason, 'unknown') as reason, attempts, updated_at as "updatedAt",
       retry_at as "retryAt", closed_at as "closedAt", closed_by as "closedBy",
       closed_note as "closedNote"
     from pay_ins where ${conditionOf(filter.closed)}
     order by updated_at, payment_intent_id limit $4 offset $5`,
    [...parametersOf(instanceId, filter), limit, offset],
  );
  return rows.map((row) => ({ ...row, amount: row.amount === null ? null : BigInt(row.amount) }));
}

export async function countOfSetAside(
  db: Db,
  instanceId: string,
  filter: SetAsideFilter,
): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    `select count(*) as count from pay_ins where ${conditionOf(filter.closed)}`,
    parametersOf(instanceId, filter),
  );
  return row?.count ?? 0;
}

export interface ReasonSum {
  readonly reason: string;
  /** Upper case; empty: not known. */
  readonly currency: string;
  readonly count: number;
  readonly amount: bigint;
}

/** What is set aside of the source in force, by reason and currency. */
export async function sumsOfSetAside(db: Db, instanceId: string): Promise<ReasonSum[]> {
  const rows = await db.query<Omit<ReasonSum, 'amount'> & { amount: string }>(
    `select case reason when '' then 'unknown' else reason end as reason, upper(currency) as currency,
       sum(count)::bigint as count, sum(amount)::text as amount
     from pay_in_totals join sources using (instance_id, source_id)
     where instance_id = $1 and state = 'quarantined' and is_current
     group by 1, 2 having sum(count) > 0 order by 1, 2`,
    [instanceId],
  );
  return rows.map((row) => ({ ...row, amount: BigInt(row.amount) }));
}

export interface PaymentLine {
  readonly id: string;
  readonly amount: bigint | null;
  readonly currency: string | null;
  readonly state: PayInState;
  readonly reason: string | null;
}

/** Pay-ins that a run has handled last, by id. */
export async function payInsOfSync(
  db: Db,
  syncId: string,
  { limit, offset }: { readonly limit: number; readonly offset: number },
): Promise<PaymentLine[]> {
  const rows = await db.query<Omit<PaymentLine, 'amount'> & { amount: string | null }>(
    `select payment_intent_id as id, amount::text as amount, currency, p.state, p.reason
     from sync_pages s join pay_ins p using (page_id)
     where s.sync_id = $1 order by payment_intent_id limit $2 offset $3`,
    [syncId, limit, offset],
  );
  return rows.map((row) => ({ ...row, amount: row.amount === null ? null : BigInt(row.amount) }));
}
