/** The rows of `balance_transactions`: Stripe's own rows, as they were read. */
import {
  netOf,
  type BalanceTransaction,
  type FeeDetail,
} from '../domain/movements/balance-transaction';
import { MOVED_ON } from '../domain/movements/begun-earlier';
import type { Awaits } from '../domain/movements/follow-ups';
import { isDescribed, kindOf, payInChargeOf } from '../domain/kinds/choice';
import type { ReasonCode } from '../domain/reasons';
import type { Queries } from './db';
import { numbered } from './numbers';
import { sourceColumnsOf, toSource, type SourceColumns } from './source-objects';

export interface NewRow {
  readonly bt: BalanceTransaction;
  /** The opening balance holds it. */
  readonly isBefore: boolean;
  readonly awaits: Awaits | null;
}

const COLUMNS = {
  bt_id: 'text',
  kind: 'text',
  currency: 'text',
  amount: 'numeric',
  fee: 'numeric',
  net: 'numeric',
  moved: 'numeric',
  type: 'text',
  category: 'text',
  balance_type: 'text',
  created_s: 'bigint',
  available_on_s: 'bigint',
  fee_details: 'jsonb',
  exchange_rate: 'text',
  description: 'text',
  fault: 'text',
  is_before: 'boolean',
  is_pay_in: 'boolean',
  awaits: 'text',
  source_object: 'text',
  source_object_id: 'text',
  payment_intent_id: 'text',
  charge_id: 'text',
  customer: 'text',
  source_status: 'text',
  foreign_amount: 'numeric',
  foreign_currency: 'text',
  reversal_id: 'text',
  destination: 'text',
} as const;

/** What Stripe never changes; another answer is a matter for the proof. What could not be read may be read now. */
const FOR_GOOD =
  `currency amount fee net moved type category balance_type created_s fee_details exchange_rate fault`.split(
    ' ',
  );

/** What it came from could not be read. */
const WAS_UNREAD = `b.source_object = 'other'`;

/** Of the object behind it, which lives on. Not seen any more, for want of a permission, it is not forgotten. */
const OF_SOURCE =
  `is_pay_in source_object source_object_id payment_intent_id charge_id customer source_status
  foreign_amount foreign_currency reversal_id destination`.split(/\s+/);

const assignments = [
  ...FOR_GOOD.map(
    (one) => `${one} = case when b.fault is null then b.${one} else excluded.${one} end`,
  ),
  ...OF_SOURCE.map(
    (one) =>
      `${one} = case when excluded.source_object = 'other' then b.${one}
         else coalesce(excluded.${one}, b.${one}) end`,
  ),
  ...['available_on_s', 'description', 'is_before', 'place'].map(
    (one) => `${one} = excluded.${one}`,
  ),
  // A charge is one without a PaymentIntent, for all that its id tells.
  `kind = case when b.fault is null and not (${WAS_UNREAD}) then b.kind else excluded.kind end`,
  // Whoever makes the legs that follow ends the waiting, and nobody else. Of a charge that could not be read nothing was
  // booked that legs could follow, and of what waited for another ledger's pay-in nothing is in this one.
  `awaits = case when (b.kind = 'charge' and ${WAS_UNREAD}) or b.source_id <> excluded.source_id then excluded.awaits
     else coalesce(b.awaits, excluded.awaits) end`,
  'seen_in = excluded.seen_in',
  // Of a row that has moved to another currency, nothing is left in its own.
  `told = case when b.fault is not null or excluded.fault is not null then null
     when b.currency is distinct from excluded.currency then 0
     when b.moved <> excluded.moved then excluded.moved end`,
].join(', ');

/**
 * Keeps rows as Stripe lists them, newest first.
 * @param window that lists them
 * @param lowest place of the last of them; each before it is one higher
 */
export async function keepRows(
  tx: Queries,
  window: { readonly instanceId: string; readonly sourceId: string; readonly windowId: string },
  rows: readonly NewRow[],
  lowest: number,
): Promise<void> {
  if (rows.length === 0) return;
  const stored = rows.map((row, index) => ({
    ...columnsOf(row),
    place: lowest + rows.length - 1 - index,
  }));
  // One statement may not touch a row twice; pages of two windows take theirs in one order.
  const distinct = [...new Map(stored.map((row) => [row.bt_id, row])).values()];
  const names = [...Object.keys(COLUMNS), 'place'];
  await tx.query(
    `insert into balance_transactions as b (instance_id, source_id, first_in, seen_in, ${names.join(', ')})
     select $1, $2, $4, $4, ${names.map((name) => `r.${name}`).join(', ')}
     from jsonb_to_recordset($3::jsonb) as r(${Object.entries(COLUMNS)
       .map(([name, type]) => `${name} ${type}`)
       .join(', ')}, place bigint)
     order by r.bt_id
     on conflict (instance_id, bt_id) do update set source_id = excluded.source_id, ${assignments}`,
    [window.instanceId, window.sourceId, JSON.stringify(distinct), window.windowId],
  );
}

type Columns = Record<Exclude<keyof typeof COLUMNS, keyof SourceColumns>, unknown> & SourceColumns;

function columnsOf({ bt, isBefore, awaits }: NewRow): Columns {
  const text = (amount: bigint | null) => amount?.toString() ?? null;
  const kind = kindOf(bt);
  const { source } = bt;
  return {
    ...sourceColumnsOf(source),
    bt_id: bt.id,
    kind,
    currency: bt.currency,
    amount: text(bt.amount),
    fee: text(bt.fee),
    net: text(bt.net),
    moved: text(netOf(bt) ?? 0n),
    type: bt.type,
    category: bt.category,
    balance_type: bt.balanceType,
    created_s: bt.created,
    available_on_s: bt.availableOn,
    fee_details:
      bt.feeDetails?.map((detail) => ({ ...detail, amount: text(detail.amount) })) ?? null,
    exchange_rate: bt.exchangeRate,
    description: isDescribed(bt) ? (bt.description ?? null) : null,
    fault: bt.fault,
    is_before: isBefore,
    is_pay_in: payInChargeOf(bt) !== null,
    awaits,
  };
}

interface StoredRow extends SourceColumns {
  readonly id: string;
  readonly currency: string | null;
  readonly amount: string | null;
  readonly fee: string | null;
  readonly net: string | null;
  readonly type: string | null;
  readonly category: string | null;
  readonly balanceType: string | null;
  readonly created: number | null;
  readonly availableOn: number | null;
  readonly feeDetails:
    readonly (Omit<FeeDetail, 'amount'> & { readonly amount: string | null })[] | null;
  readonly exchangeRate: string | null;
  readonly description: string | null;
  readonly fault: ReasonCode | null;
}

const AS_STORED = `b.bt_id as id, b.currency, b.amount::text as amount, b.fee::text as fee, b.net::text as net, b.type,
  b.category, b.balance_type as "balanceType", b.created_s as created, b.available_on_s as "availableOn",
  b.fee_details as "feeDetails", b.exchange_rate as "exchangeRate", b.description, b.fault, b.source_object,
  b.source_object_id, b.payment_intent_id, b.charge_id, b.customer, b.source_status,
  b.foreign_amount::text as foreign_amount, b.foreign_currency, b.reversal_id, b.destination`;

/** Rows of `balance_transactions b` as they were kept. @param rest of the statement, after `where` */
export async function readRows(
  db: Queries,
  rest: string,
  parameters: readonly unknown[],
): Promise<BalanceTransaction[]> {
  const rows = await db.query<StoredRow>(
    `select ${AS_STORED} from balance_transactions b where ${rest}`,
    parameters,
  );
  return rows.map(toRow);
}

function toRow(row: StoredRow): BalanceTransaction {
  const { id, currency, type, category, balanceType, created, availableOn, fault } = row;
  const { exchangeRate, description, feeDetails } = row;
  const { amount, fee, net } = numbered(row, 'amount', 'fee', 'net');
  return {
    ...{ id, currency, amount, fee, net, type, category, balanceType, created, availableOn },
    feeDetails: feeDetails?.map((detail) => numbered(detail, 'amount')) ?? null,
    exchangeRate,
    ...(description !== null && { description }),
    source: toSource(row),
    fault,
  };
}

export async function findRow(
  db: Queries,
  instanceId: string,
  id: string,
): Promise<BalanceTransaction | undefined> {
  const [row] = await readRows(db, 'instance_id = $1 and bt_id = $2', [instanceId, id]);
  return row;
}

/** Every row that a condition on $2 takes, oldest first. */
const rowsBy =
  (condition: string) =>
  (db: Queries, instanceId: string, ids: readonly string[]): Promise<BalanceTransaction[]> =>
    readRows(db, `instance_id = $1 and ${condition} order by created_s, place, bt_id`, [
      instanceId,
      ids,
    ]);

export const rowsById = rowsBy('bt_id = any($2)');

/** Every row of payments, of their charges, refunds and disputes, oldest first. */
export const rowsOfPayments = rowsBy('payment_intent_id = any($2)');

/** Every row of objects of Stripe's (`du_…`, `re_…`, `po_…`), oldest first. */
export const rowsOfObjects = rowsBy('source_object_id = any($2)');

/** Of charges (`ch_…`, `py_…`) and disputes: their own rows, and those of what they have begun. */
const BEGUN_WITH = `(
  select bt_id from balance_transactions where instance_id = $1 and source_object_id = any($2)
  union select bt_id from balance_transactions where instance_id = $1 and charge_id = any($2))`;

/** Rows since the cut-over of what these charges and disputes have begun, oldest first. */
export const rowsBegunWith = rowsBy(
  `bt_id in ${BEGUN_WITH} and kind in ('${MOVED_ON.join("', '")}') and not is_before`,
);

/** The same as ids of rows, of whatever kind and time. */
export async function idsBegunWith(
  db: Queries,
  instanceId: string,
  ids: readonly string[],
): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `select bt_id as id from ${BEGUN_WITH} begun order by bt_id`,
    [instanceId, ids],
  );
  return rows.map(({ id }) => id);
}
