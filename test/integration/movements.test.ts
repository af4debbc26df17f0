/** Everything that moves Stripe's balance, from its stand-in to the ledger's, over HTTP. */
import { createClock } from '../../sandbox/clock';
import { currenciesOf, heldIn, totalOf } from '../../src/domain/balance-reading';
import { openMovements } from '../../src/engine/opening';
import { planOpening } from '../../src/engine/opening-plan';
import { enableMovements } from '../../src/store/openings';
import { currentSource } from '../../src/store/sources';
import { startHarness, type Harness } from '../support/worlds/harness';

let harness: Harness;
afterEach(() => harness.close());

async function enable(cutOver: number | null = null): Promise<string> {
  const { db, instanceId } = harness;
  const { sourceId } = (await currentSource(db, instanceId))!;
  const enabling = { instanceId, sourceId, cutOver, by: 'test' };
  await db.transaction((tx) => enableMovements(tx, enabling, []));
  return sourceId;
}

/** Minor units by currency: what Stripe says that it holds, and what its balance in the ledger says. */
async function sides() {
  const { stripe, ledger } = await harness.deps.connect(harness.instanceId);
  const { signal } = new AbortController();
  const reading = await stripe.readBalance(signal);
  const turnovers = await ledger.turnoversOf(['@stripe'], signal);
  const held = currenciesOf(reading, []).map((code) => [code, totalOf(heldIn(reading, code))]);
  const booked = turnovers.map(({ currency, debits, credits }) => [currency, debits - credits]);
  return { stripe: Object.fromEntries(held), ledger: Object.fromEntries(booked) };
}

it('books a month of movements, after which the ledger holds what Stripe holds', async () => {
  harness = await startHarness({ scenario: 'month' });
  const first = await harness.sync();
  expect(first).toMatchObject({ status: 'completed', recordsQuarantined: 0 });
  await enable();
  expect(await harness.sync()).toMatchObject({ status: 'completed', recordsFound: 0 });
  const { stripe, ledger } = await sides();
  expect(ledger).toEqual({ ...stripe, EUR: 0n });
  const before = harness.booked().length;
  expect(before).toBeGreaterThan(400);
  await harness.sync();
  expect(harness.booked()).toHaveLength(before);
});

it.each([
  ['on the day of SYNC_SINCE', 20, 20],
  ['on a later day than SYNC_SINCE', 20, 11],
])('opened %s, the ledger holds what Stripe holds from then on', async (_, since, days) => {
  const clock = createClock();
  const day = (ago: number) => {
    const time = new Date((clock.nowSeconds() - ago * 86_400) * 1000);
    return time.toISOString().slice(0, 10);
  };
  harness = await startHarness({
    scenario: 'month',
    settings: since === null ? {} : { SYNC_SINCE: day(since) },
    stripe: { clock },
  });
  expect(await harness.sync()).toMatchObject({ status: 'completed', recordsQuarantined: 0 });
  const ends = await harness.deps.connect(harness.instanceId);
  const pause = (seconds: number) => {
    clock.advance(seconds);
    return Promise.resolve();
  };
  const asked = { since: Date.parse(day(days)) / 1000, absorb: false };
  const plan = await planOpening({ db: harness.db, ends, show: () => undefined, pause }, asked);
  await openMovements(harness.db, plan, 'test');
  expect(await harness.sync()).toMatchObject({ status: 'completed', recordsFound: 0 });
  const { stripe, ledger } = await sides();
  expect(ledger).toEqual({ ...stripe, EUR: 0n });
});
