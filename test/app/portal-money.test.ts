/** The chart's sums are read again when a sync has changed them, and not before. */
import { createMoneyReader } from '../../src/portal/money';
import { connectDb, type Db } from '../../src/store/db';
import { newInstanceId } from '../support/cloud-world';
import { testEnvironment } from '../support/environment';

let db: Db;
let sums = 0;
beforeAll(() => {
  const inner = connectDb(testEnvironment().databaseUrl);
  db = {
    ...inner,
    query(sql, parameters) {
      if (sql.includes('from pay_ins')) sums += 1;
      return inner.query(sql, parameters);
    },
  };
});
afterAll(() => db.close());

it('sums again after a sync that found something, and every 30 s of one that runs', async () => {
  const id = newInstanceId();
  await db.query(
    `insert into instances (instance_id, source_balance, guest_balance) values ($1, '@a', '@b')`,
    [id],
  );
  const sync = (name: string, status: string, found: number) =>
    db.query(
      `insert into stripe_syncs (sync_id, instance_id, status, trigger, scope, workflow_id,
         first_run_id, records_found, records_posted)
       values ($1, $2, $3, 'cli', '{"kind":"full"}', 'w', 'r', $4, $4)`,
      [`sync_${id}_${name}`, id, status, found],
    );
  let now = 0;
  const read = createMoneyReader(db, () => now);
  const sumsOf = async () => {
    const before = sums;
    expect(await read(id, 0)).toEqual([]);
    return sums - before;
  };
  expect([await sumsOf(), await sumsOf()]).toEqual([1, 0]);
  await sync('idle', 'completed', 0);
  expect(await sumsOf()).toBe(0);
  await sync('posting', 'completed', 3);
  expect([await sumsOf(), await sumsOf()]).toEqual([1, 0]);
  await sync('running', 'running', 0);
  expect([await sumsOf(), await sumsOf()]).toEqual([1, 0]);
  now += 30_000;
  expect(await sumsOf()).toBe(1);
});
