/** The rows of `disputes`: what is known of one beside its balance transactions, and whether legs are to follow. */
import type { BalanceTransaction, DisputeSource } from '../domain/balance-transaction';
import type { Db, Queries } from './db';
import { assertOpen } from './syncs';

interface OfSource {
  readonly instanceId: string;
  readonly sourceId: string;
}

/** Remembers the disputes of rows. One that is final already is due again: rows have come. */
export async function noteDisputesOf(
  tx: Queries,
  of: OfSource,
  rows: readonly { readonly bt: Pick<BalanceTransaction, 'source'> }[],
): Promise<void> {
  const disputes = rows.flatMap(({ bt }) => (bt.source.object === 'dispute' ? [bt.source] : []));
  await remember(tx, of, disputes, true);
}

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
    `insert into disputes as d (instance_id, dispute_id, source_id, payment_intent_id, charge_id, amount, currency)
     select $1, r.id, $2, r.payment_intent, r.charge, r.amount, r.currency
     from unnest($3::text[], $4::text[], $5::text[], $6::numeric[], $7::text[])
       r(id, payment_intent, charge, amount, currency)
     on conflict (instance_id, dispute_id) do update set source_id = excluded.source_id,
       payment_intent_id = coalesce(excluded.payment_intent_id, d.payment_intent_id),
       charge_id = coalesce(excluded.charge_id, d.charge_id), amount = coalesce(excluded.amount, d.amount),
       currency = coalesce(excluded.currency, d.currency),
       is_due = d.is_due or ($8 and d.final_at is not null)`,
    [
      instanceId,
      sourceId,
      disputes.map(({ id }) => id),
      disputes.map(({ paymentIntentId }) => paymentIntentId),
      disputes.map(({ chargeId }) => chargeId),
      disputes.map(({ amount }) => amount?.toString() ?? null),
      disputes.map(({ currency }) => currency),
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
      `update disputes d set status = coalesce(r.status, d.status),
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
  readonly status: string | null;
  readonly wasLost: boolean;
}

const COLUMNS = `dispute_id as id, payment_intent_id as "paymentIntentId", charge_id as "chargeId",
  amount::text as amount, currency, status, was_lost as "wasLost"`;

/** Final, and rows have come that nothing has followed. @param after an id */
export async function dueDisputes(
  db: Queries,
  sourceId: string,
  limit: number,
  after = '',
): Promise<DueDispute[]> {
  const rows = await db.query<StoredDispute>(
    `select ${COLUMNS} from disputes where source_id = $1 and is_due and dispute_id > $2
     order by dispute_id limit $3`,
    [sourceId, after, limit],
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
