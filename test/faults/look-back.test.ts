/**
 * What Stripe lists late, and what it dates wrongly: nothing may fall between two looks, whatever the
 * database's own clock says.
 */
import { connectDb, type Db } from '../../src/store/db';
import { currentSource } from '../../src/store/sources';
import { startWorld, type DrivenWorld, type WorldOptions } from '../support/worlds/driver-world';
import { testEnvironment } from '../support/environment';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const databaseNow = () => Math.floor(Date.now() / 1000);
/** Stripe's clock as the database has it, years behind it and years ahead of it. */
const CLOCKS = [
  ['agree', 0],
  ['are nine years apart', 9 * 365 * DAY],
  ['are nine years apart the other way', -9 * 365 * DAY],
] as const;

let db: Db;
let world: DrivenWorld;
beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
afterEach(() => world.close());

async function begin(apart: number, settings: WorldOptions['settings'] = {}): Promise<void> {
  world = await startWorld(db, { startAt: databaseNow() + apart, settings });
}

async function sync(after = 0): Promise<void> {
  world.clock.advance(after);
  expect((await world.driver.sync()).row).toMatchObject({ status: 'completed' });
}

const booked = () => new Set(world.blnk.ledger.rows.map(({ reference }) => reference));
const paths = () => world.stripe.requests.list().map(({ path }) => path);
const source = async () => (await currentSource(db, world.instanceId))!;

describe.each(CLOCKS)('events that are listed late, while the clocks %s', (_what, apart) => {
  it('are all found a day later, by the runs that follow each other every 15 minutes', async () => {
    await begin(apart);
    await sync();
    world.clock.advance(HOUR);
    const late = [1, 5, 10, 12, 20, 60];
    const ids: string[] = [];
    for (const [index, minutes] of late.entries()) {
      const createdAt = world.clock.nowSeconds() - 50 + index * 10;
      const eventLagSeconds = minutes * MINUTE;
      ids.push((await world.stripe.world.pay({ createdAt, eventLagSeconds })).id);
    }
    await sync(MINUTE);
    for (let run = 0; run < 5; run += 1) {
      // Others are seen at once: what is seen moves on past the late ones.
      ids.push((await world.stripe.world.pay()).id);
      await sync(15 * MINUTE);
    }
    await sync(DAY);
    expect([...booked()].sort()).toEqual([...ids].sort());
    // Nothing is read again once it was found.
    world.blnk.requests.clear();
    await sync(15 * MINUTE);
    // Asked, as after each sync, and nothing is posted.
    const paths = world.blnk.requests.list('/transactions').map(({ path }) => path);
    expect(new Set(paths)).toEqual(new Set(['/transactions/filter']));
  });

  it.each([8, 15, 40])('are found by syncs that are %d hours apart', async (hours) => {
    await begin(apart);
    const ids: string[] = [];
    for (let run = 0; run < 60 / hours; run += 1) {
      for (const lag of [0, 13 * MINUTE, 59 * MINUTE, 5 * HOUR, 30 * HOUR]) {
        ids.push((await world.stripe.world.pay({ eventLagSeconds: lag })).id);
        world.clock.advance(7 * MINUTE);
      }
      await sync(hours * HOUR);
    }
    await sync(30 * HOUR);
    await sync(DAY);
    await sync(DAY);
    expect([...booked()].sort()).toEqual([...ids].sort());
  });

  it('cost nothing more on an account without payments: one read, and once a day a second one', async () => {
    await begin(apart);
    await sync();
    world.stripe.requests.clear();
    for (let run = 0; run < 24; run += 1) await sync(HOUR);
    expect(new Set(paths())).toEqual(new Set(['/v1/events']));
    expect(paths().length).toBe(24 + 1);
  });
});

it('the day is the database’s as long as its clock runs: an idle run then looks back in its one read', async () => {
  await begin(0);
  await sync();
  await db.query(
    `update sources set look_back_saved_at = now() - interval '20 hours 1 minute'
     where instance_id = $1`,
    [world.instanceId],
  );
  const late = await world.stripe.world.pay({ createdAt: databaseNow() - 2 * DAY });
  world.stripe.requests.clear();
  await sync();
  expect(paths()).toEqual(['/v1/events']);
  expect(booked().has(late.id)).toBe(true);
  world.stripe.requests.clear();
  await sync();
  expect(world.stripe.requests.list()[0]?.query).toContain(
    `created[gte]=${(await source()).watermark! - 600}`,
  );
});

it('a tail that looks back is judged by its watermark, so that 24 idle days cost no listing', async () => {
  await begin(0);
  await sync();
  world.stripe.requests.clear();
  await sync(24 * DAY);
  await sync(24 * DAY - 8 * DAY);
  expect(new Set(paths())).toEqual(new Set(['/v1/events']));
});

describe.each(CLOCKS)('an answer whose Date is ahead, while the clocks %s', (_what, apart) => {
  const AHEAD = [
    ['15 minutes', 15 * MINUTE],
    ['2 hours', 2 * HOUR],
    ['3 days', 3 * DAY],
    ['40 days', 40 * DAY],
  ] as const;

  /** One answer of these, the given one of its kind, says a later time than it is. */
  const lie = (ahead: number, path: string, skip = 0) =>
    world.stripe.faults.add({ path, times: 1, skip, fault: { kind: 'date', ahead } });

  /** Payments all along the time that the Date was ahead by, with syncs only after it. */
  async function payThrough(ahead: number): Promise<string[]> {
    const ids: string[] = [];
    const span = Math.min(ahead, 4 * DAY);
    for (let step = 0; step < 12; step += 1) {
      world.clock.advance(Math.ceil(span / 12));
      ids.push((await world.stripe.world.pay()).id);
    }
    world.clock.advance(15 * MINUTE);
    return ids;
  }

  it.each(AHEAD)('by %s in a tail loses nothing', async (_by, ahead) => {
    await begin(apart);
    const first = await world.stripe.world.pay();
    await sync(MINUTE);
    const fault = lie(ahead, '/v1/events');
    await sync(15 * MINUTE);
    expect(fault.fired()).toBe(1);
    const ids = await payThrough(ahead);
    await sync();
    expect(booked()).toEqual(new Set([first.id, ...ids]));
  });

  it.each(AHEAD)('by %s in the first tail after a listing loses nothing', async (_by, ahead) => {
    await begin(apart);
    const first = await world.stripe.world.pay();
    const fault = lie(ahead, '/v1/events');
    await sync(MINUTE);
    expect(fault.fired()).toBe(1);
    const ids = await payThrough(ahead);
    await sync();
    expect(booked()).toEqual(new Set([first.id, ...ids]));
  });

  it.each(AHEAD)('by %s at the start of a listing loses nothing', async (_by, ahead) => {
    await begin(apart);
    const first = await world.stripe.world.pay();
    const fault = lie(ahead, '/v1/account');
    // The listing ends before its tail is read, as by a kill; the next sync goes on after that time.
    world.stripe.faults.add({
      path: '/v1/events',
      times: 3,
      fault: { kind: 'status', status: 500 },
    });
    world.clock.advance(MINUTE);
    expect((await world.driver.sync()).row).toMatchObject({ status: 'failed' });
    expect(fault.fired()).toBe(1);
    const ids = await payThrough(ahead);
    await sync();
    expect(booked()).toEqual(new Set([first.id, ...ids]));
  });
});

it('an idle account is not listed again because the clocks differ', async () => {
  await begin(-9 * 365 * DAY);
  await sync();
  world.stripe.requests.clear();
  for (let day = 0; day < 60; day += 5) await sync(5 * DAY);
  expect(new Set(paths())).toEqual(new Set(['/v1/events']));
});
