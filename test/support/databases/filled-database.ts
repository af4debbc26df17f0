/**
 * Fills an instance as years of syncs do: pay-ins by the hundred thousand, many of them set aside, runs of
 * a schedule that found nothing, and a sync of thousands of pages that is under way in another instance.
 */
import type { Connection } from '../../../src/engine/deps';
import type { Db } from '../../../src/store/db';

export interface Filling {
  readonly payIns: number;
  /** Set aside for good; each tenth is a conflict. */
  readonly setAside: number;
  /** Set aside, and to be tried again by now. */
  readonly due: number;
  /** Left over by a sync that has ended. */
  readonly staged: number;
  /** Runs that found nothing, one every 15 minutes. */
  readonly idleRuns: number;
  /** Of the sync under way; each window has a page. */
  readonly windows: number;
}

/** What the ledger says of the pay-ins that are filled in as posted: it holds each. */
export function holdingFilled(connection: Connection): Connection {
  const { ledger } = connection;
  const isFilled = (reference: string) => /^r\d+$/.test(reference);
  return {
    ...connection,
    ledger: {
      ...ledger,
      lookUp: async (references, signal) => [
        ...references.filter(isFilled).map((reference) => ({
          ...{ reference, transactionId: `txn_${reference}`, status: 'APPLIED' },
          ...{ amount: 1n, currency: 'USD', precision: 100, customerId: null },
          ...{ source: null, destination: null, syncId: null, succeededAt: null, bookedAt: null },
        })),
        ...(await ledger.lookUp(
          references.filter((one) => !isFilled(one)),
          signal,
        )),
      ],
    },
  };
}

/** @param instanceId has a source */
export async function fill(db: Db, instanceId: string, filling: Filling): Promise<void> {
  await fillPayIns(db, instanceId, filling);
  await fillRuns(db, instanceId, filling.idleRuns);
  await fillListing(db, `${instanceId}_other`, filling.windows);
  await db.query('vacuum analyze');
}

async function fillPayIns(db: Db, instanceId: string, filling: Filling): Promise<void> {
  let from = 0;
  const rows = async (count: number, state: string, columns: string) => {
    await db.query(
      `insert into movements (kind, instance_id, movement_id, page_id, sync_id, source_id, amount,
         currency, payer, created_s, succeeded_s, livemode, state,
         reference, posted_at, reason, attempts, retry_at, quarantined_by)
       select 'pay_in', $1, 'pi_filled' || md5(n::text), 'page_' || $1 || n / 100, 'sync_' || $1 || n / 20000,
         source_id, n, (array['usd', 'eur', 'gbp'])[1 + n % 3], 'cus_' || n % 5000,
         extract(epoch from now())::bigint - n * 600, extract(epoch from now())::bigint - n * 600,
         false, '${state}', ${columns}
       from sources, generate_series($2::integer + 1, $2::integer + $3::integer) n
       where instance_id = $1`,
      [instanceId, from, count],
    );
    from += count;
  };
  const { payIns, setAside, due, staged } = filling;
  await rows(payIns, 'posted', `'r' || n, now() - n * interval '1 minute', null, 0, null, null`);
  await rows(
    setAside,
    'quarantined',
    `null, null, case when n % 10 = 0 then 'CONFLICT' else 'CURRENCY_UNKNOWN' end, 1, null, $1`,
  );
  // All due at one moment, as `quarantine retry` makes them.
  await rows(due, 'quarantined', `null, null, 'BLNK_FAILED', 1, now(), $1`);
  await rows(staged, 'staged', 'null, null, null, 0, null, null');
}

async function fillRuns(db: Db, instanceId: string, runs: number): Promise<void> {
  const name = `$1 || '_idle_' || n`;
  await db.query(
    `insert into stripe_syncs (sync_id, instance_id, status, trigger, scope, workflow_id, first_run_id,
       started_at, completed_at, unproven)
     select ${name}, $1, case when n % 4 = 0 then 'skipped' else 'completed' end, 'schedule',
       '{"kind":"full"}', 'w', 'r', at, at, false
     from generate_series(1, $2::integer) n, lateral (select now() - n * interval '15 minutes' as at) a`,
    [instanceId, runs],
  );
  await db.query(
    `insert into sync_windows (window_id, sync_id, source_id, feed, position, with_charge, state)
     select ${name}, ${name}, source_id, 'events', 0, true, 'done'
     from sources, generate_series(1, $2::integer) n where instance_id = $1`,
    [instanceId, runs],
  );
  await db.query(
    `insert into sync_pages (page_id, sync_id, window_id, state)
     select ${name}, ${name}, ${name}, 'done' from generate_series(1, $2::integer) n`,
    [instanceId, runs],
  );
}

/** In a window of its own each, which is what the planner of a cut listing leaves behind. */
async function fillListing(db: Db, instanceId: string, windows: number): Promise<void> {
  await db.query(
    `insert into instances (instance_id, source_balance, guest_balance) values ($1, '@a', '@b')`,
    [instanceId],
  );
  await db.query(
    `insert into sources (source_id, instance_id, livemode, ledger_address, key_fingerprint, is_current,
       listing_id, listing_started_at)
     values ($1, $1, false, 'ledger', $1, true, $1, 1)`,
    [instanceId],
  );
  await db.query(
    `insert into stripe_syncs (sync_id, instance_id, status, trigger, scope, workflow_id, first_run_id)
     values ($1, $1, 'running', 'schedule', '{"kind":"full"}', 'w', 'r')`,
    [instanceId],
  );
  await db.query(
    `insert into sync_windows (window_id, sync_id, source_id, listing_id, feed, position, with_charge,
       state)
     select $1 || n, $1, $1, $1, 'payment_intents', n, true, case when n < 9 then 'open' else 'done' end
     from generate_series(1, $2::integer) n`,
    [instanceId, windows],
  );
  await db.query(
    `insert into sync_pages (page_id, sync_id, window_id, state, saved_at)
     select $1 || n, $1, $1 || n, 'done', now() from generate_series(1, $2::integer) n`,
    [instanceId, windows],
  );
}
