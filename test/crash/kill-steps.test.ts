/**
 * The worker dies at each step of a sync, killed at once or told to stop: the sync goes on in the next
 * worker as the same sync, with nothing lost, doubled or counted twice.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { expectIdle, expectTrueBooks } from '../support/books/books';
import type { StartedSync } from '../../src/temporal/syncs';
import { startCrashSystem, type CrashSystem, type Gates } from '../support/processes/crash-system';
import type { Stop } from '../support/proxies/tcp-gate';
import { startTemporalServer, type TemporalServer } from '../support/processes/temporal-server';

/** Two pages of up to 500, so that each kind of step is met in the middle. */
const COUNT = 520;
/** Events, so that a sync goes on in new histories. */
const HISTORY_LIMIT = 16;

let temporal: TemporalServer;

beforeAll(async () => {
  temporal = await startTemporalServer({
    'limit.historyCount.suggestContinueAsNew': HISTORY_LIMIT,
  });
});
afterAll(() => temporal.stop());

const POSTING = 'POST /transactions HTTP';
const CONTINUED = '"progress":{';

const STEPS: [step: string, gate: keyof Gates, stop: Stop][] = [
  [
    'before beginSync opens the row',
    'database',
    { texts: ['insert into stripe_syncs'], at: 'request' },
  ],
  [
    'in beginSync, the row open and nobody told',
    'database',
    { texts: ['insert into stripe_syncs'], at: 'answer' },
  ],
  [
    'in beginSync, the windows planned and nobody told',
    'database',
    { texts: ['insert into sync_windows', 'commit'], at: 'answer' },
  ],
  ['while Stripe answers', 'stripe', { texts: ['GET /v1/'], at: 'answer', nth: 3 }],
  [
    'after the Stripe read, before its rows are staged',
    'database',
    { texts: ['insert into movements'], at: 'request', nth: 2 },
  ],
  [
    'between staging and completion of the activity',
    'database',
    { texts: ['insert into movements', 'commit'], at: 'answer', nth: 2 },
  ],
  ['before Blnk gets a posting', 'blnk', { texts: [POSTING], at: 'request', nth: 150 }],
  [
    'after Blnk accepted a posting and before we know',
    'blnk',
    { texts: [POSTING], at: 'answer', nth: 150 },
  ],
  [
    'after Blnk answered, before the outcome is written',
    'database',
    { texts: ['update movements p set state'], at: 'request', nth: 3 },
  ],
  [
    'after an outcome is written and nobody told',
    'database',
    { texts: ['update movements p set state', 'commit'], at: 'answer', nth: 3 },
  ],
  [
    'between outcome and save',
    'database',
    { texts: ['update sync_pages set state'], at: 'request', nth: 2 },
  ],
  [
    'after the save, nobody told',
    'database',
    { texts: ['update sync_pages set state', 'commit'], at: 'answer', nth: 2 },
  ],
  [
    'before Temporal hears that it continues as new',
    'temporal',
    { texts: [CONTINUED], at: 'request' },
  ],
  [
    'after Temporal heard that it continues as new',
    'temporal',
    { texts: [CONTINUED], at: 'answer' },
  ],
  [
    'as the new history begins',
    'database',
    { texts: ['insert into stripe_syncs'], at: 'request', nth: 2 },
  ],
  [
    'in finishSync, before it counts',
    'database',
    { texts: ["status = 'running' for update"], at: 'request' },
  ],
  [
    'in finishSync, before it closes the row',
    'database',
    { texts: ['update stripe_syncs set status'], at: 'request' },
  ],
  [
    'in finishSync, the row closed and nobody told',
    'database',
    { texts: ['update stripe_syncs set status', 'commit'], at: 'answer' },
  ],
];

/** Kills the worker at the step of a sync, which then has to end in the next worker. */
async function expectSurvives(
  system: CrashSystem,
  signal: 'SIGKILL' | 'SIGTERM',
  { gate, stop }: { gate: keyof Gates; stop: Stop },
): Promise<void> {
  await system.pay(COUNT);
  const stopped = system.gates![gate].stop(stop);
  const started = await system.start();
  await stopped.reached;
  if (gate === 'temporal' && stop.at === 'answer') await untilContinued(system, started);
  const ended = system.worker.kill(signal);
  // What a worker waits for that is told to stop comes while it is stopping.
  if (signal === 'SIGTERM') await sleep(300);
  else await ended;
  stopped.release();
  await ended;
  await system.worker.start();
  expect(await system.rowOf(started)).toMatchObject({
    status: 'completed',
    // Also those that Blnk accepted in the moment of the kill: their metadata names this sync.
    counts: { found: COUNT, posted: COUNT, alreadyPosted: 0, quarantined: 0 },
  });
  await expectTrueBooks(system);
}

async function untilContinued({ client }: CrashSystem, { workflowId, runId }: StartedSync) {
  while ((await client.workflow.getHandle(workflowId).describe()).runId === runId) await sleep(20);
}

it.concurrent.each(STEPS)(
  'killed, and in the next sync told to stop, %s',
  async (_step, gate, stop) => {
    const system = await startCrashSystem({ temporalAddress: temporal.address, gated: true });
    try {
      // A full listing, and a tail.
      await expectSurvives(system, 'SIGKILL', { gate, stop });
      await expectSurvives(system, 'SIGTERM', { gate, stop });
      expectIdle(await system.sync());
    } finally {
      await system.close();
    }
  },
  420_000,
);
