/** What the worker talks to dies in the middle of a sync and comes back: that costs time, nothing else. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expectIdle, expectTrueBooks } from '../support/books/books';
import { startCrashSystem, type CrashSystem } from '../support/processes/crash-system';
import { startOwnDatabase } from '../support/databases/own-database';
import type { Part } from '../support/processes/program';
import { startTemporalServer } from '../support/processes/temporal-server';

const COUNT = 430;
/** Slow enough to be met in the middle. */
const LATENCY = { stripe: 60, blnk: 20 };
const DOWN_MS = 400;

const untilBooked = (count: number) => async (system: CrashSystem) => {
  while ((await system.booked()) < count) await sleep(10);
};

/** Requests that Stripe has answered: the last ones of a listing and its tail are still to come. */
const untilRead = (count: number) => async (system: CrashSystem) => {
  for (;;) {
    const answer = await fetch(`${system.stripeUrl}/sandbox/requests`);
    const { total } = (await answer.json()) as { total: number };
    if (total >= count) return;
    await sleep(10);
  }
};

async function expectOnlyTimeLost(
  system: CrashSystem,
  kill: { part: Part; when: (system: CrashSystem) => Promise<void>; signal: 'SIGKILL' | 'SIGTERM' },
): Promise<void> {
  await system.pay(COUNT);
  const started = await system.start();
  await kill.when(system);
  await kill.part.kill(kill.signal);
  await sleep(DOWN_MS);
  await kill.part.start();
  expect(await system.rowOf(started)).toMatchObject({
    status: 'completed',
    counts: { found: COUNT, posted: COUNT, alreadyPosted: 0, quarantined: 0 },
  });
  await expectTrueBooks(system);
  expectIdle(await system.sync());
}

describe.each(['SIGKILL', 'SIGTERM'] as const)('%s', (signal) => {
  it.concurrent.each([
    [
      'of Temporal',
      async () => {
        const part = await startTemporalServer();
        return { part, options: { temporalAddress: part.address } };
      },
    ],
    [
      'of the database',
      async () => {
        const part = await startOwnDatabase();
        return { part, options: { databaseUrl: part.url } };
      },
    ],
  ])('%s', async (_name, start) => {
    const { part, options } = await start();
    const system = await startCrashSystem({ ...options, latencyMs: LATENCY });
    try {
      await expectOnlyTimeLost(system, { part, when: untilBooked(120), signal });
    } finally {
      await system.close();
      await part.stop();
    }
  });

  it.concurrent.each([
    ['Stripe', 'stripe', untilRead(3)],
    ['Blnk', 'blnk', untilBooked(120)],
  ] as const)('of %s', async (_name, name, when) => {
    const system = await startCrashSystem({ latencyMs: LATENCY });
    try {
      await expectOnlyTimeLost(system, { part: system[name]!, when, signal });
    } finally {
      await system.close();
    }
  });
});
