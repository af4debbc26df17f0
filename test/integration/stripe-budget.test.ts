/** One budget of Stripe reads for everything that reads an account, on both databases. */
import { randomUUID } from 'node:crypto';
import { pacesOf, type Endpoint, type StripeBudget } from '../../src/domain/read-budget';
import { connectDb, type Db, type Queries } from '../../src/store/db';
import { ensureInstance } from '../../src/store/instances';
import { switchSource } from '../../src/store/sources';
import { createStripeBudget, type Reader } from '../../src/store/stripe-budget';
import { readAllocation, readAllocationOnceADay } from '../../src/store/stripe-reads';
import { testEnvironment } from '../support/environment';

const LIST: Endpoint = 'payment_intents.list';
const EVENTS: Endpoint = 'events.list';

let pools: Db[];
let db: Db;
/** Another one for each test, so that no two share a row. */
let reader: Reader;

beforeAll(() => {
  pools = [1, 2, 3].map(() => connectDb(testEnvironment().databaseUrl, 4));
  db = pools[0]!;
});
afterAll(() => Promise.all(pools.map((pool) => pool.close())));
beforeEach(() => {
  const id = randomUUID().slice(0, 8);
  reader = { instanceId: `b_${id}`, keyFingerprint: id, livemode: true, readsPerSecond: 50 };
});

const budgetOf = (changes: Partial<Reader> = {}, on: Queries = db): StripeBudget =>
  createStripeBudget(() => Promise.resolve(on), { ...reader, ...changes });

/** How long after the beginning one may send, however long it took to ask: waits shrink as time passes. */
function stopwatch(): (waitMs: number) => number {
  const begunAt = performance.now();
  // Two clocks, and rounding to whole milliseconds.
  return (waitMs) => performance.now() - begunAt + waitMs + 10;
}

const account = () => `key_${reader.keyFingerprint}`;

async function rowOf(name = account()) {
  const [row] = await db.query<{ aheadMs: number; pauseMs: number }>(
    `select 1000 * extract(epoch from next_at - clock_timestamp())::float8 as "aheadMs",
       pause_ms as "pauseMs" from stripe_budget where account = $1 and livemode = $2`,
    [name, reader.livemode],
  );
  return row;
}

const readsOf = async (name = account()) => {
  const [row] = await db.query<{ reads: number }>(
    'select coalesce(sum(reads), 0)::integer as reads from stripe_reads where account = $1',
    [name],
  );
  return row?.reads;
};

/** As if this much time had passed since the last pause. */
const passPause = (ms: number) =>
  db.query(
    `update stripe_budget set next_at = clock_timestamp(), endpoint_next_at = '{}',
       paused_until = clock_timestamp() - $2 * interval '1 millisecond' where account = $1`,
    [account(), ms],
  );

async function knowAccount(instanceId: string, keyFingerprint: string, stripeAccount: string) {
  const balances = { source: '@stripe', guest: '@stripe-guest' };
  await ensureInstance(db, { instanceId, balances, syncSince: 'all' });
  const ledgerAddress = 'http://ledger';
  const identity = { stripeAccount, livemode: true, ledgerAddress, keyFingerprint };
  return db.transaction((tx) => switchSource(tx, instanceId, identity));
}

describe('the rate', () => {
  /** When each of many concurrent takers may send, from all pools, in milliseconds: at the earliest and at the latest. */
  async function takeMany(count: number, changes: Partial<Reader>, names: readonly Endpoint[]) {
    const budgets = pools.map((pool) => budgetOf(changes, pool));
    const taken = await Promise.all(
      Array.from({ length: count }, async (_, index) => {
        const asked = performance.now();
        const waitMs = await budgets[index % budgets.length]!.take(names[index % names.length]!);
        return { earliest: asked + waitMs, latest: performance.now() + waitMs };
      }),
    );
    return {
      earliest: taken.map((one) => one.earliest).sort((a, b) => a - b),
      latest: taken.map((one) => one.latest).sort((a, b) => a - b),
    };
  }

  test.each<
    [what: string, changes: Partial<Reader>, names: Endpoint[], stepMs: number, burst: number]
  >([
    ['of an account in test mode', { livemode: false, readsPerSecond: 20 }, [LIST, EVENTS], 50, 4],
    ['of a live account', { readsPerSecond: 30 }, [LIST, EVENTS, 'account'], 1000 / 30, 30],
    [
      'of an endpoint, however high that of the account',
      { readsPerSecond: 100 },
      [LIST],
      1000 / 24,
      0,
    ],
    [
      'that Stripe allows in test mode',
      { livemode: false, readsPerSecond: 100 },
      [LIST, EVENTS],
      1000 / 24,
      0,
    ],
  ])(
    '%s is never exceeded by many takers in several pools',
    async (_what, changes, names, stepMs, burst) => {
      const count = burst + 40;
      const { earliest, latest } = await takeMany(count, changes, names);
      const begin = earliest[0]!;
      for (const [index, at] of latest.entries()) {
        // Rounding to whole milliseconds is upward.
        expect(at - begin).toBeGreaterThanOrEqual((index - burst) * stepMs);
      }
      // And none of it is lost.
      expect(earliest.at(-1)! - begin).toBeLessThan((count + 1 - burst) * stepMs + 1000);
      reader = { ...reader, ...changes };
      expect(await readsOf()).toBe(count);
    },
  );

  test('lets a second’s worth through at once, if that and the rate keep below Stripe’s limit', async () => {
    const budget = budgetOf({ readsPerSecond: 5, livemode: false });
    const since = stopwatch();
    const waits: number[] = [];
    for (let taken = 0; taken < 8; taken += 1) waits.push(await budget.take(LIST));
    expect(waits.slice(0, 6)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(since(waits[7]!)).toBeGreaterThanOrEqual(400);
  });

  test.each([0.5, 5, 10, 24, 25, 60, 100])(
    'of %d a second never sees more than Stripe’s limit in any second',
    (perSecond) => {
      for (const livemode of [true, false]) {
        const { account: all, endpoint } = pacesOf(perSecond, livemode);
        const most = ({ stepMs, burstMs }: typeof all) =>
          Math.floor((1000 + burstMs) / stepMs + 1e-9) + 1;
        expect(most(all)).toBeLessThanOrEqual(livemode ? 100 : 25);
        expect(most(endpoint)).toBeLessThanOrEqual(25);
        expect(1000 / all.stepMs).toBeLessThanOrEqual(perSecond);
      }
    },
  );

  test('of one endpoint holds up no other', async () => {
    const budget = budgetOf({ readsPerSecond: 99 });
    const since = stopwatch();
    const waits = await Promise.all(Array.from({ length: 40 }, () => budget.take(LIST)));
    expect(since(Math.max(...waits))).toBeGreaterThan(500);
    // As long as 41 requests of the account take at most.
    expect(await budget.take(EVENTS)).toBeLessThan(450);
  });

  test('goes by the database’s clock, whatever that of the worker says', async () => {
    const clock = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 86_400_000);
    const budget = budgetOf({ readsPerSecond: 0.5 });
    const since = stopwatch();
    await budget.take(LIST);
    await budget.take(LIST);
    const wait = await budget.take(LIST);
    clock.mockRestore();
    expect(since(wait)).toBeGreaterThan(1500);
    expect(wait).toBeLessThanOrEqual(4000);
  });

  test('is not held up for long by a clock of the database that was set back', async () => {
    const budget = budgetOf();
    await budget.take(LIST);
    await db.query(
      `update stripe_budget set next_at = now() + interval '1 day' where account = $1`,
      [account()],
    );
    await expect(budget.take(LIST)).rejects.toMatchObject({ code: 'READS_QUEUED' });
    expect((await rowOf())?.aheadMs).toBeLessThanOrEqual(6 * 60_000);
  });

  test('takes one statement a request', async () => {
    const query = jest.fn((sql: string, parameters?: readonly unknown[]) =>
      db.query(sql, parameters),
    );
    const budget = budgetOf({}, { query } as unknown as Queries);
    for (const name of [LIST, LIST, EVENTS]) await budget.take(name);
    expect(query).toHaveBeenCalledTimes(3);
    await budget.slowDown('all', undefined);
    expect(query).toHaveBeenCalledTimes(4);
  });

  test('is not kept by going on without a database', async () => {
    const gone = connectDb('postgresql://nobody@127.0.0.1:1/gone');
    await expect(budgetOf({}, gone).take(LIST)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
    await gone.close();
  });
});

describe('a wait that is too long', () => {
  test('is refused: no place is taken, nothing is counted, and it says when to come again', async () => {
    const budget = budgetOf();
    await budget.take(LIST);
    await budget.slowDown('all', 60_000);
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const refusal = await budget.take(LIST).catch((error: unknown) => error);
      expect(refusal).toMatchObject({ code: 'READS_QUEUED', retryable: true });
      const { retryAfterMs } = refusal as { retryAfterMs: number };
      expect(retryAfterMs).toBeGreaterThan(50_000);
      expect(retryAfterMs).toBeLessThanOrEqual(60_000);
    }
    expect(await readsOf()).toBe(1);
  });
});

describe('a 429', () => {
  test('of the account slows all workers and endpoints, for a second', async () => {
    await budgetOf().take(LIST);
    const since = stopwatch();
    await budgetOf().slowDown('all', undefined);
    for (const [index, name] of [LIST, EVENTS, 'account' as const].entries()) {
      const wait = await budgetOf({}, pools[index]).take(name);
      expect(since(wait)).toBeGreaterThanOrEqual(1000);
      expect(wait).toBeLessThan(1200);
    }
  });

  test('of an endpoint slows that endpoint and no other', async () => {
    await budgetOf().take(LIST);
    const since = stopwatch();
    await budgetOf().slowDown(LIST, undefined);
    expect(since(await budgetOf({}, pools[1]).take(LIST))).toBeGreaterThanOrEqual(1000);
    expect(await budgetOf({}, pools[2]).take(EVENTS)).toBe(0);
  });

  test('is no new one when many requests that were under way get it', async () => {
    await budgetOf().take(LIST);
    await Promise.all(pools.map((pool) => budgetOf({}, pool).slowDown('all', undefined)));
    expect((await rowOf())?.pauseMs).toBe(1000);
  });

  test('that follows on a pause doubles it, up to a minute; after a good minute it is a second again', async () => {
    const budget = budgetOf();
    await budget.take(LIST);
    await budget.slowDown(LIST, undefined);
    const pauses: (number | undefined)[] = [];
    for (const since of [50, 50, 50, 50_000, 50, 50, 50, 61_000]) {
      await passPause(since);
      await budget.slowDown(LIST, undefined);
      pauses.push((await rowOf())?.pauseMs);
    }
    expect(pauses).toEqual([2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 1000]);
  });

  test('with Retry-After is waited for as long as Stripe says', async () => {
    const budget = budgetOf();
    await budget.take(LIST);
    const since = stopwatch();
    await budget.slowDown('all', 7_000);
    const wait = await budget.take(EVENTS);
    expect(since(wait)).toBeGreaterThanOrEqual(7000);
    expect(wait).toBeLessThanOrEqual(7000);
  });

  test('is followed by the rate, not by a burst', async () => {
    const budget = budgetOf({ readsPerSecond: 10 });
    await budget.take(LIST);
    const since = stopwatch();
    await budget.slowDown('all', undefined);
    const waits = await Promise.all(Array.from({ length: 6 }, () => budget.take(LIST)));
    expect(since(Math.max(...waits))).toBeGreaterThan(1200);
  });
});

describe('whose budget it is', () => {
  test('that of the key until the instance knows its account, then that of the account', async () => {
    const acct = `acct_${reader.keyFingerprint}`;
    const budget = budgetOf();
    await budget.take('account');
    await knowAccount(reader.instanceId, reader.keyFingerprint, acct);
    await budget.take(LIST);
    expect(await readsOf()).toBe(1);
    expect(await readsOf(acct)).toBe(1);
  });

  test('one for all instances and keys of an account, and another one in test mode', async () => {
    const acct = `acct_${reader.keyFingerprint}`;
    const other = {
      instanceId: `${reader.instanceId}x`,
      keyFingerprint: `${reader.keyFingerprint}x`,
    };
    await knowAccount(reader.instanceId, reader.keyFingerprint, acct);
    await knowAccount(other.instanceId, other.keyFingerprint, acct);
    await budgetOf().take(LIST);
    await budgetOf(other, pools[1]).take(EVENTS);
    const since = stopwatch();
    await budgetOf(other).slowDown('all', 5_000);
    expect(await readsOf(acct)).toBe(2);
    expect(since(await budgetOf().take('account'))).toBeGreaterThanOrEqual(5000);
    expect(await budgetOf({ livemode: false }).take(LIST)).toBe(0);
  });

  test('not the old account’s with a key that is not known yet', async () => {
    await knowAccount(reader.instanceId, reader.keyFingerprint, `acct_${reader.keyFingerprint}`);
    const changed = { keyFingerprint: `${reader.keyFingerprint}y` };
    await budgetOf(changed).take('account');
    expect(await readsOf(`key_${changed.keyFingerprint}`)).toBe(1);
  });
});

describe('the reads of 30 days', () => {
  const read = (name: string, daysAgo: number, reads: number) =>
    db.query(
      `insert into stripe_reads (account, livemode, day, reads)
       values ($1, true, (clock_timestamp() at time zone 'UTC')::date - $2::integer, $3)`,
      [name, daysAgo, reads],
    );
  const pay = (sourceId: string, instanceId: string, id: string, daysAgo: number) =>
    db.query(
      `insert into movements (kind, instance_id, movement_id, page_id, sync_id, source_id, created_s, state)
       values ('pay_in', $1, $2, 'page', 'sync', $3, extract(epoch from now())::bigint - $4 * 86400, 'posted')`,
      [instanceId, id, sourceId, daysAgo],
    );

  test('are those of today and the 29 days before', async () => {
    const acct = `acct_${reader.keyFingerprint}`;
    const source = await knowAccount(reader.instanceId, reader.keyFingerprint, acct);
    await budgetOf().take(LIST);
    await read(acct, 29, 10);
    await read(acct, 30, 100);
    expect(await readAllocation(db, source)).toEqual({
      last30Days: 11,
      allocation: 10_000,
      warning: false,
    });
  });

  test('are held against 500 for each pay-in of these days, over all instances, once each', async () => {
    const acct = `acct_${reader.keyFingerprint}`;
    const first = await knowAccount(reader.instanceId, reader.keyFingerprint, acct);
    const second = await knowAccount(`${reader.instanceId}x`, reader.keyFingerprint, acct);
    const recent = Array.from({ length: 30 }, (_, index) => `pi_${acct}_${index}`);
    for (const id of recent) await pay(first.sourceId, reader.instanceId, id, 3);
    for (const id of recent) await pay(second.sourceId, `${reader.instanceId}x`, id, 3);
    await pay(first.sourceId, reader.instanceId, `pi_${acct}_old`, 31);
    await read(acct, 1, 11_999);
    expect(await readAllocation(db, first)).toEqual({
      last30Days: 11_999,
      allocation: 15_000,
      warning: false,
    });
    await budgetOf().take(LIST);
    expect(await readAllocation(db, second)).toMatchObject({ last30Days: 12_000, warning: true });
  });

  test('are looked at once a day', async () => {
    const acct = `acct_${reader.keyFingerprint}`;
    const source = await knowAccount(reader.instanceId, reader.keyFingerprint, acct);
    await budgetOf().take(LIST);
    const all = await Promise.all(pools.map((pool) => readAllocationOnceADay(pool, source)));
    expect(all.filter((one) => one !== undefined)).toHaveLength(1);
    await db.query('update stripe_budget set checked_on = checked_on - 1 where account = $1', [
      acct,
    ]);
    expect(await readAllocationOnceADay(db, source)).toMatchObject({ last30Days: 1 });
  });
});
