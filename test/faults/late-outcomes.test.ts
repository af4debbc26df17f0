/** A worker that Temporal has given up may go on beside the next one, and write what it thinks it knows. */
import { connectDb, type Db } from '../../src/store/db';
import { findPayIn, writeOutcomes } from '../../src/store/movements';
import { findSync } from '../../src/store/syncs';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';
import { testEnvironment } from '../support/environment';

let db: Db;
let world: DrivenWorld;
beforeAll(async () => {
  db = connectDb(testEnvironment().databaseUrl);
  world = await startWorld(db, { startAt: Date.UTC(2031, 5, 1) / 1000 });
});
afterAll(async () => {
  await world.close();
  await db.close();
});

/** A sync that stands still after it has posted, and the pay-in with its page. */
async function stopAfterPosting() {
  for (let after = 50; ; after += 2) {
    const { id } = await world.stripe.world.pay();
    const { syncId } = await world.driver.sync({ interruptions: [{ after, how: 'hold' }] });
    const sync = await findSync(db, syncId);
    const [row] = await db.query<{ pageId: string; sourceId: string }>(
      `select page_id as "pageId", source_id as "sourceId" from movements
       where instance_id = $1 and movement_id = $2 and state = 'posted'`,
      [world.instanceId, id],
    );
    if (row && sync?.status === 'running') return { id, syncId, ...row };
    await world.driver.resume();
  }
}

it('the first outcome of a pay-in stays, also when a second attempt of its page knows less', async () => {
  const { id, syncId, ...page } = await stopAfterPosting();
  const { instanceId } = world;
  const outcome = { kind: 'quarantined', movementId: id, reason: 'BLNK_FAILED' } as const;
  await writeOutcomes(db, { syncId, instanceId, ...page }, [outcome]);
  await world.driver.resume();
  expect(await findSync(db, syncId)).toMatchObject({
    status: 'completed',
    counts: { posted: 1, quarantined: 0 },
  });
  expect(await findPayIn(db, instanceId, id)).toMatchObject({ state: 'posted', attempts: 0 });
});
