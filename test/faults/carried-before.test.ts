/** Movements that were carried over before the database was lost: the ledger alone tells of them. */
import { openingAsText } from '../../src/domain/opening/opening-text';
import { openMovements } from '../../src/engine/opening/opening';
import { noteInLedger } from '../../src/engine/proof/posting-of-others';
import { connectDb, type Db } from '../../src/store/db';
import { accept, listAcceptances } from '../../src/store/acceptances';
import { findEnabled, readDeclined } from '../../src/store/openings';
import { latestProof } from '../../src/store/proofs';
import { currentSource } from '../../src/store/sources';
import { startStripeStandIn } from '../../sandbox/stripe/start';
import { testEnvironment } from '../support/environment';
import { aPosting } from '../support/worlds/a-posting';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';
import { planIn } from '../support/worlds/planned-opening';

const at = (time: string) => Date.parse(time) / 1000;
const NOW = at('2026-06-11T12:00:00Z');
const CUT_OVER = at('2026-06-01T00:00:00Z');
const SINCE = { SYNC_SINCE: '2026-05-20' };

let db: Db;
/** Of Blnk. */
let form: Readonly<Record<string, string>> = {};
let first: DrivenWorld;
let world: DrivenWorld;
beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
beforeEach(async () => {
  first = world = await startWorld(db, { startAt: NOW, settings: { ...SINCE, ...form } });
  await pay('pi_before', '2026-05-25T10:00:00Z');
  await pay('pi_since', '2026-06-02T10:00:00Z', 7_000);
  await world.stripe.world.money.payout({ amount: 2_000, at: at('2026-06-05T10:00:00Z') });
  await sync();
});
afterEach(() => first.close());

const pay = (id: string, time: string, amount = 10_000) => {
  const times = { createdAt: at(time), succeededAt: at(time) };
  return world.stripe.world.pay({ id, amount, currency: 'usd', customer: 'cus_1', ...times });
};

async function sync(): Promise<void> {
  world.clock.advance(60);
  expect((await world.driver.sync()).row?.status).toBe('completed');
}

const plan = (since?: number, absorb?: boolean) => planIn(world, since, absorb);

async function loseDatabase(): Promise<void> {
  world = await startWorld(db, { startAt: NOW, settings: SINCE, beside: first });
  await sync();
}

async function expectProven(): Promise<void> {
  const { proof } = (await latestProof(db, world.instanceId))!;
  expect(proof).toMatchObject({ state: 'proven', currencies: [{ unexplained: 0n }] });
}

/** What a backup does not hold that was taken now. */
function backup(): () => void {
  const { ledger } = world.blnk;
  const kept = ledger.nextSeq();
  return () => void ledger.forget(ledger.rows.map(({ seq }) => seq).filter((seq) => seq >= kept));
}

/** The settings of a user who says nothing of movements, unless they say more. */
async function loseDatabaseAndSync(settings: Readonly<Record<string, string>> = {}): Promise<void> {
  const all = { ...SINCE, ...form, MOVEMENTS: '', ...settings };
  world = await startWorld(db, { startAt: NOW, settings: all, beside: first });
  await sync();
}

const source = async () => (await currentSource(db, world.instanceId))!.sourceId;
const declined = async () => readDeclined(db, await source());
const booked = () => world.blnk.ledger.rows.map(({ reference }) => reference).sort();

test('the opening balance is taken over from the ledger, and nothing is booked twice', async () => {
  const found = await plan(CUT_OVER);
  await openMovements(db, found, 'anna');
  await sync();
  await expectProven();
  const before = booked();
  await loseDatabase();
  const again = await plan();
  const { amount } = found.openings[0]!;
  expect(again).toMatchObject({
    cutOver: CUT_OVER,
    openings: [{ amount, foreign: [], stop: null }],
  });
  expect(openingAsText(again)).toContain('.USD.2026-06-01, in the ledger already');
  await openMovements(db, again, 'anna');
  await sync();
  await expectProven();
  expect(booked()).toEqual(before);
});

test('a pay-in that the opening balance did not count is not counted then either', async () => {
  await pay('pi_unread', '2026-05-26T10:00:00Z', 5_000);
  await openMovements(db, await plan(CUT_OVER), 'anna');
  await sync();
  await world.driver.sync({ scope: { kind: 'payment', paymentIntentId: 'pi_unread' } });
  await sync();
  await expectProven();
  const before = booked();
  await loseDatabase();
  await openMovements(db, await plan(), 'anna');
  await sync();
  await expectProven();
  expect(booked()).toEqual(before);
});

test('another cut-over is refused with the one that the ledger tells of', async () => {
  await openMovements(db, await plan(CUT_OVER), 'anna');
  await sync();
  await loseDatabase();
  await expect(plan(at('2026-06-04T00:00:00Z'))).rejects.toMatchObject({
    ...{ code: 'CUT_OVER_FOUND', details: { cut_over: '2026-06-01T00:00:00Z' } },
  });
});

test('begun with nothing, the oldest leg tells it, and an earlier cut-over is right', async () => {
  await openMovements(db, await plan(), 'anna');
  await sync();
  const before = booked();
  await loseDatabase();
  await expect(plan(CUT_OVER)).rejects.toMatchObject({ code: 'CUT_OVER_FOUND' });
  const again = await plan();
  expect(again.openings).toMatchObject([{ amount: 0n, foreign: [], stop: null }]);
  await openMovements(db, again, 'anna');
  await sync();
  await expectProven();
  expect(booked()).toEqual(before);
});

describe('by the first sync itself', () => {
  async function enabledThen(): Promise<() => void> {
    await openMovements(db, await plan(CUT_OVER), 'anna');
    await sync();
    const restore = backup();
    await pay('pi_late', '2026-06-11T11:00:00Z', 3_000);
    await world.stripe.world.money.payout({ amount: 1_000 });
    await sync();
    await expectProven();
    return restore;
  }

  test('of a ledger that lost the newest as well, one sync brings back all of it, and proves it', async () => {
    const restore = await enabledThen();
    const before = booked();
    restore();
    expect(booked()).not.toEqual(before);
    await loseDatabaseAndSync();
    await expectProven();
    expect(booked()).toEqual(before);
    expect(await findEnabled(db, await source())).toMatchObject({
      cutOver: CUT_OVER,
      awaits: null,
    });
    await sync();
    expect(booked()).toEqual(before);
  });

  test('a pay-in that the opening balance did not count is not counted then either', async () => {
    await pay('pi_unread', '2026-05-26T10:00:00Z', 5_000);
    await openMovements(db, await plan(CUT_OVER), 'anna');
    await sync();
    await world.driver.sync({ scope: { kind: 'payment', paymentIntentId: 'pi_unread' } });
    await sync();
    await expectProven();
    const before = booked();
    await loseDatabaseAndSync();
    await expectProven();
    expect(booked()).toEqual(before);
  });

  test('a debit from before that has succeeded since is not counted then either', async () => {
    await loseDatabaseAndSync({ SYNC_SINCE: 'all' });
    const [createdAt, status] = [at('2026-05-25T10:00:00Z'), 'processing'] as const;
    const debit = { status, paymentMethodType: 'us_bank_account', chargeCreatedAt: createdAt };
    await world.stripe.world.create({ ...debit, id: 'pi_debit', currency: 'usd', createdAt });
    await sync();
    // Only its event tells the time of it, and no listing of later.
    await world.stripe.world.succeed('pi_debit');
    await sync();
    await openMovements(db, await plan(CUT_OVER), 'anna');
    await sync();
    await expectProven();
    const before = booked();
    expect(before.filter((one) => one.endsWith('.opening'))).toHaveLength(1);
    await loseDatabaseAndSync({ SYNC_SINCE: 'all' });
    await expectProven();
    expect(booked()).toEqual(before);
  });

  test('begun with the whole history, all of it is there again', async () => {
    await loseDatabaseAndSync({ SYNC_SINCE: 'all' });
    expect(await declined()).toEqual(['SOURCE_BALANCE_USED']);
    await openMovements(db, await plan(), 'anna');
    await sync();
    const restore = backup();
    await pay('pi_late', '2026-06-11T11:00:00Z', 3_000);
    await sync();
    await expectProven();
    const before = booked();
    restore();
    await loseDatabaseAndSync({ SYNC_SINCE: 'all' });
    await expectProven();
    expect(booked()).toEqual(before);
  });

  test('a worker that ends at any step of it books nothing twice', async () => {
    const restore = await enabledThen();
    const before = booked();
    restore();
    world = await startWorld(db, {
      ...{ startAt: NOW, settings: { ...SINCE, MOVEMENTS: '' }, beside: first },
    });
    const interruptions = Array.from({ length: 30 }, () => ({ after: 2, how: 'restart' as const }));
    await world.driver.sync({ interruptions });
    await sync();
    await expectProven();
    expect(booked()).toEqual(before);
  });

  test('not where the settings say off', async () => {
    await enabledThen();
    await loseDatabaseAndSync({ MOVEMENTS: 'off' });
    expect([await findEnabled(db, await source()), await declined()]).toEqual([undefined, null]);
  });

  test('not of a ledger that holds pay-ins alone', async () => {
    await loseDatabaseAndSync();
    expect(await declined()).toEqual(['SOURCE_BALANCE_USED']);
  });

  test.each([
    ['a later SYNC_SINCE', '2026-06-04', 'OTHER_BEGINNING 2026-06-01T00:00:00Z'],
    ['the whole history', 'all', null],
  ])('with %s', async (_what, since, why) => {
    await enabledThen();
    await loseDatabaseAndSync({ SYNC_SINCE: since });
    expect(await declined()).toEqual(why === null ? null : [why]);
    if (why === null) await expectProven();
  });

  test('begun with no opening balance, another SYNC_SINCE is seen by what is dated before it', async () => {
    await openMovements(db, await plan(), 'anna');
    await sync();
    expect(booked().filter((one) => one.startsWith('opening.'))).toEqual([]);
    await loseDatabaseAndSync({ SYNC_SINCE: '2026-06-04' });
    expect(await declined()).toEqual(['OTHER_BEGINNING']);
  });

  test('not by the key of another account, whose movements it says they are', async () => {
    await enabledThen();
    const { blnk, clock } = first;
    const other = await startStripeStandIn({
      ...{ scenario: 'empty', seed: 'other', account: 'acct_Other', clock },
    });
    try {
      const settings = { ...SINCE, MOVEMENTS: '' };
      const beside = { blnk, clock, stripe: other };
      world = await startWorld(db, { startAt: NOW, settings, beside });
      await sync();
      expect(await declined()).toEqual(['OTHER_ACCOUNT']);
    } finally {
      await other.close();
    }
  });
});

/** Core lists the oldest first, Cloud the newest. */
describe.each(['core', 'cloud'])('postings of others (%s)', (kind) => {
  beforeAll(() => void (form = { BLNK_KIND: kind }));
  afterAll(() => void (form = {}));

  const never = new AbortController().signal;
  const note = { by: 'ada', note: 'till, 28 November' };

  async function byHand(reference: string, amount: bigint): Promise<void> {
    const sides = { source: '@stripe', destination: '@bank' };
    const posting = aPosting({ reference, amount, ...sides, metadata: {} as never });
    await world.connection.ledger.post(posting, never);
  }

  /** As `reconcile accept` has it noted by the ledger. */
  async function acceptInLedger(reference: string): Promise<void> {
    const { ledger } = world.connection;
    const [entry] = await ledger.lookUp([reference], never);
    expect(await noteInLedger(ledger, entry!.transactionId, note, never)).toBe(true);
  }

  const proof = async () => (await latestProof(db, world.instanceId))!.proof;
  const named = async () =>
    (await proof()).currencies.flatMap(({ items }) =>
      items.map(({ kind, reference }) => `${kind} ${reference}`),
    );

  async function absorbed(): Promise<void> {
    await byHand('absorbed', 700n);
    await openMovements(db, await plan(CUT_OVER, true), 'anna');
    await sync();
    await expectProven();
  }

  test('that were absorbed are not named with what a later proof finds', async () => {
    await absorbed();
    await byHand('later', 300n);
    await sync();
    expect(await named()).toEqual(['foreign later']);
    // Nor where somebody has accepted it in the ledger.
    await acceptInLedger('absorbed');
    await acceptInLedger('later');
    await byHand('last', 100n);
    await sync();
    expect(await named()).toEqual(['accepted later', 'foreign last']);
  });

  test('of which one that was absorbed is gone are not named, but for what came later', async () => {
    await byHand('first', 500n);
    await byHand('gone', 200n);
    await absorbed();
    await db.query('update openings set confirmed_at = to_timestamp($2) where source_id = $1', [
      await source(),
      world.clock.nowSeconds(),
    ]);
    world.clock.advance(60);
    const { rows } = world.blnk.ledger;
    world.blnk.ledger.forget([rows.find(({ reference }) => reference === 'gone')!.seq]);
    await byHand('later', 300n);
    await sync();
    expect(await proof()).toMatchObject({ state: 'broken' });
    expect(await named()).toEqual(['foreign later']);
  });

  test('that were accepted are accepted again by the first sync after a lost database', async () => {
    await openMovements(db, await plan(CUT_OVER), 'anna');
    await sync();
    await byHand('accepted', 300n);
    await acceptInLedger('accepted');
    await loseDatabaseAndSync();
    expect(await named()).toEqual(['accepted accepted']);
    expect(await proof()).toMatchObject({
      state: 'explained',
      currencies: [{ gaps: { stripe: 0n, rows: 0n, ledger: { debits: 0n, credits: 0n } } }],
    });
    expect(await listAcceptances(db, await source())).toMatchObject([note]);
  });

  test('that were absorbed leave an opening balance that a person looks at, and those accepted are told apart', async () => {
    await absorbed();
    await byHand('accepted', 300n);
    await acceptInLedger('accepted');
    const before = booked();
    await loseDatabaseAndSync();
    await sync();
    await sync();
    expect(await findEnabled(db, await source())).toMatchObject({ awaits: 'differs' });
    expect(await proof()).toMatchObject({ state: 'broken', currencies: [{ opening: 'differs' }] });
    expect(await named()).toEqual(['foreign absorbed', 'accepted accepted'].sort());
    await expect(openMovements(db, await plan(), 'anna')).rejects.toMatchObject({
      code: 'FOREIGN_POSTINGS',
    });
    const found = await plan(undefined, true);
    expect(found.openings).toMatchObject([
      { foreign: [{ reference: 'absorbed' }], absorbed: { debits: 700n, credits: 0n } },
    ]);
    await openMovements(db, found, 'anna');
    await sync();
    expect(await named()).toEqual(['accepted accepted']);
    expect(await proof()).toMatchObject({
      state: 'explained',
      currencies: [{ gaps: { stripe: 0n, rows: 0n, ledger: { debits: 0n, credits: 0n } } }],
    });
    expect(booked()).toEqual(before);
  });

  test('that were absorbed, and accepted by mistake since, count once', async () => {
    await absorbed();
    const before = booked();
    await loseDatabaseAndSync();
    await sync();
    expect(await named()).toEqual(['foreign absorbed']);
    await acceptInLedger('absorbed');
    const place = { instanceId: world.instanceId, sourceId: await source() };
    const absorbing = { reference: 'absorbed', id: '', currency: 'USD' };
    const posting = { ...absorbing, amount: 700n, bookedAt: null };
    await accept(db, place, [posting], note);
    await sync();
    expect(await named()).toEqual(['accepted absorbed']);
    await openMovements(db, await plan(undefined, true), 'anna');
    await sync();
    await sync();
    await expectProven();
    expect(await named()).toEqual([]);
    expect(booked()).toEqual(before);
  });
});
