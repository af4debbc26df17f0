/**
 * A ledger that was filled by a version which carried over pay-ins alone: movements are enabled there, nothing of what
 * was posted changes, with its whole history nothing is opened, and the next sync proves it.
 */
import { copyFileSync } from 'node:fs';
import { createClock } from '../../sandbox/clock';
import { openMovements } from '../../src/engine/opening/opening';
import { planOpening } from '../../src/engine/opening/opening-plan';
import { latestProof } from '../../src/store/proofs';
import { migrate } from '../../src/store/migrate';
import { restoreOpenSync } from '../support/databases/kept-database';
import { openSyncs } from '../support/databases/kept-versions';
import { startOwnDatabase } from '../support/databases/own-database';
import { scratchFolder } from '../support/processes/local-support';
import { startHarness } from '../support/worlds/harness';

/** The last version without movements. */
const [left] = openSyncs().filter(({ name }) => name === '6999427');

test('a ledger filled before there were movements is proven, and each posting in it stays as it was', async () => {
  const { about, stripe, blnk } = left!;
  const { instanceId, seed, account, at } = about;
  const scratch = scratchFolder();
  const journal = (from: string, name: string) => {
    copyFileSync(from, scratch.file(name));
    return scratch.file(name);
  };
  const database = await startOwnDatabase((url) => restoreOpenSync(url, left!));
  await migrate(database.url);
  const clock = createClock({ startAt: at + 60 });
  const harness = await startHarness({
    ...{ instanceId, servers: { databaseUrl: database.url } },
    stripe: { seed, account, clock, journal: journal(stripe, 'stripe.jsonl') },
    blnk: { journal: journal(blnk, 'blnk.jsonl'), clock },
  });
  try {
    const { db } = harness;
    await db.query('update sources set ledger_address = $1', [harness.blnk.url]);
    expect(await harness.sync()).toMatchObject({ status: 'completed', recordsQuarantined: 0 });
    const before = harness.booked();
    expect(before).toHaveLength(about.payIns);

    const { money } = harness.stripe.world;
    await money.refund({ payment: before[0]!.reference, amount: 10 });
    clock.advance(3_600);
    const pause = (seconds: number) => {
      clock.advance(seconds);
      return Promise.resolve();
    };
    const ends = await harness.deps.connect(instanceId);
    const plan = await planOpening(
      { db, ends, show: () => undefined, pause },
      { since: undefined, absorb: false },
    );
    expect(plan).toMatchObject({ cutOver: null, legs: [] });
    expect(plan.openings.map(({ amount }) => amount).filter((amount) => amount !== 0n)).toEqual([]);
    await openMovements(db, plan, 'a test');
    clock.advance(60);
    expect(await harness.sync()).toMatchObject({ status: 'completed', recordsPosted: 0 });

    const after = harness.booked();
    expect(after.slice(0, before.length)).toEqual(before);
    // Each has its fee, and one was refunded.
    expect(after.length).toBeGreaterThan(2 * before.length);
    const proof = await latestProof(db, instanceId);
    expect(proof?.proof.state).toBe('proven');
    for (const { unexplained } of proof?.proof.currencies ?? []) expect(unexplained).toBe(0n);
  } finally {
    await harness.close();
    await database.stop();
    scratch.remove();
  }
});
