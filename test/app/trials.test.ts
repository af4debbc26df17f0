/** How many installs may be on trial, and which of them give way. */
import { randomUUID } from 'node:crypto';
import { recordInstalls } from '../../src/store/install-events';
import { findInstall, makeRoom } from '../../src/store/installs';
import { connectDb, type Db } from '../../src/store/db';
import { startOwnDatabase, type OwnDatabase } from '../support/databases/own-database';

let database: OwnDatabase;
let db: Db;
beforeEach(async () => {
  database = await startOwnDatabase();
  db = connectDb(database.url, 1);
});
afterEach(async () => {
  await db.close();
  await database.stop();
});

const BALANCES = { source: '@stripe', guest: '@stripe-guest' };

async function call(from: string): Promise<{ id: string; outcome: string }> {
  const id = `instapp_${randomUUID()}`;
  const [outcome = ''] = await recordInstalls(
    db,
    [
      {
        ...{ installId: id, appId: 'app_1', instanceId: `inst_${from}`, idempotencyKey: id },
        ...{ origin: 'app', blnkKind: 'cloud', blnkUrl: 'https://blnk' },
        ...{ apiKey: 'sealed', apiKeyPrefix: '', permissions: [], receivedFrom: from },
      },
    ],
    BALANCES,
  );
  return { id, outcome };
}

const triedInVain = (id: string) =>
  db.query(`update installs set problem = 'BLNK_KEY_REJECTED' where install_id = $1`, [id]);

test('what was tried in vain gives way, the oldest of the address that sent most, and nothing else', async () => {
  const real = (await call('blnk')).id;
  await triedInVain(real);
  const forged: string[] = [];
  for (let at = 0; at < 6; at += 1) forged.push((await call('forger')).id);
  for (const id of forged.slice(0, 4)) await triedInVain(id);
  expect(await makeRoom(db, 7, 4)).toEqual([]);
  const gone = await makeRoom(db, 6, 4);
  expect(gone.map(({ installId }) => installId).sort()).toEqual(forged.slice(0, 3).sort());
  expect(gone[0]).toMatchObject({ receivedFrom: 'forger', status: 'refused', apiKey: null });
  expect((await findInstall(db, real))?.status).toBe('pending');
  // Nothing that was not tried yet, however full it is.
  expect((await makeRoom(db, 1, 0)).length).toBe(2);
  expect((await findInstall(db, forged[5]!))?.status).toBe('pending');
});

test('at 2,000 on trial a call is refused and stores nothing, so that it may come again', async () => {
  await db.query(
    `insert into instances (instance_id, source_balance, guest_balance, origin, status)
     values ('inst_x', '@stripe', '@stripe-guest', 'app', 'inactive')`,
    [],
  );
  await db.query(
    `insert into installs (install_id, origin, app_id, instance_id, blnk_kind, blnk_url, api_key,
       api_key_prefix, granted_permissions, status, received_at)
     select 'instapp_' || at, 'app', 'app_1', 'inst_x', 'cloud', 'x', 'x', '', '{}', 'pending', now()
     from generate_series(1, 2000) at`,
    [],
  );
  const { id, outcome } = await call('blnk');
  expect(outcome).toBe('full');
  expect(await findInstall(db, id)).toBeUndefined();
  expect(await db.query('select 1 from install_events', [])).toEqual([]);
});
