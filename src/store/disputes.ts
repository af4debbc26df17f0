/** The rows of `disputes`: what is known of one beside its balance transactions, and whether legs are to follow. */
import type { BalanceTransaction, DisputeSource } from '../domain/movements/balance-transaction';
import type { Db, Queries } from './db';
import { HAS_WAITED } from './legs';
import { assertOpen } from './syncs';

interface OfSource {
  readonly instanceId: string;
  readonly sourceId: string;
}

/** Remembers the disputes of rows that are kept. A new row is news: Stripe is asked what has become of the dispute. */
export async function noteDisputesOf(
  tx: Queries,
  of: OfSource,
  rows: readonly { readonly bt: Pick<BalanceTransaction, 'source'> }[],
): Promise<void> {
  const disputes = rows.flatMap(({ bt }) => (bt.source.object === 'dispute' ? [bt.source] : []));
  await remember(tx, of, disputes, true);
}

/** A row that has come may be another withdrawal; and in another ledger nothing of it is booked as lost. */
const IS_NEWS = `(excluded.row_count > d.row_count or excluded.source_id <> d.source_id)`;

async function remember(
  tx: Queries,
  { instanceId, sourceId }: OfSource,
  found: readonly DisputeSource[],
  haveRows: boolean,
): Promise<void> {
  if (found.length === 0) return;
  const distinct = [...new Map(found.map((dispute) => [dispute.id, dispute])).values()];
  const disputes = distinct.sort((a, b) => (a.id < b.id ? -1 : 1));
  await tx.query(
    `insert into disputes as d (instance_id, dispute_id, source_id, payment_intent_id, charge_id, amount, currency,
       begun_s, row_count)
     select $1, r.id, $2, r.payment_intent, r.charge, r.amount, r.currency, r.begun, case when $9 then
       (select count(*) from balance_transactions b where b.instance_id = $1 and b.source_object_id = r.id) else 0 end
     from unnest($3::text[], $4::text[], $5::text[], $6::numeric[], $7::text[], $8::bigint[])
       r(id, payment_intent, charge, amount, currency, begun)
     on conflict (instance_id, dispute_id) do update set source_id = excluded.source_id,
       payment_intent_id = coalesce(excluded.payment_intent_id, d.payment_intent_id),
       charge_id = coalesce(excluded.charge_id, d.charge_id), amount = coalesce(excluded.amount, d.amount),
       currency = coalesce(excluded.currency, d.currency), begun_s = least(excluded.begun_s, d.begun_s),
       final_at = case when not ${IS_NEWS} then d.final_at end, is_due = d.is_due and not ${IS_NEWS},
       asked_at = case when ${IS_NEWS} then '-infinity' else d.asked_at end,
       was_lost = d.was_lost and d.source_id = excluded.source_id,
       row_count = greatest(excluded.row_count, d.row_count)`,
    [
      instanceId,
      sourceId,
      disputes.map(({ id }) => id),
      disputes.map(({ paymentIntentId }) => paymentIntentId),
      disputes.map(({ chargeId }) => chargeId),
      disputes.map(({ amount }) => amount?.toString() ?? null),
      disputes.map(({ currency }) => currency),
      disputes.map(({ begunAt }) => begunAt),
      haveRows,
    ],
  );
}

/** What Stripe says of a dispute now. */
export interface DisputeStatus {
  readonly dispute: DisputeSource;
  /** An open list; null: it was not told. */
  readonly status: string | null;
  /** Nothing will change it but an appeal. */
  readonly isFinal: boolean;
}

/** Notes what became of disputes. One that has become final, or another end than before, is due. */
export async function noteStatuses(
  db: Db,
  sync: OfSource & { readonly syncId: string },
  statuses: readonly DisputeStatus[],
): Promise<void> {
  if (statuses.length === 0) return;
  const ordered = [...new Map(statuses.map((one) => [one.dispute.id, one])).values()].sort(
    (a, b) => (a.dispute.id < b.dispute.id ? -1 : 1),
  );
  await db.transaction(async (tx) => {
    await assertOpen(tx, sync.syncId);
    await remember(
      tx,
      sync,
      ordered.map(({ dispute }) => dispute),
      false,
    );
    await tx.query(
      `update disputes d set status = coalesce(r.status, d.status), asked_at = now(),
         final_at = case when r.final then coalesce(d.final_at, now()) end,
         is_due = r.final and (d.is_due or d.final_at is null or d.status is distinct from r.status)
       from unnest($2::text[], $3::text[], $4::boolean[]) r(id, status, final)
       where d.instance_id = $1 and d.dispute_id = r.id`,
      [
        sync.instanceId,
        ordered.map(({ dispute }) => dispute.id),
        ordered.map(({ status }) => status),
        ordered.map(({ isFinal }) => isFinal),
      ],
    );
  });
}

/** Between two times that Stripe is asked about an open dispute: it takes weeks, and its decision makes no row. */
const ASKED_EVERY = `interval '1 day'`;

/** Of disputes: Stripe has not been asked for long, or not since the last row of it came. */
export const IS_TO_ASK = `final_at is null and row_count > 0 and asked_at < now() - ${ASKED_EVERY}`;

/** Open ones that Stripe is to be asked about, those first that have waited longest. */
export async function disputesToAsk(
  db: Queries,
  sourceId: string,
  limit: number,
): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `select dispute_id as id from disputes where source_id = $1 and ${IS_TO_ASK} order by asked_at limit $2`,
    [sourceId, limit],
  );
  return rows.map(({ id }) => id);
}

/** Notes that Stripe was asked about disputes and told nothing: they have their turn again. */
export async function noteAsked(
  db: Db,
  { instanceId, syncId }: Pick<OfSource, 'instanceId'> & { readonly syncId: string },
  ids: readonly string[],
): Promise<void> {
  await db.transaction(async (tx) => {
    await assertOpen(tx, syncId);
    await tx.query(
      'update disputes set asked_at = now() where instance_id = $1 and dispute_id = any($2)',
      [instanceId, ids],
    );
  });
}

export interface DueDispute {
  readonly dispute: DisputeSource;
  readonly status: string | null;
  /** Legs of it as lost are booked already. */
  readonly wasLost: boolean;
}

interface StoredDispute {
  readonly id: string;
  readonly paymentIntentId: string | null;
  readonly chargeId: string | null;
  readonly amount: string | null;
  readonly currency: string | null;
  readonly begunAt: number | null;
  readonly status: string | null;
  readonly wasLost: boolean;
}

const COLUMNS = `dispute_id as id, payment_intent_id as "paymentIntentId", charge_id as "chargeId",
  amount::text as amount, currency, begun_s as "begunAt", status, was_lost as "wasLost"`;

/** Of disputes `d`: the rows of the payments balance. */
const ROWS = `balance_transactions b where b.instance_id = d.instance_id and b.source_object_id = d.dispute_id
  and b.kind = 'dispute' and coalesce(b.balance_type, 'payments') = 'payments'`;

/**
 * What a dispute that is won brings back may be listed after Stripe has told of it: a day, as for all that is late. Of a
 * small one it may round to nothing.
 */
const IS_COMING_BACK = `(d.status = 'won' and d.final_at > now() - interval '1 day'
  and not exists (select from ${ROWS} and (b.amount > 0 or b.category = 'dispute_reversal')))`;

/** Final, and rows have come that nothing has followed. Where one is kept out of the ledger all wait. */
export const IS_DUE = `d.is_due and ${IS_COMING_BACK} is not true
  and not exists (select from ${ROWS} and not ${HAS_WAITED})`;

export async function dueDisputes(
  db: Queries,
  sourceId: string,
  limit: number,
): Promise<DueDispute[]> {
  const rows = await db.query<StoredDispute>(
    `select ${COLUMNS} from disputes d where source_id = $1 and ${IS_DUE} order by dispute_id limit $2`,
    [sourceId, limit],
  );
  return rows.map(({ status, wasLost, amount, ...row }) => ({
    dispute: { object: 'dispute', ...row, amount: amount === null ? null : BigInt(amount) },
    status,
    wasLost,
  }));
}

export interface LostDispute {
  readonly id: string;
  /** Legs of it as lost are staged, now or before. */
  readonly wasLost: boolean;
}

export async function endDue(
  tx: Queries,
  instanceId: string,
  disputes: readonly LostDispute[],
): Promise<void> {
  if (disputes.length === 0) return;
  await tx.query(
    `update disputes d set is_due = false, was_lost = d.was_lost or r.lost
     from unnest($2::text[], $3::boolean[]) r(id, lost)
     where d.instance_id = $1 and d.dispute_id = r.id`,
    [instanceId, disputes.map(({ id }) => id), disputes.map(({ wasLost }) => wasLost)],
  );
}
