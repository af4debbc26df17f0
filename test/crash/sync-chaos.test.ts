/** Everything goes wrong at random on both sides while payments come in: in the end the books are right. */
import type { FaultRule } from '../../src/sandbox/faults';
import { startHarness, type SyncOutcome } from '../support/harness';

const COUNT = 400;
const LATE = 40;

const FAULTS: FaultRule['fault'][] = [
  { kind: 'status', status: 500, json: { error: { type: 'api_error' } } },
  { kind: 'html', status: 502 },
  { kind: 'empty' },
  { kind: 'truncated' },
  { kind: 'reset' },
  { kind: 'hang' },
];

it('each pay-in is booked once and counted once over all runs, whatever fails', async () => {
  const harness = await startHarness({
    limits: { timeoutMs: 300 },
    patience: { silenceMs: 4_000, roundWaitsMs: [20, 40, 80] },
  });
  try {
    const { stripe, blnk } = harness;
    for (let index = 0; index < COUNT; index += 1) {
      await stripe.world.pay({ amount: 1_000 + index, customer: `cus_${index % 9}` });
    }
    for (const fault of FAULTS) {
      stripe.faults.add({ fault, rate: 0.03 });
      blnk.faults.add({ fault, rate: 0.02 });
      // Booked, but nobody is told.
      blnk.faults.add({ fault, rate: 0.02, when: 'after' });
    }
    const syncs: SyncOutcome[] = [];
    let late = 0;
    const trickle = setInterval(() => {
      if (late < LATE) void stripe.world.pay({ amount: 7_000 + late++ });
    }, 20);
    while (syncs.length < 3) syncs.push(await harness.sync());
    clearInterval(trickle);
    stripe.faults.clear();
    blnk.faults.clear();
    while (late < LATE) await stripe.world.pay({ amount: 7_000 + late++ });
    await harness.db.query(
      `update pay_ins set retry_at = now() where instance_id = $1 and state = 'quarantined'`,
      [harness.instanceId],
    );
    syncs.push(await harness.sync());
    expect(syncs.at(-1)).toMatchObject({ status: 'completed', recordsQuarantined: 0 });

    const totals = harness.totals();
    expect(totals.stripe.count).toBe(COUNT + LATE);
    expect(totals.blnk).toEqual(totals.stripe);
    const references = harness.booked().map(({ reference }) => reference);
    expect(new Set(references).size).toBe(COUNT + LATE);

    const booked = syncs.map((sync) => sync.recordsPosted + sync.recordsAlreadyPosted);
    expect(booked.reduce((sum, count) => sum + count, 0)).toBe(COUNT + LATE);
    for (const { recordsFound, ...sync } of syncs) {
      const { recordsPosted, recordsAlreadyPosted, recordsQuarantined, recordsBeforeSince } = sync;
      const outcomes = [
        recordsPosted,
        recordsAlreadyPosted,
        recordsQuarantined,
        recordsBeforeSince,
      ];
      expect(outcomes.reduce((sum, count) => sum + count, 0)).toBe(recordsFound);
    }
    expect(await harness.sync()).toMatchObject({ status: 'completed', recordsFound: 0 });
  } finally {
    await harness.close();
  }
}, 60_000);
