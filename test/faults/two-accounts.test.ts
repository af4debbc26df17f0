/** Two Stripe accounts and one ledger: beside each other, and one in the place of the other, with movements. */
import { startStripeStandIn, type StripeStandIn } from '../../sandbox/stripe/start';
import { openMovements } from '../../src/engine/opening/opening';
import { connectDb, type Db } from '../../src/store/db';
import { findEnabled, readDeclined } from '../../src/store/openings';
import { latestProof } from '../../src/store/proofs';
import { currentSource } from '../../src/store/sources';
import { testEnvironment } from '../support/environment';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';
import { planIn } from '../support/worlds/planned-opening';

const START = Date.UTC(2026, 5, 11, 12) / 1000;
const MOVEMENTS = { MOVEMENTS: 'on', SYNC_SINCE: 'all' };

let db: Db;
let world: DrivenWorld;
/** Another account, whose key the instance does not have. */
let other: StripeStandIn;
beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
beforeEach(async () => {
  world = await startWorld(db, { startAt: START, settings: MOVEMENTS });
  other = await startStripeStandIn({
    ...{ scenario: 'empty', seed: `other ${world.instanceId}`, account: 'acct_Other' },
    ...{ clock: world.clock, keys: [OTHER_KEY] },
  });
  await takes(world.stripe, 'pi_own', 10_000);
  await takes(other, 'pi_other', 4_000);
  expect(await sync(world)).toBe('proven');
});
afterEach(() => Promise.all([world.close(), other.close()]));

const OTHER_KEY = { key: 'sk_test_other', livemode: false };

async function takes({ world: account }: StripeStandIn, id: string, amount: number): Promise<void> {
  await account.pay({ id, amount, customer: `cus_of_${id}`, settle: { fee: 100 } });
  await account.money.chargeFee({ amount: 25 });
}

/** @returns what is proven; null: nothing by this sync */
async function sync(one: DrivenWorld, acceptSource = false): Promise<string | null> {
  one.clock.advance(3_600);
  const { syncId, row } = await one.driver.sync({ acceptSource });
  expect(row).toMatchObject({ status: 'completed', error: null });
  const proof = await latestProof(db, one.instanceId);
  return proof?.syncId === syncId ? proof.proof.state : null;
}

async function named(one: DrivenWorld): Promise<string[]> {
  const { proof } = (await latestProof(db, one.instanceId))!;
  return proof.currencies.flatMap(({ items }) =>
    items.map(({ kind, reference, amount }) => `${kind} ${reference} ${amount}`),
  );
}

const references = () => world.blnk.ledger.rows.map(({ reference }) => reference);
const held = (name: string) => {
  const { debit, credit } = world.blnk.ledger.balances.find(name, 'USD')!;
  return debit - credit;
};

describe('beside each other', () => {
  let second: DrivenWorld;
  afterEach(() => second.close());

  const begin = async (settings: Readonly<Record<string, string>>) => {
    second = await startWorld(db, {
      ...{ startAt: START, beside: { ...world, stripe: other } },
      settings: { ...MOVEMENTS, STRIPE_SECRET_KEY: OTHER_KEY.key, ...settings },
    });
  };

  test('with source balances of their own both are proven', async () => {
    await begin({ BLNK_SOURCE_BALANCE: '@psp', BLNK_GUEST_BALANCE: '@psp-guest' });
    expect([await sync(second), await sync(world)]).toEqual(['proven', 'proven']);
    await takes(other, 'pi_other2', 300);
    await other.world.money.refund({ payment: 'pi_other', amount: 1_000 });
    await takes(world.stripe, 'pi_own2', 500);
    expect([await sync(world), await sync(second)]).toEqual(['proven', 'proven']);
    expect([await named(world), await named(second)]).toEqual([[], []]);
    expect([held('@stripe'), held('@psp')]).toEqual([10_250n, 3_050n]);
  });

  test('with one name the second carries over its pay-ins alone, and the first names them', async () => {
    await begin({});
    expect(await sync(second)).toBeNull();
    const { sourceId } = (await currentSource(db, second.instanceId))!;
    expect(await findEnabled(db, sourceId)).toBeUndefined();
    expect(await readDeclined(db, sourceId)).toEqual(['OTHER_ACCOUNT']);
    expect(await sync(world)).toBe('broken');
    expect(await named(world)).toEqual(['foreign pi_other 4000']);
  });
});

test('the key of another account brings none of its rows, until a person confirms it, and then its pay-ins', async () => {
  const before = references();
  const rows = () =>
    db.query('select 1 from balance_transactions where instance_id = $1', [world.instanceId]);
  const own = await rows();
  await world.configure({ ...MOVEMENTS, ...ofOther() });
  world.clock.advance(3_600);
  const { row } = await world.driver.sync();
  expect(row).toMatchObject({ status: 'failed', error: 'SOURCE_CHANGED' });
  expect(world.paused).toEqual(['SOURCE_CHANGED']);
  expect([references(), (await rows()).length]).toEqual([before, own.length]);

  expect(await sync(world, true)).toBeNull();
  expect([references(), (await rows()).length]).toEqual([[...before, 'pi_other'], own.length]);

  await world.configure(MOVEMENTS);
  await takes(world.stripe, 'pi_own2', 500);
  expect(await sync(world, true)).toBe('explained');
  expect(await named(world)).toEqual(['left_account acct_Other 4000']);
  expect(references().filter((one) => one.startsWith('pi_'))).toEqual([
    ...['pi_own', 'pi_other', 'pi_own2'],
  ]);
});

describe('to and fro between two that are carried over, the second from a day on', () => {
  const settings = () => ({ ...MOVEMENTS, ...ofOther() });

  let account: string;

  beforeEach(async () => {
    account = (await currentSource(db, world.instanceId))!.stripeAccount!;
    await world.configure(settings());
    expect(await sync(world, true)).toBeNull();
    const plan = await planIn(world, START - 86_400);
    expect(plan.openings).toMatchObject([{ held: 0n, earlier: 9_875n, amount: -9_875n }]);
    await openMovements(db, plan, 'anna');
    expect(await sync(world)).toBe('proven');
    await world.configure(MOVEMENTS);
  });

  test('what the first brings later is named, and what was there at first is counted', async () => {
    await world.stripe.world.pay({ id: 'pi_own2', amount: 500, settle: { fee: 20 } });
    expect(await sync(world, true)).toBe('explained');
    await world.configure(settings());
    expect(await sync(world, true)).toBe('explained');
    const later = [`left_account ${account} 500`, `left_account ${account}, back -20`];
    expect(await named(world)).toEqual(later);
    // Posted again, it is what was there at first all the same.
    const { ledger } = world.blnk;
    ledger.forget(
      ledger.rows.filter(({ reference }) => reference === 'pi_own').map(({ seq }) => seq),
    );
    await world.configure(MOVEMENTS);
    expect(await sync(world, true)).toBe('explained');
    await world.configure(settings());
    expect(await sync(world, true)).toBe('explained');
    expect(await named(world)).toEqual(later);
  });
});

const ofOther = () => ({ STRIPE_SECRET_KEY: OTHER_KEY.key, STRIPE_API_BASE: other.url });
