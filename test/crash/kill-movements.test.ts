/**
 * The worker dies at each step in which movements are read, booked and proven, killed at once or told to stop: the
 * next one ends the same sync, and the ledger holds what Stripe holds, each posting once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { proofOfSync } from '../../src/store/proofs';
import { expectIdle } from '../support/books/books';
import { expectHeld, happenAll } from '../support/processes/crash-money';
import { startCrashSystem, type CrashSystem, type Gates } from '../support/processes/crash-system';
import type { Stop } from '../support/proxies/tcp-gate';

/** Pay-ins before each sync: their postings come first, and then those of the movements. */
const COUNT = 30;
const IN_MOVEMENTS = COUNT + 15;

const POSTING = 'POST /transactions HTTP';

const STEPS: [step: string, gate: keyof Gates, stop: Stop][] = [
  ['while Stripe tells its balance', 'stripe', { texts: ['GET /v1/balance HTTP'], at: 'answer' }],
  ['while Stripe lists rows', 'stripe', { texts: ['GET /v1/balance_transactions'], at: 'answer' }],
  [
    'before rows are kept',
    'database',
    { texts: ['insert into balance_transactions'], at: 'request' },
  ],
  [
    'in the middle of keeping them and staging their legs',
    'database',
    { texts: ['insert into balance_transactions', 'insert into movements'], at: 'request' },
  ],
  [
    'after they are staged, nobody told',
    'database',
    { texts: ['insert into balance_transactions', 'commit'], at: 'answer' },
  ],
  [
    'before Blnk gets the posting of a leg',
    'blnk',
    { texts: [POSTING], at: 'request', nth: IN_MOVEMENTS },
  ],
  [
    'after Blnk accepted that of a leg and before we know',
    'blnk',
    { texts: [POSTING], at: 'answer', nth: IN_MOVEMENTS },
  ],
  [
    'before the page of legs is saved',
    'database',
    { texts: ['update sync_pages set state'], at: 'request', nth: 2 },
  ],
  [
    'after the page of legs is saved, nobody told',
    'database',
    { texts: ['update sync_pages set state', 'commit'], at: 'answer', nth: 2 },
  ],
  [
    'before the legs of a lost dispute are staged',
    'database',
    { texts: ['update disputes d set is_due'], at: 'request' },
  ],
  [
    'after they are staged, and nobody told',
    'database',
    { texts: ['update disputes d set is_due', 'commit'], at: 'answer' },
  ],
  ['before the proof is saved', 'database', { texts: ['insert into proofs'], at: 'request' }],
  [
    'after the proof is saved, nobody told',
    'database',
    { texts: ['insert into proofs', 'commit'], at: 'answer' },
  ],
];

/** Kills the worker at the step of a sync, which then has to end in the next worker. */
async function expectSurvives(
  system: CrashSystem,
  signal: 'SIGKILL' | 'SIGTERM',
  { gate, stop }: { gate: keyof Gates; stop: Stop },
): Promise<void> {
  await system.pay(COUNT - 2);
  await happenAll(system);
  const stopped = system.gates![gate].stop(stop);
  const started = await system.start();
  await stopped.reached;
  const ended = system.worker.kill(signal);
  // What a worker waits for that is told to stop comes while it is stopping.
  if (signal === 'SIGTERM') await sleep(300);
  else await ended;
  stopped.release();
  await ended;
  await system.worker.start();
  const row = await system.rowOf(started);
  expect(row).toMatchObject({
    status: 'completed',
    counts: { found: COUNT, posted: COUNT, alreadyPosted: 0, quarantined: 0 },
  });
  const stored = await proofOfSync(system.db, system.instanceId, row!.syncId);
  // Of a balance that moved seconds ago the next sync tells.
  expect(stored?.proof.state).toMatch(/^(proven|explained|waiting)$/);
  await expectHeld(system);
}

it.concurrent.each(STEPS)(
  'killed, and in the next sync told to stop, %s',
  async (_step, gate, stop) => {
    const settings = { SYNC_SINCE: 'all', MOVEMENTS: 'on' };
    const system = await startCrashSystem({ gated: true, settings });
    try {
      // All rows, and the latest.
      await expectSurvives(system, 'SIGKILL', { gate, stop });
      await expectSurvives(system, 'SIGTERM', { gate, stop });
      const booked = await system.booked();
      expectIdle(await system.sync());
      expect(await system.booked()).toBe(booked);
    } finally {
      await system.close();
    }
  },
  420_000,
);
