/** A month of everything that moves Stripe's balance, opened in its middle: from then on both sides hold the same. */
import { createClock } from '../../sandbox/clock';
import { heldIn, totalOf } from '../../src/domain/balance-reading';
import { openMovements } from '../../src/engine/opening';
import { planOpening } from '../../src/engine/opening-plan';
import { startHarness } from '../support/worlds/harness';

const never = new AbortController().signal;
const CURRENCIES = ['EUR', 'GBP', 'USD'];

test('opened on a later day than SYNC_SINCE, the ledger holds what Stripe holds after the next sync', async () => {
  const clock = createClock();
  const day = (ago: number) =>
    new Date((clock.nowSeconds() - ago * 86_400) * 1000).toISOString().slice(0, 10);
  const settings = { SYNC_SINCE: day(20) };
  const harness = await startHarness({ scenario: 'month', settings, stripe: { clock } });
  try {
    expect(await harness.sync()).toMatchObject({ status: 'completed', recordsQuarantined: 0 });
    const ends = await harness.deps.connect(harness.instanceId);
    const pause = (seconds: number) => {
      clock.advance(seconds);
      return Promise.resolve();
    };
    const parts = { db: harness.db, ends, show: () => undefined, pause };
    const since = Date.parse(`${day(11)}T00:00:00Z`) / 1000;
    const plan = await planOpening(parts, { since, absorb: false });
    expect(plan.legs.length).toBeGreaterThan(1);
    await openMovements(harness.db, plan, 'test');
    expect(await harness.sync()).toMatchObject({ status: 'completed', recordsFound: 0 });
    const reading = await ends.stripe.readBalance(never);
    const balances = await ends.ledger.turnoversOf(['@stripe'], never);
    const inLedger = (currency: string) => {
      const found = balances.find((one) => one.currency === currency);
      return found ? found.debits - found.credits : 0n;
    };
    expect(CURRENCIES.map((one) => [one, inLedger(one)])).toEqual(
      CURRENCIES.map((one) => [one, totalOf(heldIn(reading, one))]),
    );
  } finally {
    await harness.close();
  }
});
