/** The worked example of docs/movements.md by real syncs from Stripe's stand-in: what a Core makes of its postings. */
import { connectDb, type Db } from '../../src/store/db';
import { IN_LEDGER_STATES } from '../../src/store/outcome-columns';
import { playWorkedExample, settingsOf } from '../support/books/worked-run';
import { startOwnDatabase, type OwnDatabase } from '../support/databases/own-database';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';
import { CUT_OVER } from '../support/worlds/worked-story';
import { openCore, type Core } from './support';

let core: Core;
let database: OwnDatabase;
let db: Db;
let world: DrivenWorld;
const signal = new AbortController().signal;

beforeAll(async () => {
  core = await openCore();
  database = await startOwnDatabase();
  db = connectDb(database.url);
});
afterAll(async () => {
  await world.close();
  await db.close();
  await database.stop();
  await core.close();
});

test('every balance of the example is what the page says, after each of its steps, in 67 postings', async () => {
  const names = { suffix: core.run.replace('pi_', '') };
  const ledger = { BLNK_URL: core.url, BLNK_API_KEY: core.masterKey };
  const settings = { ...settingsOf(names), ...ledger };
  world = await startWorld(db, { startAt: CUT_OVER, settings });
  await playWorkedExample(world, names);
  const rows = await db.query<{ reference: string }>(
    `select reference from movements where instance_id = $1 and state in ${IN_LEDGER_STATES}`,
    [world.instanceId],
  );
  expect(rows).toHaveLength(67);
  const references = rows.map(({ reference }) => reference);
  const entries = await world.connection.ledger.lookUp(references, signal);
  expect(entries.map(({ reference }) => reference).sort()).toEqual(references.sort());
  expect(new Set(entries.map(({ status }) => status))).toEqual(new Set(['APPLIED']));
  // A sync more finds all of it there.
  const { row } = await world.driver.sync();
  expect(row).toMatchObject({ status: 'completed', counts: { found: 0 } });
});
