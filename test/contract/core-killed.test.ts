/**
 * Workers, as users run them, that are killed while they book movements into the ledger under contract; then our
 * database is lost. Three instances at once, since a killed worker is noticed after 10 s: each has its own process, its
 * own source balance, and dies at another posting.
 */
import { connectDb } from '../../src/store/db';
import { migrate } from '../../src/store/migrate';
import { latestProof } from '../../src/store/proofs';
import { startOwnDatabase, type OwnDatabase } from '../support/databases/own-database';
import { happenAll, heldAtStripe } from '../support/processes/crash-money';
import { startCrashSystem, type CrashSystem } from '../support/processes/crash-system';
import { startTemporalServer, type TemporalServer } from '../support/processes/temporal-server';
import type { Stop } from '../support/proxies/tcp-gate';
import { openCore, type Core } from './support';

/** Of each instance; their postings come first, then those of the movements. */
const PAY_INS = 30;
/** On the source balance: the pay-ins and their fees, a refund, a dispute and its fee, a fee, a payout, an unknown row. */
const LINES = 2 * PAY_INS + 6;

const killed = (at: Stop['at'], nth: number): Stop => ({
  ...{ texts: ['POST /transactions HTTP'], at, nth },
});
const KILLS = [
  // Booked, and nobody knows.
  killed('answer', 12),
  killed('request', PAY_INS + 10),
  killed('answer', PAY_INS + 25),
];

interface Instance {
  readonly system: CrashSystem;
  readonly source: string;
  readonly stop: Stop;
}

let core: Core;
let temporal: TemporalServer;
let database: OwnDatabase;
let instances: Instance[] = [];

beforeAll(async () => {
  core = await openCore();
  [temporal, database] = await Promise.all([startTemporalServer(), startOwnDatabase()]);
  instances = await Promise.all(KILLS.map(startInstance));
});
afterAll(async () => {
  await Promise.all(instances.map(({ system }) => system.close()));
  await Promise.all([temporal.stop(), database.stop()]);
  await core.close();
});

async function startInstance(stop: Stop, index: number): Promise<Instance> {
  const source = `@stripe${core.run.replace('pi_', '')}killed${index}`;
  const balances = { BLNK_SOURCE_BALANCE: source, BLNK_GUEST_BALANCE: `${source}-guest` };
  const system = await startCrashSystem({
    ...{ temporalAddress: temporal.address, databaseUrl: database.url, gated: true },
    core: { url: core.url, apiKey: core.masterKey },
    settings: { SYNC_SINCE: 'all', MOVEMENTS: 'on', ...balances },
  });
  return { system, source, stop };
}

/** A sync that ends in the worker after the one that was killed. */
async function syncKilled({ system, stop }: Instance): Promise<void> {
  await system.pay(PAY_INS - 2);
  await happenAll(system);
  const stopped = system.gates!.blnk.stop(stop);
  const started = await system.start();
  await stopped.reached;
  await system.worker.kill('SIGKILL');
  stopped.release();
  await system.worker.start();
  expect(await system.rowOf(started)).toMatchObject({
    status: 'completed',
    counts: { found: PAY_INS, posted: PAY_INS, alreadyPosted: 0, quarantined: 0 },
  });
}

async function loseDatabase(): Promise<void> {
  await Promise.all(instances.map(({ system }) => system.worker.kill('SIGKILL')));
  const db = connectDb(database.url, 1);
  await db.query('drop schema public cascade');
  await db.query('create schema public');
  await db.close();
  await migrate(database.url);
  await Promise.all(instances.map(({ system }) => system.worker.start()));
}

async function expectProven({ system: { db, instanceId } }: Instance): Promise<void> {
  expect((await latestProof(db, instanceId))?.proof).toMatchObject({
    state: 'proven',
    currencies: [{ unexplained: 0n }, { unexplained: 0n }],
  });
}

interface Balance {
  readonly balance_id: string;
  readonly debit_balance: number;
  readonly credit_balance: number;
}

interface Line {
  readonly transaction_id: string;
  readonly reference: string;
  readonly status: string;
}

/** What stands on the source balance, once and applied; it holds what Stripe holds, and nothing waits beside it. */
async function wholeLines({ system, source }: Instance): Promise<readonly string[]> {
  const total = await heldAtStripe(system);
  const lines: Line[] = [];
  for (const currency of ['usd', 'eur']) {
    const balanceOf = async (name: string) => {
      const path = `/balances/indicator/${name}/currency/${currency.toUpperCase()}`;
      return (await core.get(path)).json as Partial<Balance>;
    };
    const held = ({ debit_balance: debits = 0, credit_balance: credits = 0 }: Partial<Balance>) =>
      debits - credits;
    const own = await balanceOf(source);
    expect([currency, held(own)]).toEqual([currency, Number(total[currency] ?? 0)]);
    for (const name of [`${source}-disputes`, `${source}-unapplied`]) {
      expect([name, held(await balanceOf(name))]).toEqual([name, 0]);
    }
    const filters = [{ field: 'balance_id', operator: 'eq', value: own.balance_id }];
    const { json } = await core.post('/transactions/filter', { filters, limit: 100 });
    lines.push(...(json as Line[]));
  }
  expect(new Set(lines.map(({ status }) => status))).toEqual(new Set(['APPLIED']));
  expect(new Set(lines.map(({ reference }) => reference)).size).toBe(LINES);
  expect(lines).toHaveLength(LINES);
  return lines.map((line) => `${line.reference} ${line.transaction_id}`).sort();
}

test('killed amid its postings a sync ends in the next worker, and neither that nor a lost database books anything twice', async () => {
  await Promise.all(instances.map(syncKilled));
  const before = await Promise.all(instances.map(wholeLines));
  const idle = await Promise.all(instances.map(({ system }) => system.sync()));
  expect(idle).toMatchObject(KILLS.map(() => ({ status: 'completed', counts: { found: 0 } })));
  await Promise.all(instances.map(expectProven));
  expect(await Promise.all(instances.map(wholeLines))).toEqual(before);

  await loseDatabase();
  const again = await Promise.all(instances.map(({ system }) => system.sync()));
  const counts = { found: PAY_INS, posted: 0, alreadyPosted: PAY_INS };
  expect(again).toMatchObject(KILLS.map(() => ({ status: 'completed', counts })));
  await Promise.all(instances.map(expectProven));
  expect(await Promise.all(instances.map(wholeLines))).toEqual(before);
});
