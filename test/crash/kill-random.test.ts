/**
 * Kills at random while payments come in and one sync follows the other. CRASH_KILLS: how many of each
 * part, default 25. CRASH_SEED repeats a run's choices; a failure names it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom, type Random } from '../../sandbox/random';
import { expectIdle, expectTrueBooks } from '../support/books/books';
import {
  startCrashSystem,
  type CrashSystem,
  type CrashSystemOptions,
} from '../support/processes/crash-system';
import { startOwnDatabase } from '../support/databases/own-database';
import type { Part } from '../support/processes/program';
import { untilEnded } from '../support/processes/workflow-end';
import { startTemporalServer } from '../support/processes/temporal-server';
import { makeDue } from '../support/worlds/make-due';

const KILLS = Number(process.env['CRASH_KILLS'] ?? 25);
const SEED = process.env['CRASH_SEED'] ?? String(Date.now());

/** Killed side by side: the 10 s until a killed one is noticed then serve all of them. */
const WORKERS = 5;
/** A killed worker costs up to 10 s and a growing wait; a busy machine makes more of everything. */
const LIMIT_MS = 180_000 + KILLS * 20_000;
const LATENCY = { stripe: 5, blnk: 15 };

/** One sync after the other and a payment now and then, while a part is killed again and again. */
async function killWhileBusy(system: CrashSystem, plan: Plan, random: Random): Promise<void> {
  // Set by whoever is done or fails: the others must not go on with what is being closed.
  let over = false;
  const syncing = async () => {
    while (!over) {
      const { workflowId } = await system.start();
      await untilEnded(system.client, workflowId);
      await sleep(random.int(300));
    }
  };
  const paying = async () => {
    while (!over) {
      await system.pay(1).catch((error: unknown) => {
        // Stripe is down for a moment. What it has kept of this one is in its own list.
        if ((error as Error).name !== 'TypeError') throw error;
      });
      await sleep(random.int(60));
    }
  };
  const killing = async () => {
    const part = plan.part(system);
    for (let nth = 0; nth < plan.kills && !over; nth += 1) {
      await plan.untilDue(system, random, () => over);
      await part.kill(random.int(5) === 0 ? 'SIGTERM' : 'SIGKILL');
      await sleep(random.int(200));
      await part.start();
    }
  };
  const all = [syncing, paying, killing].map((work) => work().finally(() => (over = true)));
  await Promise.allSettled(all);
  await Promise.all(all);
}

interface Plan {
  readonly name: string;
  readonly options?: CrashSystemOptions;
  readonly part: (system: CrashSystem) => Part;
  readonly kills: number;
  readonly payIns: number;
  /** Waits for the moment of the next kill. */
  readonly untilDue: (system: CrashSystem, random: Random, over: () => boolean) => Promise<void>;
}

async function expectSurvives(plan: Plan): Promise<void> {
  const random = createRandom(`${SEED}:${plan.name}`);
  const system = await startCrashSystem({ ...plan.options, latencyMs: LATENCY });
  try {
    await system.pay(plan.payIns);
    await killWhileBusy(system, plan, random);
    // A server that is down at the wrong moments may cost a pay-in a wait in quarantine, never more.
    await makeDue(system.db, system.instanceId);
    // Whatever the syncs so far have come to, one completes and nothing is left.
    expect(await system.sync()).toMatchObject({ status: 'completed', counts: { quarantined: 0 } });
    await expectTrueBooks(system);
    expectIdle(await system.sync());
  } catch (error) {
    throw new Error(`with CRASH_SEED=${SEED}: ${String(error)}`, { cause: error });
  } finally {
    await system.close();
  }
}

it.concurrent(
  `workers that are killed ${KILLS} times`,
  async () => {
    const kills = Math.ceil(KILLS / WORKERS);
    const part = (system: CrashSystem) => system.worker;
    /** Now and then it does not even get to work; mostly it is met after some postings. */
    const untilDue: Plan['untilDue'] = async (system, random, over) => {
      if (random.int(5) === 0) return sleep(random.int(2_000));
      const goal = (await system.booked()) + 1 + random.int(90);
      while ((await system.booked()) < goal && !over()) await sleep(10);
    };
    const all = Array.from({ length: WORKERS }, (_, nth) => `worker ${nth}`).map((name) =>
      expectSurvives({ name, part, kills, payIns: kills * 60, untilDue }),
    );
    await Promise.all(all);
  },
  LIMIT_MS,
);

const server = {
  kills: KILLS,
  payIns: 200,
  untilDue: (_: CrashSystem, random: Random) => sleep(random.int(800)),
};

it.concurrent(
  `a Temporal that is killed ${KILLS} times`,
  async () => {
    const temporal = await startTemporalServer();
    const options = { temporalAddress: temporal.address };
    try {
      await expectSurvives({ name: 'temporal', options, part: () => temporal, ...server });
    } finally {
      await temporal.stop();
    }
  },
  LIMIT_MS,
);

it.concurrent(
  `a database that is killed ${KILLS} times`,
  async () => {
    const database = await startOwnDatabase();
    const options = { databaseUrl: database.url };
    try {
      await expectSurvives({ name: 'database', options, part: () => database, ...server });
    } finally {
      await database.stop();
    }
  },
  LIMIT_MS,
);

it.concurrent.each(['stripe', 'blnk'] as const)(
  `a %s that is killed ${KILLS} times`,
  (name) => expectSurvives({ name, part: (system) => system[name]!, ...server }),
  LIMIT_MS,
);
