/** Whatever happens in whatever order: in the end the ledger is what Stripe took, each payment once. */
import fc from 'fast-check';
import { connectDb, type Db } from '../../src/store/db';
import { startWorld } from '../support/driver-world';
import { testEnvironment } from '../support/environment';
import { runs } from '../support/property-runs';
import { story, type Story } from './actions';
import { createPlayer } from './play';

let db: Db;
beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());

async function play({ kind, startAt, history, actions }: Story): Promise<void> {
  const world = await startWorld(db, { startAt, settings: { BLNK_KIND: kind } });
  try {
    const player = createPlayer(world);
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
