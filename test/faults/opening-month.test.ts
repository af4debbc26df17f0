/**
 * A month of everything that moves Stripe's balance, opened in its middle, by a person or by itself: from then on both
 * sides hold the same.
 */
import { createClock, type Clock } from '../../sandbox/clock';
import { heldIn, totalOf } from '../../src/domain/proof/balance-reading';
import { openMovements } from '../../src/engine/opening/opening';
import { planOpening } from '../../src/engine/opening/opening-plan';
import { latestProof } from '../../src/store/proofs';
import { startHarness, type Harness } from '../support/worlds/harness';

const never = new AbortController().signal;
const CURRENCIES = ['EUR', 'GBP', 'USD'];

const DAY = 86_400;

/** Noon: at each midnight, payouts of the day before are long gone, and money has come in since. */
const noon = () => createClock({ startAt: Math.floor(Date.now() / 1000 / DAY) * DAY + DAY / 2 });

/** One month, whose days all have money of several currencies. */
const seed = 'opening-month';

/** Which day it was so many days ago. */
function dayOf(clock: Clock, ago: number): string {
  return new Date((clock.nowSeconds() - ago * DAY) * 1000).toISOString().slice(0, 10);
}

async function expectSame(harness: Harness): Promise<void> {
  const ends = await harness.deps.connect(harness.instanceId);
  const reading = await ends.stripe.readBalance(never);
  const balances = await ends.ledger.turnoversOf(['@stripe'], never);
  const inLedger = (currency: string) => {
    const found = balances.find((one) => one.currency === currency);
    return found ? found.debits - found.credits : 0n;
  };
  expect(CURRENCIES.map((one) => [one, inLedger(one)])).toEqual(
    CURRENCIES.map((one) => [one, totalOf(heldIn(reading, one))]),
  );
}

test('opened on a later day than SYNC_SINCE, the ledger holds what Stripe holds after the next sync', async () => {
  const clock = noon();
  const settings = { SYNC_SINCE: dayOf(clock, 20) };
  const harness = await startHarness({ scenario: 'month', settings, stripe: { clock, seed } });
  try {
    expect(await harness.sync()).toMatchObject({ status: 'completed', recordsQuarantined: 0 });
    const ends = await harness.deps.connect(harness.instanceId);
    const pause = (seconds: number) => {
      clock.advance(seconds);
      return Promise.resolve();
    };
    const parts = { db: harness.db, ends, show: () => undefined, pause };
    const since = Date.parse(`${dayOf(clock, 11)}T00:00:00Z`) / 1000;
    const plan = await planOpening(parts, { since, absorb: false });
    expect(plan.legs.length).toBeGreaterThan(1);
    await openMovements(harness.db, plan, 'test');
    expect(await harness.sync()).toMatchObject({ status: 'completed', recordsFound: 0 });
    await expectSame(harness);
  } finally {
    await harness.close();
  }
});

test('begun by itself, it does with the second sync, by readings of both ends of the first', async () => {
  const clock = noon();
  const settings = { SYNC_SINCE: dayOf(clock, 11), MOVEMENTS: 'on' };
  const harness = await startHarness({ scenario: 'month', settings, stripe: { clock, seed } });
  const stateOf = async () => (await latestProof(harness.db, harness.instanceId))?.proof.state;
  try {
    expect(await harness.sync()).toMatchObject({ status: 'completed', recordsQuarantined: 0 });
    expect(await stateOf()).toBe('waiting');
    clock.advance(15 * 60);
    expect(await harness.sync()).toMatchObject({ status: 'completed', recordsFound: 0 });
    const opened = harness.booked().filter(({ reference }) => reference.startsWith('opening.'));
    expect(opened.length).toBeGreaterThan(1);
    await expectSame(harness);
    expect(['proven', 'explained']).toContain(await stateOf());
  } finally {
    await harness.close();
  }
});
