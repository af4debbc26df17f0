/** What the tests that end a server in the middle of a run share. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Harness, SyncOutcome } from '../support/harness';

/** Enough to be met in the middle. */
const COUNT = 160;

/** Quick restarts by the supervisor. */
export const RESTARTS = { times: 5, withinMs: 60_000, backoffMs: 10 };

export async function pay(harness: Harness): Promise<void> {
  for (let index = 0; index < COUNT; index += 1) await harness.stripe.world.pay();
}

export async function untilBooked(harness: Harness, count: number): Promise<void> {
  while (harness.booked().length < count) await sleep(5);
}

/** Once in the ledger, once in our rows, and counted once; nothing is left for the next run. */
export async function expectComplete(harness: Harness, sync: SyncOutcome): Promise<void> {
  expect(sync).toMatchObject({
    status: 'completed',
    recordsFound: COUNT,
    recordsPosted: COUNT,
    recordsAlreadyPosted: 0,
    recordsQuarantined: 0,
  });
  const { stripe, blnk } = harness.totals();
  expect(blnk).toEqual(stripe);
  const rows = await harness.db.query(
    `select state, count(*) as count from pay_ins where instance_id = $1 group by state`,
    [harness.instanceId],
  );
  expect(rows).toEqual([{ state: 'posted', count: COUNT }]);
  expect(await harness.sync()).toMatchObject({ status: 'completed', recordsFound: 0 });
}
