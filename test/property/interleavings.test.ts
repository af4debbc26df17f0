/** Whatever happens in whatever order: in the end the ledger is what Stripe took, each payment once. */
import fc from 'fast-check';
import { connectDb, type Db } from '../../src/store/db';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';
import { testEnvironment } from '../support/environment';
import { runs } from '../support/property-runs';
import { DAY, story, type Story } from './actions';
import { spoiling, type Badness } from './bad-pay-ins';
import { createPlayer } from './play';

let db: Db;
beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());

async function play({ kind, startAt, history, actions, ...told }: Story): Promise<void> {
  const since = told.since === null ? null : startAt + told.since * DAY;
  const bad = new Map<string, Badness>();
  const date = since === null ? 'all' : new Date(since * 1000).toISOString().slice(0, 10);
  const settings = { BLNK_KIND: kind, SYNC_SINCE: date };
  const through = spoiling(bad);
  const world = await startWorld(db, { startAt, settings, through });
  try {
    const worlds: [DrivenWorld, ...DrivenWorld[]] = [world];
    if (told.deployments > 1) {
      worlds.push(await startWorld(db, { startAt, settings, through, beside: world }));
    }
    const player = createPlayer({ worlds, since, bad });
    await player.begin(history);
    for (const action of actions) await player.act(action);
    await player.finish();
  } finally {
    await world.close();
  }
}

test('any interleaving of payments, faults, crashes and clocks ends with the ledger equal to Stripe', async () => {
  await fc.assert(fc.asyncProperty(story, play), runs(250));
}, 3_600_000);
