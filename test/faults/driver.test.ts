/** The driver of the property tests does what the workflow does, and its interruptions interrupt. */
import { connectDb, type Db } from '../../src/store/db';
import { listSyncs } from '../../src/store/syncs';
import type { Interruption } from '../support/worlds/driven-run';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';
import { testEnvironment } from '../support/environment';

const START = Date.UTC(2031, 5, 1) / 1000;
/** In the middle of the first page that is sent. */
const AFTER = 75;

let db: Db;
let world: DrivenWorld;
beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
beforeEach(async () => {
  world = await startWorld(db, { startAt: START });
  for (let index = 0; index < 150; index += 1) await world.stripe.world.pay();
});
afterEach(() => world.close());

const interrupted = (how: Interruption['how']) =>
  world.driver.sync({ interruptions: [{ after: AFTER, how }] });
const booked = () => world.blnk.ledger.totals().transactions;
const statuses = async () =>
  (await listSyncs(db, world.instanceId, 10)).map(({ status, error }) => error ?? status).reverse();

it('a sync runs to its end and books what is there', async () => {
  const { how, row } = await world.driver.sync();
  expect({ how, ...row }).toMatchObject({
    how: 'closed',
    status: 'completed',
    counts: { found: 150, posted: 150 },
  });
  expect(booked()).toBe(150);
});

it.each(['restart', 'lose', 'freeze', 'continue'] as const)(
  '%s: the same sync goes on',
  async (how) => {
    expect((await interrupted(how)).row).toMatchObject({
      status: 'completed',
      counts: { found: 150 },
    });
    expect(booked()).toBe(150);
  },
);

it('kill: the row stays open, and the next sync takes over', async () => {
  expect(await interrupted('kill')).toMatchObject({ how: 'killed', row: { status: 'running' } });
  expect(booked()).toBeLessThan(150);
  await world.driver.sync();
  expect(await statuses()).toEqual(['OWNER_GONE', 'completed']);
  expect(booked()).toBe(150);
  // What the dead one has done counts as its own, and nothing of it stays open.
  const syncs = await listSyncs(db, world.instanceId, 10);
  expect(syncs.reduce((sum, { counts }) => sum + counts.found, 0)).toBe(150);
  const open = await db.query(
    `select w.window_id from sync_windows w join stripe_syncs s using (sync_id)
     where s.instance_id = $1 and w.state = 'open'`,
    [world.instanceId],
  );
  expect(open).toEqual([]);
});

it('stall: another sync takes over, and the old one finds itself closed when it goes on', async () => {
  expect(await interrupted('stall')).toMatchObject({ how: 'stalled', row: { status: 'running' } });
  await world.driver.sync();
  await world.driver.resume();
  expect(await statuses()).toEqual(['OWNER_GONE', 'completed']);
  expect(booked()).toBe(150);
});

it('hold: others are skipped until it goes on', async () => {
  expect(await interrupted('hold')).toMatchObject({ how: 'stalled', row: { status: 'running' } });
  expect((await world.driver.sync()).row).toMatchObject({ status: 'skipped' });
  await world.driver.resume();
  expect(await statuses()).toEqual(['completed', 'SYNC_ALREADY_RUNNING']);
});

it('cancel: the sync ends with what it has done', async () => {
  expect(await interrupted('cancel')).toMatchObject({
    how: 'closed',
    row: { status: 'cancelled' },
  });
  expect(booked()).toBeLessThan(150);
});

it('a fault that outlasts the attempts fails the sync, a shorter one does not', async () => {
  const fault = { kind: 'status', status: 500, json: {} } as const;
  world.stripe.faults.add({ fault, times: 2 });
  expect((await world.driver.sync()).row).toMatchObject({ status: 'completed' });
  world.stripe.faults.add({ fault });
  expect((await world.driver.sync()).row).toMatchObject({ error: 'STRIPE_UNAVAILABLE' });
});
