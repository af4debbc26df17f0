/** The rows of `stripe_reads`: how much of what Stripe allows in 30 days was read. */
import { accountKeyOf } from '../domain/ids';
import { allocationOf, type ReadAllocation } from '../domain/read-budget';
import type { Queries } from './db';
import type { SourceRow } from './sources';

type Account = Pick<SourceRow, 'stripeAccount' | 'keyFingerprint' | 'livemode'>;

const TODAY = "(clock_timestamp() at time zone 'UTC')::date";

/**
 * Reads and pay-ins of the account. All its instances see the same pay-ins, so those of the one that has
 * most are counted; by the day of their creation, which is at most a little less than Stripe counts.
 */
export async function readAllocation(db: Queries, source: Account): Promise<ReadAllocation> {
  const { stripeAccount, keyFingerprint, livemode } = source;
  const [row] = await db.query<{ reads: number; payIns: number }>(
    `select
       (select coalesce(sum(reads), 0) from stripe_reads
        where account = $1 and livemode = $2 and day > ${TODAY} - 30)::bigint as reads,
       coalesce((select max(of_instance.count) from (
          select sum(t.count)::bigint as count
          from sources s join pay_in_totals t using (instance_id, source_id)
          where s.livemode = $2 and t.day > ${TODAY} - 30
            and ${stripeAccount === null ? 's.stripe_account is null and s.key_fingerprint = $3' : 's.stripe_account = $3'}
          group by t.instance_id) of_instance), 0) as "payIns"`,
    [accountKeyOf(stripeAccount, keyFingerprint), livemode, stripeAccount ?? keyFingerprint],
  );
  if (!row) throw new Error('a select of one row returned none');
  return allocationOf(row.reads, row.payIns);
}

/** The same, to the first one that asks on a day (UTC); undefined to all others. */
export async function readAllocationOnceADay(
  db: Queries,
  source: Account,
): Promise<ReadAllocation | undefined> {
  const { stripeAccount, keyFingerprint, livemode } = source;
  const [claimed] = await db.query(
    `update stripe_budget set checked_on = ${TODAY}
     where account = $1 and livemode = $2 and checked_on is distinct from ${TODAY}
     returning account`,
    [accountKeyOf(stripeAccount, keyFingerprint), livemode],
  );
  return claimed ? readAllocation(db, source) : undefined;
}
