/** A run that another version has begun, and whose history this one cannot replay: it ends, and the next goes on. */
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowFailedError } from '@temporalio/client';
import { syncIdOf } from '../../src/domain/ids';
import { findSync } from '../../src/store/syncs';
import { expectEqual } from '../support/books/expect-equal';
import { startHarness, type Harness } from '../support/worlds/harness';
import { bundleOther, type OtherCode } from '../support/processes/other-code';

const COUNT = 250;
let other: OtherCode;
let harness: Harness;

beforeAll(async () => {
  other = await bundleOther('other-workflow');
  harness = await startHarness();
});
afterAll(async () => {
  await harness.close();
  await other.remove();
});

/** A first sync of the other version that is met in the middle, with a worker of this one from then on. */
async function beginElsewhere(): Promise<Awaited<ReturnType<Harness['start']>>> {
  const before = harness.booked().length;
  await harness.reconfigure({}, other.path);
  for (let index = 0; index < COUNT; index += 1) await harness.stripe.world.pay();
  harness.blnk.faults.add({ fault: { kind: 'delay', ms: 200 } });
  const run = await harness.start();
  while (harness.booked().length < before + 120) await sleep(5);
  await harness.reconfigure({});
  harness.blnk.faults.clear();
  return run;
}

/** How a workflow has failed. */
async function failureOf(workflowId: string): Promise<unknown> {
  const ended: unknown = await harness.client.workflow
    .getHandle(workflowId)
    .result()
    .catch((error: unknown) => error);
  return ended instanceof WorkflowFailedError ? ended.cause : ended;
}

it('ends as failed at once, says why, and the next sync goes on from Postgres', async () => {
  const run = await beginElsewhere();
  expect(await failureOf(run.workflowId)).toMatchObject({
    message: expect.stringMatching(/nondeterminis/i) as string,
  });

  const next = await harness.sync();
  expect(next).toMatchObject({ status: 'completed', recordsAlreadyPosted: 0 });
  const left = await findSync(
    harness.db,
    syncIdOf(harness.instanceId, run.workflowId, run.firstRunId),
  );
  expect(left).toMatchObject({ status: 'failed', error: 'OWNER_GONE' });
  // What was posted by the one is not counted by the other.
  expect(left!.counts.posted + next.recordsPosted).toBe(COUNT);
  expectEqual(harness);
});
