/** Whatever Stripe or the ledger does not tell of movements, pay-ins are booked and the run completes. */
import type { Connection } from '../../src/engine/deps';
import type { ErrorCode } from '../../src/domain/errors';
import { proofSentences } from '../../src/domain/proof/proof-sentences';
import { connectDb, type Db } from '../../src/store/db';
import { addBooked } from '../../src/store/not-yet';
import { enableMovements, readDeclined } from '../../src/store/openings';
import { latestProof } from '../../src/store/proofs';
import { readRowReading } from '../../src/store/row-reading';
import { currentSource } from '../../src/store/sources';
import { findLastEnded } from '../../src/store/syncs';
import { testEnvironment } from '../support/environment';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';
import { refusing } from '../support/worlds/refusing';

const START = Date.UTC(2026, 5, 11, 12) / 1000;
const HOUR = 3_600;
let db: Db;
let world: DrivenWorld;
/** What a call that is named is refused with. */
let refused: Readonly<
  Partial<Record<keyof Connection['stripe'] | keyof Connection['ledger'], ErrorCode | undefined>>
>;
/** How often anything was refused. */
let refusals: number;

beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
beforeEach(() => void ([refused, refusals] = [{}, 0]));
afterEach(() => world.close());

function codeOf(call: string): ErrorCode | undefined {
  const code = refused[call as keyof typeof refused];
  if (code !== undefined) refusals += 1;
  return code;
}

const through = (connection: Connection): Connection => ({
  ...connection,
  stripe: refusing(connection.stripe, codeOf),
  ledger: refusing(connection.ledger, codeOf),
});

const start = async (settings: Readonly<Record<string, string>> = {}) => {
  world = await startWorld(db, { startAt: START, settings, through });
};

async function enable(): Promise<void> {
  await world.stripe.world.pay({ id: 'pi_1', amount: 1_000 });
  await world.driver.sync();
  const { instanceId } = world;
  const { sourceId } = (await currentSource(db, instanceId))!;
  const enabling = { instanceId, sourceId, cutOver: null, by: 'test' };
  await db.transaction(async (tx) => {
    await enableMovements(tx, enabling, []);
    await addBooked(tx, enabling, null);
  });
}

/** A later run, which has another pay-in to book. */
async function completes(id: string): Promise<void> {
  await world.stripe.world.pay({ id, amount: 2_000 });
  world.clock.advance(HOUR);
  expect((await world.driver.sync()).row).toMatchObject({ status: 'completed' });
  expect(world.paused).toEqual([]);
  expect(references()).toContain(id);
}

const references = () => world.blnk.ledger.rows.map(({ reference }) => reference);

test.each<ErrorCode>(['STRIPE_PERMISSION_MISSING', 'STRIPE_BAD_ANSWER'])(
  'a charge without a payment of which Stripe tells no more: %s',
  async (code) => {
    await start();
    await enable();
    const charge = {
      amount: 1_500,
      customer: 'cus_L',
      status: 'pending',
      settle: { fee: 0 },
    } as const;
    await world.stripe.world.charge(charge);
    await completes('pi_2');
    await db.query(
      `update balance_transactions set seen_at = now() - interval '7 hours' where instance_id = $1`,
      [world.instanceId],
    );
    refused = { readTransaction: code };
    await completes('pi_3');
    expect(refusals).toBe(1);
  },
);

test.each<ErrorCode>(['STRIPE_PERMISSION_MISSING', 'STRIPE_BAD_ANSWER'])(
  'a dispute of which Stripe tells no more: %s',
  async (code) => {
    await start();
    await enable();
    await world.stripe.world.money.dispute({ payment: 'pi_1', fee: 0 });
    await completes('pi_2');
    await db.query(`update disputes set asked_at = '-infinity' where instance_id = $1`, [
      world.instanceId,
    ]);
    refused = { readDispute: code };
    await completes('pi_3');
    expect(refusals).toBe(1);
  },
);

const notes = async () => (await findLastEnded(db, world.instanceId))?.notes;

describe.each<ErrorCode>(['STRIPE_UNAVAILABLE', 'STRIPE_RATE_LIMITED', 'TIMED_OUT'])(
  'what follows, of which Stripe does not tell for as long as it is waited for: %s',
  (code) => {
    const isDown = code === 'STRIPE_UNAVAILABLE';
    async function notRead(call: 'readTransaction' | 'readDispute'): Promise<void> {
      const { silenceMs } = world.deps.patience;
      Object.assign(world.deps.patience, { silenceMs: 0, neverAnsweredMs: 0 });
      // It is asked whether it tells of others.
      refused = {
        [call]: code,
        get readPage() {
          return isDown && refusals === 1 ? code : undefined;
        },
      };
      await completes('pi_3');
      expect(refusals).toBe(isDown ? 2 : 1);
      expect(await notes()).toEqual(['FOLLOW_UPS_NOT_READ']);
      expect((await latestProof(db, world.instanceId))?.proof.state).toBe('proven');
      Object.assign(world.deps.patience, { silenceMs, neverAnsweredMs: silenceMs });
      refused = {};
      await completes('pi_4');
      expect(await notes()).toEqual([]);
    }

    test('a lone charge', async () => {
      await start();
      await enable();
      const charge = { amount: 1_500, customer: 'cus_L', status: 'pending' } as const;
      const { id } = await world.stripe.world.charge({ ...charge, settle: { fee: 0 } });
      await completes('pi_2');
      await db.query(
        `update balance_transactions set seen_at = now() - interval '7 hours' where instance_id = $1`,
        [world.instanceId],
      );
      await notRead('readTransaction');
      const [row] = await db.query<{ asked: boolean }>(
        `select asked_at is not null as asked from balance_transactions where instance_id = $1 and charge_id = $2`,
        [world.instanceId, id],
      );
      expect(row).toEqual({ asked: true });
    });

    test('a dispute, while another one is final and followed', async () => {
      await start();
      await enable();
      const { money } = world.stripe.world;
      const { id: open } = await money.dispute({ payment: 'pi_1', fee: 0 });
      await completes('pi_2');
      const { id: lost } = await money.dispute({ payment: 'pi_2', fee: 0 });
      await db.query(`update disputes set asked_at = '-infinity' where instance_id = $1`, [
        world.instanceId,
      ]);
      await completes('pi_2b');
      await db.query(
        `update disputes set asked_at = '-infinity', is_due = dispute_id = $2, status = 'lost',
           final_at = case when dispute_id = $2 then now() end where instance_id = $1`,
        [world.instanceId, lost],
      );
      await notRead('readDispute');
      expect(references().some((one) => one.endsWith('.lost'))).toBe(true);
      const [row] = await db.query<{ asked: boolean }>(
        `select asked_at > '-infinity' as asked from disputes where instance_id = $1 and dispute_id = $2`,
        [world.instanceId, open],
      );
      expect(row).toEqual({ asked: true });
    });
  },
);

test('a right that was missing and of which Stripe does not say anything now', async () => {
  await start();
  await enable();
  await completes('pi_2');
  await db.query(`update sources set rows_missing = '{rak_transfer_read}' where instance_id = $1`, [
    world.instanceId,
  ]);
  refused = { tryRight: 'STRIPE_UNAVAILABLE' };
  await completes('pi_3');
  expect(refusals).toBe(1);
});

test.each<ErrorCode>(['STRIPE_UNAVAILABLE', 'STRIPE_RATE_LIMITED', 'STRIPE_PERMISSION_MISSING'])(
  'a balance that Stripe does not tell of: %s',
  async (code) => {
    await start();
    await enable();
    await completes('pi_2');
    refused = { readBalance: code };
    await completes('pi_3');
    expect(refusals).toBe(1);
    refused = {};
    await completes('pi_4');
  },
);

test.each<ErrorCode>(['BLNK_BAD_ANSWER', 'BLNK_PERMISSION_MISSING', 'BLNK_REFUSED'])(
  'a ledger that does not tell of balances, before movements and with them: %s',
  async (code) => {
    refused = { turnoversOf: code };
    await start({ MOVEMENTS: 'on' });
    await completes('pi_0');
    const { sourceId } = (await currentSource(db, world.instanceId))!;
    expect(await readDeclined(db, sourceId)).toEqual(['SOURCE_BALANCE_UNREAD']);
    await enable();
    await completes('pi_2');
    expect(references().some((one) => one.startsWith('txn_'))).toBe(true);
  },
);

test('a right that Stripe does not say anything of, when movements would begin by themselves', async () => {
  refused = { tryRight: 'STRIPE_BAD_ANSWER' };
  await start({ MOVEMENTS: 'on' });
  await completes('pi_0');
});

describe("rows of Stripe's balance that cannot be read", () => {
  const codes: ErrorCode[] = ['STRIPE_PERMISSION_MISSING', 'STRIPE_REFUSED', 'STRIPE_BAD_ANSWER'];

  const newest = async () => (await latestProof(db, world.instanceId))!.proof;
  const stateOf = async () => (await newest()).state;
  /** Nothing is proven, and whoever looks is told why. */
  async function isTold(code: ErrorCode): Promise<void> {
    const right = code === 'STRIPE_PERMISSION_MISSING' ? 'rak_balance_transaction_source_read' : '';
    expect(await stateOf()).toBe('not_read');
    expect(await notes()).toEqual([`ROWS_NOT_READ ${code} ${right}`.trim()]);
    const [told] = proofSentences(await newest());
    expect(told).toContain(right === '' ? `not read to the end (${code}` : `lacks ${right}; grant`);
  }
  const reading = async () =>
    readRowReading(db, (await currentSource(db, world.instanceId))!.sourceId);
  const watermarkOfPayIns = async () => (await currentSource(db, world.instanceId))?.watermark;

  test.each(codes)('the latest ones: %s', async (code) => {
    await start();
    await enable();
    await completes('pi_2');
    const [before, ofPayIns] = [await reading(), await watermarkOfPayIns()];
    refused = { listTransactions: code };
    await completes('pi_3');
    expect(refusals).toBe(1);
    await isTold(code);
    // Nothing but that is read again.
    expect(await reading()).toEqual(before);
    expect(await watermarkOfPayIns()).toBeGreaterThan(ofPayIns!);
    refused = {};
    await completes('pi_4');
    expect((await reading())?.watermark).toBeGreaterThan(before!.watermark!);
    expect([await stateOf(), await notes()]).toEqual(['proven', []]);
  });

  test.each(codes)('all of them, for the first time: %s', async (code) => {
    await start();
    await enable();
    refused = { listTransactions: code };
    await completes('pi_2');
    expect(refusals).toBe(1);
    await isTold(code);
    const before = await reading();
    expect(before).toMatchObject({ watermark: null, listingId: expect.any(String) as string });
    await completes('pi_3');
    expect(await reading()).toEqual(before);
    refused = {};
    await completes('pi_4');
    expect(await reading()).toMatchObject({ watermark: expect.any(Number) as number });
    await completes('pi_5');
    expect(await stateOf()).toBe('proven');
  });

  test.each<[ErrorCode, number]>([
    ['STRIPE_UNAVAILABLE', 1],
    ['STRIPE_RATE_LIMITED', 1],
    ['TIMED_OUT', 1],
    ['STRIPE_CURSOR_DEAD', 6],
  ])('as long as they are waited for, while pay-ins are told: %s', async (code, times) => {
    await start();
    await enable();
    await completes('pi_2');
    const before = await reading();
    Object.assign(world.deps.patience, { silenceMs: 0, neverAnsweredMs: 0 });
    refused = { listTransactions: code };
    await completes('pi_3');
    expect(refusals).toBe(times);
    await isTold(code);
    expect(await reading()).toEqual(before);
    refused = {};
    await completes('pi_4');
    expect(await stateOf()).toBe('proven');
  });

  test('from a Stripe that tells of pay-ins no more either: the run fails by its name', async () => {
    await start();
    await enable();
    await completes('pi_2');
    Object.assign(world.deps.patience, { silenceMs: 0, neverAnsweredMs: 0 });
    refused = {
      listTransactions: 'STRIPE_UNAVAILABLE',
      get readPage(): ErrorCode | undefined {
        return refusals > 0 ? 'STRIPE_UNAVAILABLE' : undefined;
      },
    };
    world.clock.advance(HOUR);
    const { row } = await world.driver.sync();
    expect(row).toMatchObject({ status: 'failed', error: 'STRIPE_UNAVAILABLE' });
  });

  test('a payment that no event has told of', async () => {
    await start();
    await enable();
    await completes('pi_2');
    refused = { readPayIn: 'STRIPE_BAD_ANSWER' };
    world.stripe.faults.add({
      path: '/v1/events',
      times: 1,
      fault: { kind: 'status', status: 200, json: { object: 'list', data: [], has_more: false } },
    });
    const { id } = await world.stripe.world.pay({ id: 'pi_3', amount: 700 });
    world.clock.advance(HOUR);
    expect((await world.driver.sync()).row).toMatchObject({ status: 'completed' });
    expect(references()).not.toContain(id);
    expect(refusals).toBeGreaterThan(0);
  });
});

test('a ledger that fails when all is posted leaves the proof open, and the run completes', async () => {
  await start();
  await enable();
  await completes('pi_2');
  refused = { turnoversOf: 'BLNK_UNAVAILABLE' };
  Object.assign(world.deps.patience, { silenceMs: 0 });
  await completes('pi_3');
  expect((await latestProof(db, world.instanceId))?.proof.state).toBe('not_read');
});

test('a right that is said to be back, and is not, has all rows read anew once a day', async () => {
  world = await startWorld(db, {
    startAt: START,
    through: (connection) => ({
      ...connection,
      stripe: {
        ...connection.stripe,
        listTransactions: async (...args) => {
          const page = await connection.stripe.listTransactions(...args);
          return { ...page, missing: ['rak_transfer_read'] };
        },
      },
    }),
  });
  await enable();
  const listings = async () => {
    const [row] = await db.query<{ count: number }>(
      `select count(distinct w.listing_id) as count from sync_windows w join sources using (source_id)
       where instance_id = $1 and feed = 'balance_transactions'`,
      [world.instanceId],
    );
    return row?.count;
  };
  await completes('pi_2');
  expect(await listings()).toBe(1);
  await completes('pi_3');
  await completes('pi_4');
  await completes('pi_5');
  expect(await listings()).toBe(2);
  await db.query(
    `update sources set rows_anew_at = now() - interval '25 hours' where instance_id = $1`,
    [world.instanceId],
  );
  await completes('pi_6');
  expect(await listings()).toBe(3);
});

test('a reading of all rows of which a part is void begins anew, and gives no watermark', async () => {
  await start();
  await enable();
  refused = { listTransactions: 'STRIPE_REFUSED' };
  await completes('pi_2');
  const { sourceId } = (await currentSource(db, world.instanceId))!;
  const before = await readRowReading(db, sourceId);
  await db.query(`update sync_windows set state = 'void' where listing_id = $1`, [
    before?.listingId,
  ]);
  refused = {};
  await completes('pi_3');
  expect(await readRowReading(db, sourceId)).toMatchObject({ watermark: null, listingId: null });
  await completes('pi_4');
  await completes('pi_5');
  expect((await latestProof(db, world.instanceId))?.proof.state).toBe('proven');
});
