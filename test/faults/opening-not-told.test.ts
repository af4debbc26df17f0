/** After a lost database the ledger holds the opening balance, and does not tell of it for a while. */
import { SyncError } from '../../src/domain/errors';
import type { Connection } from '../../src/engine/deps';
import { openMovements } from '../../src/engine/opening/opening';
import { connectDb, type Db } from '../../src/store/db';
import { findEnabled, readOpenings } from '../../src/store/openings';
import { latestProof } from '../../src/store/proofs';
import { currentSource } from '../../src/store/sources';
import { testEnvironment } from '../support/environment';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';
import { planIn } from '../support/worlds/planned-opening';

const at = (time: string) => Date.parse(time) / 1000;
const NOW = at('2026-06-11T12:00:00Z');
const SINCE = { SYNC_SINCE: '2026-05-20' };

let db: Db;
let first: DrivenWorld;
let world: DrivenWorld;
/** Stripe does not list payouts. */
let hidesPayouts = false;
/** The ledger's answers about what stands on a balance, or under a reference, cannot be read. */
let isGarbled = false;

beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(async () => {
  await first.close();
  await db.close();
});

function through(connection: Connection): Connection {
  const { stripe, ledger } = connection;
  const listTransactions: typeof stripe.listTransactions = async (...asked) => {
    const page = await stripe.listTransactions(...asked);
    return { ...page, rows: page.rows.filter(({ type }) => !hidesPayouts || type !== 'payout') };
  };
  const linesOn: typeof ledger.linesOn = async (...asked) => {
    if (isGarbled) throw new SyncError('BLNK_BAD_ANSWER', { status: 200 });
    return ledger.linesOn(...asked);
  };
  const rowsUnder: typeof ledger.rowsUnder = async (...asked) => {
    if (isGarbled) throw new SyncError('BLNK_BAD_ANSWER', { status: 200 });
    return ledger.rowsUnder(...asked);
  };
  return {
    ...connection,
    stripe: { ...stripe, listTransactions },
    ledger: { ...ledger, linesOn, rowsUnder },
  };
}

async function sync(): Promise<void> {
  world.clock.advance(900);
  expect((await world.driver.sync()).row?.status).toBe('completed');
}

const sourceId = async () => (await currentSource(db, world.instanceId))!.sourceId;
const booked = () => world.blnk.ledger.rows.map(({ reference }) => reference).sort();

test('none is computed meanwhile, which would not count what that one counts', async () => {
  first = world = await startWorld(db, { startAt: NOW, settings: SINCE });
  const pay = (id: string, time: string) =>
    world.stripe.world.pay({
      ...{ id, amount: 10_000, currency: 'usd', customer: 'cus_1' },
      ...{ createdAt: at(time), succeededAt: at(time) },
    });
  await pay('pi_before', '2026-05-25T10:00:00Z');
  await pay('pi_since', '2026-06-02T10:00:00Z');
  await sync();
  await openMovements(db, await planIn(world, at('2026-06-01T00:00:00Z')), 'anna');
  await sync();
  const before = booked();
  const [opened] = await readOpenings(db, await sourceId());

  const settings = { ...SINCE, MOVEMENTS: '' };
  world = await startWorld(db, { startAt: NOW, settings, through, beside: first });
  await world.stripe.world.money.payout({ amount: 3_000 });
  hidesPayouts = true;
  await sync();
  hidesPayouts = false;
  isGarbled = true;
  await sync();
  await sync();
  expect((await findEnabled(db, await sourceId()))?.awaits).toBe('uncertain');
  expect((await latestProof(db, world.instanceId))?.proof.state).toBe('not_read');

  isGarbled = false;
  await sync();
  const confirmedAt = expect.any(Date) as Date;
  expect(await readOpenings(db, await sourceId())).toEqual([{ ...opened, confirmedAt }]);
  expect((await latestProof(db, world.instanceId))?.proof.state).toBe('proven');
  expect(booked()).toHaveLength(before.length + 1);
});
