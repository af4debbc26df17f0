/** The list of runs without idle ones: what most runs of a schedule are is left out, and nothing else. */
import { randomUUID } from 'node:crypto';
import { connectDb, type Db } from '../../src/store/db';
import { countSyncs, pageOfSyncs } from '../../src/store/sync-list';
import { testEnvironment } from '../support/environment';

let db: Db;
beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());

test('idle runs are left out, those that booked pay-ins or movements, or failed, are not', async () => {
  const id = `inst_${randomUUID().slice(0, 8)}`;
  await db.query(
    `insert into instances (instance_id, source_balance, guest_balance) values ($1, '@a', '@b')`,
    [id],
  );
  const none = { status: 'completed', found: 0, legs: {} };
  const runs = {
    idle: none,
    'with pay-ins': { ...none, found: 2 },
    'with movements': { ...none, legs: { refund: { found: 1, posted: 1 } } },
    failed: { ...none, status: 'failed' },
    skipped: { ...none, status: 'skipped' },
  };
  for (const [name, { status, found, legs }] of Object.entries(runs)) {
    await db.query(
      `insert into stripe_syncs (sync_id, instance_id, status, trigger, scope, workflow_id, first_run_id,
         records_found, records_posted, legs)
       values ($1, $2, $3, 'schedule', '{"kind":"full"}', 'w', 'r', $4, $4, $5)`,
      [`${id} ${name}`, id, status, found, legs],
    );
  }
  const cut = { place: undefined, isBack: false, limit: 10 };
  const listed = await pageOfSyncs(db, id, { notable: true }, cut);
  const names = listed.map(({ syncId }) => syncId.slice(id.length + 1)).sort();
  expect(names).toEqual(['failed', 'skipped', 'with movements', 'with pay-ins']);
  expect(await countSyncs(db, id, { notable: true }, 10)).toBe(4);
  expect(await countSyncs(db, id, { notable: false }, 10)).toBe(5);
});
