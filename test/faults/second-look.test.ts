/** A reading with other rows near it may add up by chance: it proves nothing alone, and the run takes a second one. */
import { SyncError } from '../../src/domain/errors';
import type { Connection } from '../../src/engine/deps';
import { connectDb, type Db } from '../../src/store/db';
import { testEnvironment } from '../support/environment';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';
import { provenRun } from '../support/worlds/proven-run';

const HOUR = 3_600;

let db: Db;
let world: DrivenWorld;
/** What happens in the second of a reading, after it. */
let once: () => Promise<unknown>;
let readings: number;
/** Seconds before the second one. */
let between: number;
/** Whether Stripe tells only one. */
let isSilent: boolean;

beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
beforeEach(async () => {
  once = () => Promise.resolve();
  between = 0;
  isSilent = false;
  const settings = { SYNC_SINCE: 'all', MOVEMENTS: 'on' };
  const startAt = Date.UTC(2026, 5, 1, 12) / 1000;
  world = await startWorld(db, { startAt, settings, through });
  await world.stripe.world.pay({ id: 'pi_a', amount: 10_000, customer: 'cus_A' });
  expect(await run()).toMatchObject({ state: 'proven', readings: 1 });
});
afterEach(() => world.close());

function through(connection: Connection): Connection {
  const { stripe } = connection;
  const readBalance: typeof stripe.readBalance = async (signal) => {
    if (readings > 0 && isSilent) throw new SyncError('STRIPE_BAD_ANSWER', { field: 'pending' });
    if (readings > 0) world.clock.advance(between);
    const reading = await stripe.readBalance(signal);
    readings += 1;
    const happens = once;
    once = () => Promise.resolve();
    await happens();
    return reading;
  };
  return { ...connection, stripe: { ...stripe, readBalance } };
}

async function run(after = 60) {
  world.clock.advance(after);
  readings = 0;
  const { state, items } = await provenRun(db, world);
  return { state, readings, named: items.map(({ kind, reference }) => `${kind} ${reference}`) };
}

const chargeFee = (lagSeconds = 0) =>
  world.stripe.world.money.chargeFee({ amount: 29, lagSeconds });

test.each([
  [5, 'proven'],
  // Near it as well, so that of the first one nothing can be told yet.
  [1, 'waiting'],
])(
  'a row that came in the second of the reading, and a second one %s s later: %s',
  async (seconds, state) => {
    between = seconds;
    once = () => chargeFee();
    expect(await run()).toEqual({ state, readings: 2, named: [] });
    expect(await run()).toEqual({ state: 'proven', readings: 1, named: [] });
  },
);

test('a row that is missing behind one of the same net in that second is not proven away', async () => {
  const { id } = await chargeFee(HOUR);
  once = () => chargeFee();
  expect(await run()).toEqual({ state: 'waiting', readings: 2, named: [] });
  world.clock.advance(HOUR);
  await run();
  expect(await run()).toMatchObject({ state: 'proven' });
  expect(world.blnk.ledger.byReference(id)).not.toBeNull();
});

test('where each reading has others near it, two of a run are enough', async () => {
  for (let runs = 0; runs < 3; runs += 1) {
    world.clock.advance(60);
    await chargeFee();
    expect(await run(0)).toEqual({ state: 'proven', readings: 2, named: [] });
  }
});

test('one alone, where Stripe does not tell a second one, is judged beside the next', async () => {
  world.clock.advance(60);
  await chargeFee();
  isSilent = true;
  expect(await run(0)).toMatchObject({ state: 'waiting' });
  await chargeFee();
  expect(await run(60)).toMatchObject({ state: 'proven' });
});
