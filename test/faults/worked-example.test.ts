/** The worked example of docs/movements.md from Stripe's stand-in to the ledger's, by real syncs. */
import { connectDb, type Db } from '../../src/store/db';
import { playWorkedExample, settingsOf } from '../support/books/worked-run';
import { testEnvironment } from '../support/environment';
import { startWorld } from '../support/worlds/driver-world';
import { CUT_OVER } from '../support/worlds/worked-story';

let db: Db;
beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());

test.each(['core', 'cloud'])(
  '39 balance transactions and their pay-ins become the 67 postings of the example, step by step (%s)',
  async (kind) => {
    const names = { suffix: '' };
    const settings = { ...settingsOf(names), BLNK_KIND: kind };
    const world = await startWorld(db, { startAt: CUT_OVER, settings });
    try {
      await playWorkedExample(world, names);
      expect(world.blnk.ledger.rows).toHaveLength(67);
      const [before] = [world.blnk.ledger.rows.length];
      await world.driver.sync();
      expect(world.blnk.ledger.rows).toHaveLength(before);
    } finally {
      await world.close();
    }
  },
);

test('an instance that begins by itself ends with the same postings', async () => {
  const names = { suffix: '' };
  const settings = { ...settingsOf(names), MOVEMENTS: 'on' };
  const world = await startWorld(db, { startAt: CUT_OVER, settings });
  try {
    await playWorkedExample(world, names, true);
    expect(world.blnk.ledger.rows).toHaveLength(67);
    const opened = world.blnk.ledger.rows.filter(({ reference }) =>
      reference.startsWith('opening.'),
    );
    expect(opened).toHaveLength(2);
  } finally {
    await world.close();
  }
});
