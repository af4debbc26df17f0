/** What our own store has lost that adds up to zero: no sum of ours tells it, the ledger’s postings do. */
import { connectDb, type Db } from '../../src/store/db';
import { enableMovements } from '../../src/store/openings';
import { latestProof } from '../../src/store/proofs';
import { currentSource } from '../../src/store/sources';
import { aPosting } from '../support/worlds/a-posting';
import { testEnvironment } from '../support/environment';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';

const HOUR = 3_600;
const DAY = 24 * HOUR;

let db: Db;
let world: DrivenWorld;
let sourceId: string;

beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
beforeEach(async () => {
  world = await startWorld(db, { startAt: Date.UTC(2026, 5, 1, 12) / 1000 });
  const { world: account } = world.stripe;
  await account.pay({ id: 'pi_a', amount: '10000', customer: 'cus_A' });
  await account.pay({ id: 'pi_b', amount: '5000', customer: null });
  await account.money.refund({ payment: 'pi_b' });
  await account.money.topup({ amount: '700' });
  await account.money.chargeFee({ amount: '700' });
  world.clock.advance(HOUR);
  await world.driver.sync();
  ({ sourceId } = (await currentSource(db, world.instanceId))!);
  const enabling = { instanceId: world.instanceId, sourceId, cutOver: null, by: 'test' };
  await db.transaction((tx) => enableMovements(tx, enabling, []));
  await run();
  // Nothing of all this is among the newest rows any more, which each run reads once more.
  world.clock.advance(40 * DAY);
  await run();
  expect((await run()).state).toBe('proven');
});
afterEach(() => world.close());

async function run() {
  world.clock.advance(HOUR);
  await world.driver.sync();
  const { proof } = (await latestProof(db, world.instanceId))!;
  return { state: proof.state, items: proof.currencies.flatMap(({ items }) => items) };
}

const referencesOf = ({ items }: Awaited<ReturnType<typeof run>>, kind: string) =>
  items.filter((item) => item.kind === kind).map(({ reference }) => reference);

/** Of a payment and its refund. */
async function losePostings(): Promise<string[]> {
  const rows = await db.query<{ row: string | null }>(
    `delete from movements where source_id = $1 and (movement_id = 'pi_b' or moves = -5000)
     returning bt_id as row`,
    [sourceId],
  );
  expect(rows).toHaveLength(2);
  const refund = rows.flatMap(({ row }) => row ?? []);
  const charge = await db.query<{ row: string }>(
    `select bt_id as row from balance_transactions where source_id = $1 and payment_intent_id = 'pi_b' and is_pay_in`,
    [sourceId],
  );
  return [...refund, ...charge.map(({ row }) => row)].sort();
}

test('movements that were lost together are made again, and are nobody else’s', async () => {
  const rows = await losePostings();
  const { length } = world.blnk.ledger.rows;
  const found = await run();
  expect(referencesOf(found, 'booked_again').sort()).toEqual(rows);
  expect(referencesOf(found, 'foreign')).toEqual([]);
  expect(found.state).toBe('proven');
  expect(world.blnk.ledger.rows).toHaveLength(length);
  const next = await run();
  expect([next.state, next.items]).toEqual(['proven', []]);
});

test('the same with their rows, which Stripe lists again', async () => {
  const lost = await db.query<{ row: string }>(
    `delete from balance_transactions where source_id = $1 and abs(net) = 700 returning bt_id as row`,
    [sourceId],
  );
  const rows = lost.map(({ row }) => row).sort();
  await db.query('delete from movements where source_id = $1 and bt_id = any($2)', [
    sourceId,
    rows,
  ]);
  const { length } = world.blnk.ledger.rows;
  const found = await run();
  expect(referencesOf(found, 'found_again').sort()).toEqual(rows);
  expect(referencesOf(found, 'foreign')).toEqual([]);
  expect(found.state).toBe('proven');
  expect(world.blnk.ledger.rows).toHaveLength(length);
});

test('a posting of others that only looks like ours stays named', async () => {
  const blnk = world.connection.ledger;
  const { signal } = new AbortController();
  const posting = aPosting({ reference: 'txn_nobodys', destination: '@somebody' });
  await blnk.post(posting, signal);
  const found = await run();
  expect([found.state, referencesOf(found, 'foreign')]).toEqual(['broken', ['txn_nobodys']]);
});
