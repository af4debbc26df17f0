/**
 * A database in which an earlier version has left its first sync open, between the same Stripe and the same
 * ledger: it migrates, and the next sync goes on, with nothing lost and nothing twice.
 */
import { copyFileSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClock } from '../../../sandbox/clock';
import { checkSchema, migrate } from '../../../src/store/migrate';
import { latestProof } from '../../../src/store/proofs';
import { findOpenSync, findSync } from '../../../src/store/syncs';
import { expectEqual } from '../books/expect-equal';
import { startHarness, type Harness } from './harness';
import { restoreOpenSync } from '../databases/kept-database';
import type { OpenSync } from '../databases/kept-versions';
import { startOwnDatabase, type OwnDatabase } from '../databases/own-database';

/** The tests of one of them, in a `describe` of its own. */
export function isTakenUp(left: OpenSync): void {
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

  const carriesMovements = left.about.settings['MOVEMENTS'] === 'on';

  /** Postings by what they are of: a leg says under which of its payment, row or object it is booked. */
  function inLedger(): { held: number; legs: number } {
    const references = harness.booked().map(({ reference }) => reference);
    const held = references.filter((reference) => /^pi_[^.]*$/.test(reference)).length;
    return { held, legs: references.length - held };
  }

  /** Between stand-ins that know what those of that time knew, a minute later. */
  async function openHarness({ about, stripe, blnk }: OpenSync): Promise<Harness> {
    const journal = (from: string, name: string) => {
      copyFileSync(from, join(folder, name));
      return join(folder, name);
    };
    const clock = () => createClock({ startAt: about.at + 60 });
    return startHarness({
      instanceId: about.instanceId,
      // As a user has it who says nothing: what exists goes on as it is.
      settings: { MOVEMENTS: 'on', ...about.settings },
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
    const { held, legs } = inLedger();
    expect(held + legs).toBeGreaterThan(50);
    expect(held + legs).toBeLessThan(payIns + (carriesMovements ? payIns : 0));

    const next = await harness.sync();
    expect(next).toMatchObject({ status: 'completed', recordsQuarantined: 0 });
    const closed = await findSync(db, open!.syncId);
    expect(closed).toMatchObject({ status: 'failed', error: 'OWNER_GONE' });
    // What was in the ledger is counted there or found there; the rest was posted now.
    expect(closed!.counts.posted + next.recordsAlreadyPosted).toBe(held);
    expect(next.recordsPosted).toBe(payIns - held);
    expect(new Set(harness.booked().map(({ reference }) => reference)).size).toBe(
      harness.booked().length,
    );
    // Each of its payments has a fee, and nothing else has moved Stripe's balance.
    expect(inLedger()).toEqual({ held: payIns, legs: carriesMovements ? payIns : 0 });
    // Of one whose movements are carried over the proof says so.
    if (!carriesMovements) expectEqual(harness);
  });

  it('is complete then: another sync finds nothing more, and gets what is paid since', async () => {
    expect(await harness.sync()).toMatchObject({ status: 'completed', recordsPosted: 0 });
    await harness.stripe.world.pay();
    expect(await harness.sync()).toMatchObject({ status: 'completed', recordsPosted: 1 });
    if (!carriesMovements) {
      expectEqual(harness);
      return;
    }
    harness.stripe.clock.advance(3_600);
    expect((await harness.sync()).status).toBe('completed');
    const stored = await latestProof(harness.db, harness.instanceId);
    expect(stored?.proof.state).toBe('proven');
  });
}
