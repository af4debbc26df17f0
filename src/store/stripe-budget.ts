/**
 * The rows of `stripe_budget`: one place for everything that reads a Stripe account, on the database's
 * clock, since those of workers differ. Each request takes one statement, outside any transaction.
 */
import { SyncError } from '../domain/errors';
import { accountKeyOf } from '../domain/ids';
import { pacesOf, type Endpoint, type StripeBudget } from '../domain/read-budget';
import type { Queries } from './db';

export interface Reader {
  readonly instanceId: string;
  readonly keyFingerprint: string;
  readonly livemode: boolean;
  /** Requests a second. */
  readonly readsPerSecond: number;
}

/**
 * The longest wait that a place is taken for. The two requests that an activity may need, with their
 * time-outs of 25 s, then fit into its 2 minutes; and no more than this is still sent after a 429.
 */
const LONGEST_WAIT_MS = 20_000;

/** No row is further ahead than this, unless the database's clock was set back. */
const FURTHEST_MS = 6 * 60_000;

/**
 * Whose budget it is. A key stands for its account until the instance's source knows the account, which
 * costs no read of its own; and for good if it may not read its account.
 */
const ACCOUNT = `coalesce((select stripe_account from sources
  where instance_id = $1 and is_current and key_fingerprint = $2), $3)`;

const MS = "interval '1 millisecond'";

const CLOCK = '(select clock_timestamp() as now) as clock';

/**
 * The endpoint's state goes by the time at which the request is sent; the account's does not, so that a
 * pause of one endpoint holds up no other. The clock is read once, after the row was locked.
 */
const TAKE = `
  with taken as (
    insert into stripe_budget as b (account, livemode, next_at, endpoint_next_at, wait_ms)
    select ${ACCOUNT}, $4, now + $6 * ${MS}, jsonb_build_object($5::text, now + $8 * ${MS}), 0
    from ${CLOCK}
    on conflict (account, livemode) do update set (next_at, endpoint_next_at, wait_ms) = (
      select case when wait <= $10 then greatest(next, now) + $6 * ${MS} else next end,
        case when wait <= $10 then b.endpoint_next_at
            || jsonb_build_object($5::text, greatest(endpoint_next, slot) + $8 * ${MS})
          else b.endpoint_next_at end,
        wait
      from ${CLOCK},
        lateral (select least(b.next_at, now + $11 * ${MS}) as next,
          least(coalesce((b.endpoint_next_at ->> $5)::timestamptz, now), now + $11 * ${MS})
            as endpoint_next) as s,
        lateral (select greatest(now, next - $7 * ${MS}, endpoint_next - $9 * ${MS}) as slot) as t,
        lateral (select ceil(1000 * extract(epoch from slot - now))::integer as wait) as w
    )
    returning account, livemode, wait_ms
  ), counted as (
    insert into stripe_reads (account, livemode, day, reads)
    select account, livemode, (clock_timestamp() at time zone 'UTC')::date, 1
    from taken where wait_ms <= $10
    on conflict (account, livemode, day) do update set reads = stripe_reads.reads + 1
  )
  select wait_ms as "waitMs" from taken`;

/**
 * Answers to what was sent before a pause belong to the same incident; one that comes within a minute of
 * its end doubles the next pause, up to a minute.
 */
const SLOW_DOWN = `
  update stripe_budget b set (next_at, endpoint_next_at, pause_ms, paused_until) = (
    select case when $5::text is null then greatest(b.next_at, until + $6 * ${MS})
        else b.next_at end,
      case when $5::text is null then b.endpoint_next_at
        else b.endpoint_next_at || jsonb_build_object($5::text,
          greatest((b.endpoint_next_at ->> $5)::timestamptz, until + $7 * ${MS})) end,
      pause, until
    from ${CLOCK},
      lateral (select $8::integer is null and b.paused_until > now as is_paused) as i,
      lateral (select case
        when $8::integer is not null then greatest($8::integer, 1000)
        when is_paused then b.pause_ms
        when b.paused_until + interval '1 minute' > now then least(b.pause_ms * 2, 60000)
        else 1000 end as pause) as p,
      lateral (select case when is_paused then b.paused_until
        else greatest(b.paused_until, now + pause * ${MS}) end as until) as u
  )
  where account = ${ACCOUNT} and livemode = $4`;

/** @param open asked at the first request, so that nothing is opened for a command without any */
export function createStripeBudget(open: () => Promise<Queries>, reader: Reader): StripeBudget {
  const { instanceId, keyFingerprint, livemode } = reader;
  const { account, endpoint } = pacesOf(reader.readsPerSecond, livemode);
  const who = [instanceId, keyFingerprint, accountKeyOf(null, keyFingerprint), livemode];

  return {
    async take(name: Endpoint): Promise<number> {
      const db = await open();
      const [row] = await db.query<{ waitMs: number }>(TAKE, [
        ...who,
        name,
        ...[account.stepMs, account.burstMs, endpoint.stepMs, endpoint.burstMs],
        ...[LONGEST_WAIT_MS, FURTHEST_MS],
      ]);
      if (!row) throw new Error('insert returned no row');
      if (row.waitMs > LONGEST_WAIT_MS) {
        throw new SyncError('READS_QUEUED', {}, { retryAfterMs: row.waitMs });
      }
      return row.waitMs;
    },

    async slowDown(scope, retryAfterMs): Promise<void> {
      const db = await open();
      await db.query(SLOW_DOWN, [
        ...who,
        scope === 'all' ? null : scope,
        ...[account.burstMs, endpoint.burstMs],
        retryAfterMs === undefined ? null : Math.ceil(retryAfterMs),
      ]);
    },
  };
}
