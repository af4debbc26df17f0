/**
 * A database in which an earlier version has left its first sync open, between the same Stripe and the same
 * ledger: it migrates, and the next sync goes on, with nothing lost and nothing twice.
 */
import { copyFileSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClock } from '../../sandbox/clock';
import { checkSchema, migrate } from '../../src/store/migrate';
import { findOpenSync, findSync } from '../../src/store/syncs';
import { expectEqual } from '../support/books/expect-equal';
import { startHarness, type Harness } from '../support/worlds/harness';
import { restoreOpenSync } from '../support/databases/kept-database';
import { openSyncs, type OpenSync } from '../support/databases/kept-versions';
import { startOwnDatabase, type OwnDatabase } from '../support/databases/own-database';

const syncs = openSyncs();

it('knows what the last versions have left open', () => {
  expect(syncs.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['47593cf', '8f79a17', '7cbf2f9', '6999427']),
  );
});

describe.each(syncs)('the first sync that $name has left open', (left) => {
  let database: OwnDatabase;
  let harness: Harness;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'bss-upgrade-'));
    database = await startOwnDatabase((url) => restoreOpenSync(url, left));
    await migrate(database.url);
    harness = await openHarness(left);
    await checkSchema(harness.db);
    // The same ledger, at the port that it has got this time.
    await harness.db.query('update sources set ledger_address = $1', [harness.blnk.url]);
  }, 120_000);
  afterAll(async () => {
    await harness.close();
    await database.stop();
    await rm(folder, { recursive: true });
  });

  /** Between stand-ins that know what those of that time knew, a minute later. */
  async function openHarness({ about, stripe, blnk }: OpenSync): Promise<Harness> {
    const journal = (from: string, name: string) => {
      copyFileSync(from, join(folder, name));
      return join(folder, name);
    };
    const clock = () => createClock({ startAt: about.at + 60 });
    return startHarness({
      instanceId: about.instanceId,
      servers: { databaseUrl: database.url },
      stripe: {
        ...{ seed: about.seed, account: about.account, clock: clock() },
        journal: journal(stripe, 'stripe.jsonl'),
      },
      blnk: { journal: journal(blnk, 'blnk.jsonl'), clock: clock() },
    });
  }

  it('is closed by the next sync, which brings the rest into the ledger, once', async () => {
    const { db, instanceId } = harness;
    const { payIns } = left.about;
    const open = await findOpenSync(db, instanceId);
    const held = harness.booked().length;
    expect(held).toBeGreaterThan(50);
    expect(held).toBeLessThan(payIns);

    const next = await harness.sync();
    expect(next).toMatchObject({ status: 'completed', recordsQuarantined: 0 });
    const closed = await findSync(db, open!.syncId);
    expect(closed).toMatchObject({ status: 'failed', error: 'OWNER_GONE' });
    // What was in the ledger is counted there or found there; the rest was posted now.
    expect(closed!.counts.posted + next.recordsAlreadyPosted).toBe(held);
    expect(next.recordsPosted).toBe(payIns - held);
    const references = harness.booked().map(({ reference }) => reference);
    expect(new Set(references).size).toBe(payIns);
    expect(references).toHaveLength(payIns);
    expectEqual(harness);
  });

  it('is complete then: another sync finds nothing more, and gets what is paid since', async () => {
    expect(await harness.sync()).toMatchObject({ status: 'completed', recordsPosted: 0 });
    await harness.stripe.world.pay();
    expect(await harness.sync()).toMatchObject({ status: 'completed', recordsPosted: 1 });
    expectEqual(harness);
  });
});
