/** The rows of a currency as a proof looks at them: around a reading of Stripe's balance. */
import { EDGE, type RowsAround } from '../domain/proof/reading-judgement';
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
  const [around] = await rowsAroundEach(db, sourceId, currency, [at]);
  if (!around) throw new Error('a reading has no rows around it');
  return { ...around, before: held + around.before };
}

/**
 * The same around each of several readings, whose `before` begins at the cut-over with nothing. Costs what was listed
 * since the oldest of them, and reads that once, however many there are.
 * @returns in the order of `times`
 */
export async function rowsAroundEach(
  db: Queries,
  sourceId: string,
  currency: string,
  times: readonly number[],
): Promise<RowsAround[]> {
  interface Answer {
    readonly total: string;
    readonly near: readonly { readonly created: number; readonly net: string }[];
    readonly parts: readonly {
      readonly part: number;
      readonly count: number;
      readonly net: string;
    }[];
  }
  const ends = [...new Set(times.map((at) => at + EDGE))].sort((a, b) => a - b);
  // One statement, so that all of it is of one moment. A part is what was made after so many of the ends.
  const [row] = await db.query<Answer>(
    `select coalesce((select net from stripe_totals where source_id = $1 and currency = $2
         and balance_type = 'payments' and not is_before), 0)::text as total,
       (select coalesce(json_agg(json_build_object('created', created_s, 'net', moved::text)
           order by created_s, place, bt_id), '[]') from balance_transactions
        where ${OWN} and created_s = any($4::bigint[])) as near,
       (select coalesce(json_agg(json_build_object('part', part, 'count', count, 'net', net::text)), '[]')
        from (select width_bucket(created_s - 1, $3::bigint[]) as part, count(*) as count,
            coalesce(sum(moved), 0) as net
          from balance_transactions where ${OWN} and created_s > ($3::bigint[])[1] group by 1) p) as parts`,
    [sourceId, currency.toLowerCase(), ends, secondsNear(times)],
  );
  if (!row) throw new Error('a statement of sub-selects returned no row');
  const all = row.near.map(({ created, net }) => ({ created, net: BigInt(net) }));
  return times.map((at) => {
    const later = row.parts.filter(({ part }) => part > ends.indexOf(at + EDGE));
    const after = {
      count: later.reduce((sum, { count }) => sum + count, 0),
      net: later.reduce((sum, { net }) => sum + BigInt(net), 0n),
    };
    const near = all.filter(({ created }) => Math.abs(created - at) <= EDGE);
    const since = near.reduce((sum, { net }) => sum + net, after.net);
    return { before: BigInt(row.total) - since, near, after };
  });
}

function secondsNear(times: readonly number[]): number[] {
  const around = Array.from({ length: 2 * EDGE + 1 }, (_, index) => index - EDGE);
  return [...new Set(times.flatMap((at) => around.map((second) => at + second)))];
}

/** Whether one of them could not be read: of what it moves nothing is known. */
export async function hasUnreadRow(db: Queries, sourceId: string): Promise<boolean> {
  const found = await db.query(
    `select 1 from balance_transactions where source_id = $1 and fault is not null and not is_before
       and ${OF_PAYMENTS} limit 1`,
    [sourceId],
  );
  return found.length > 0;
}
