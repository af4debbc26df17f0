/** The rows of a currency as a proof looks at them: around a reading, and in a span of time. */
import type { ListedRow } from '../domain/proof-search';
import { EDGE, type RowsAround } from '../domain/reading-judgement';
import type { Queries } from './db';

const OF_PAYMENTS = `(balance_type is null or balance_type = 'payments')`;

/** Of the payments balance, from the cut-over on. Parameters: $1 the source, $2 the currency as Stripe writes it. */
const OWN = `source_id = $1 and currency = $2 and not is_before and ${OF_PAYMENTS}`;

/**
 * Costs what was listed since the reading, however much there was before: that is the total less these.
 * @param currency in upper case
 * @param held at the cut-over
 */
export async function rowsAround(
  db: Queries,
  sourceId: string,
  currency: string,
  at: number,
  held: bigint,
): Promise<RowsAround> {
  interface Answer {
    readonly total: string;
    readonly near: readonly { readonly created: number; readonly net: string }[];
    readonly count: number;
    readonly net: string;
  }
  // One statement, so that all of it is of one moment.
  const [row] = await db.query<Answer>(
    `select coalesce((select net from stripe_totals where source_id = $1 and currency = $2
         and balance_type = 'payments' and not is_before), 0)::text as total,
       (select coalesce(json_agg(json_build_object('created', created_s, 'net', moved::text)
           order by created_s, place, bt_id), '[]') from balance_transactions
        where ${OWN} and created_s between $3::bigint - ${EDGE} and $3::bigint + ${EDGE}) as near,
       later.count, later.net
     from (select count(*) as count, coalesce(sum(moved), 0)::text as net from balance_transactions
       where ${OWN} and created_s > $3::bigint + ${EDGE}) later`,
    [sourceId, currency.toLowerCase(), at],
  );
  if (!row) throw new Error('an aggregate returned no row');
  const near = row.near.map(({ created, net }) => ({ created, net: BigInt(net) }));
  const after = { count: row.count, net: BigInt(row.net) };
  const since = near.reduce((sum, { net }) => sum + net, after.net);
  return { before: held + BigInt(row.total) - since, near, after };
}

/** Whether one of them could not be read: of what it moves nothing is known. Reads all rows of the source. */
export async function hasUnreadRow(db: Queries, sourceId: string): Promise<boolean> {
  const found = await db.query(
    `select 1 from balance_transactions where source_id = $1 and fault is not null and not is_before
       and ${OF_PAYMENTS} limit 1`,
    [sourceId],
  );
  return found.length > 0;
}

/** The place of a row in a walk by time. */
export interface RowPlace {
  readonly created: number;
  readonly id: string;
}

/** Rows from a time on, oldest first, a part at a time. @param currency in upper case */
export async function rowsSince(
  db: Queries,
  sourceId: string,
  currency: string,
  from: number,
  limit: number,
  after: RowPlace | null = null,
): Promise<ListedRow[]> {
  const rows = await db.query<Omit<ListedRow, 'net'> & { net: string }>(
    `select bt_id as id, upper(currency) as currency, moved::text as net, created_s as created
     from balance_transactions
     where ${OWN} and created_s >= $3 and ($5::text is null or (created_s, bt_id) > ($4::bigint, $5))
     order by created_s, bt_id limit $6`,
    [
      sourceId,
      currency.toLowerCase(),
      after?.created ?? from,
      after?.created ?? 0,
      after?.id ?? null,
      limit,
    ],
  );
  return rows.map((row) => ({ ...row, net: BigInt(row.net) }));
}
