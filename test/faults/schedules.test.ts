/** What the server does with an instance's schedule, as we have set it up. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { applySchedule, describeSchedule, handleOf } from '../../src/temporal/schedules';
import { deleteSchedule, terminateWorkflow } from '../../src/temporal/stopping';
import { testEnvironment } from '../support/environment';

const instanceId = `schedule_${randomUUID().slice(0, 8)}`;
let client: Client;
let connection: Connection;

beforeAll(async () => {
  connection = await Connection.connect({ address: testEnvironment().temporalAddress });
  client = new Client({ connection });
  // No worker is there, so a run that was started goes on for ever. None is due in the next months.
  await applySchedule(client, instanceId, '0 0 1 1 *');
});
afterAll(async () => {
  await handleOf(client, instanceId).delete();
  await connection.close();
});

it('starts no run while one goes on, and lets none wait', async () => {
  const handle = handleOf(client, instanceId);
  // Five runs that were due, all at once.
  await handle.backfill({
    start: new Date('2019-12-01T00:00:00Z'),
    end: new Date('2024-02-01T00:00:00Z'),
  });
  const counts = async () => {
    const { info } = await handle.describe();
    const { numActionsTaken: taken, numActionsSkippedOverlap: skipped } = info;
    return { taken, skipped, running: info.runningActions.length };
  };
  while ((await counts()).skipped < 4) await sleep(50);
  expect(await counts()).toEqual({ taken: 1, skipped: 4, running: 1 });
  const running = (await describeSchedule(client, instanceId))?.running ?? [];
  expect(running).toHaveLength(1);
  for (const workflowId of running) await terminateWorkflow(client, workflowId, 'test');
  // It is over, and nothing has waited for that.
  while ((await counts()).running > 0) await sleep(50);
  await sleep(200);
  expect(await counts()).toEqual({ taken: 1, skipped: 4, running: 0 });
});

it('makes up for a run that it has missed by ten minutes at most, and goes on after a failure', async () => {
  const { policies } = await handleOf(client, instanceId).describe();
  expect(policies).toMatchObject({ catchupWindow: 600_000, pauseOnFailure: false });
});

it('names a run that was triggered by hand, which Temporal lists nowhere as running, when it is to end', async () => {
  const id = `${instanceId}_by_hand`;
  await applySchedule(client, id, '0 0 1 1 *');
  await handleOf(client, id).trigger();
  const running = async () => (await describeSchedule(client, id))?.running ?? [];
  while ((await running()).length === 0) await sleep(50);
  const [byHand = ''] = await running();
  expect(byHand).toContain(id);
  expect(await deleteSchedule(client, id)).toContain(byHand);
  await terminateWorkflow(client, byHand, 'test');
});
