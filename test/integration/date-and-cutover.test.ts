/** SYNC_SINCE and the day that a posting is dated; and which payments the cut-over can decide. */
import { createClock } from '../../sandbox/clock';
import { moneyByDay } from '../../src/store/pay-in-totals';
import { findPayIn } from '../../src/store/movements';
import { startHarness, type Harness } from '../support/worlds/harness';

const at = (time: string) => Date.parse(time) / 1000;

let harness: Harness;
afterEach(() => harness.close());

async function startAt(now: string, settings: Record<string, string>): Promise<void> {
  const clock = createClock({ startAt: at(now) });
  harness = await startHarness({ settings, stripe: { clock } });
}

const dates = () =>
  Object.fromEntries(
    harness.booked().map(({ reference, effective_date }) => [reference, effective_date]),
  );

const LATE = [
  ['pi_invoice', '2026-10-30T10:00:00Z', '2026-11-02T09:00:00Z'],
  ['pi_midnight', '2026-10-31T23:58:00Z', '2026-11-01T00:02:00Z'],
  ['pi_retried', '2026-10-10T00:00:00Z', '2026-11-20T00:00:00Z'],
  ['pi_net90', '2026-08-20T00:00:00Z', '2026-11-25T00:00:00Z'],
] as const;

async function payLate(): Promise<void> {
  for (const [id, created, paid] of LATE) {
    const times = { createdAt: at(created), succeededAt: at(paid) };
    await harness.stripe.world.pay({ id, amount: 5000, currency: 'eur', ...times });
  }
}

it('a payment that succeeds after the cut-over is dated by its success, not by its intent', async () => {
  await startAt('2026-11-28T00:00:00Z', { SYNC_SINCE: '2026-11-01' });
  await payLate();
  const created = at('2026-11-03T00:00:00Z');
  await harness.stripe.world.pay({
    ...{ id: 'pi_after', amount: 5000, currency: 'eur' },
    ...{ createdAt: created, succeededAt: created + 86_400 },
  });
  expect(await harness.sync()).toMatchObject({ status: 'completed', recordsPosted: 5 });
  expect(dates()).toEqual({
    pi_invoice: '2026-11-02T09:00:00Z',
    pi_midnight: '2026-11-01T00:02:00Z',
    pi_retried: '2026-11-20T00:00:00Z',
    pi_net90: '2026-11-25T00:00:00Z',
    pi_after: '2026-11-03T00:00:00Z',
  });
  const days = await moneyByDay(harness.db, harness.instanceId, '1970-01-01');
  expect(days.map(({ day }) => day)).toEqual([
    ...['2026-11-01', '2026-11-02', '2026-11-03', '2026-11-20', '2026-11-25'],
  ]);
});

it('without a cut-over every payment is dated by its intent', async () => {
  await startAt('2026-11-28T00:00:00Z', {});
  await payLate();
  expect(await harness.sync()).toMatchObject({ recordsPosted: 4 });
  expect(dates()).toEqual(Object.fromEntries(LATE.map(([id, created]) => [id, created])));
  const days = await moneyByDay(harness.db, harness.instanceId, '1970-01-01');
  expect(days.map(({ day }) => day)).toEqual([
    ...['2026-08-20', '2026-10-10', '2026-10-30', '2026-10-31'],
  ]);
});

const AT_ONCE = (
  'card link paypal klarna cashapp amazon_pay revolut_pay ideal bancontact eps p24 blik alipay ' +
  'wechat_pay pix swish twint interac_present'
).split(' ');
const DELAYED = (
  'us_bank_account sepa_debit bacs_debit au_becs_debit boleto konbini oxxo multibanco ' +
  'customer_balance tomorrows_money'
).split(' ');

it('methods that confirm at once are decided by their charge, months after the cut-over', async () => {
  await startAt('2026-11-28T00:00:00Z', { SYNC_SINCE: '2026-06-01' });
  const createdAt = at('2026-05-20T12:00:00Z');
  const { world } = harness.stripe;
  for (const paymentMethodType of [...AT_ONCE, ...DELAYED]) {
    const customer = `cus_${paymentMethodType}`;
    const id = `pi_${paymentMethodType}`;
    await world.pay({ id, customer, paymentMethodType, createdAt, succeededAt: createdAt + 5 });
  }
  await world.pay({
    ...{ id: 'pi_late', paymentMethodType: 'ideal', createdAt },
    succeededAt: at('2026-06-02T08:00:00Z'),
  });
  await world.pay({
    ...{ id: 'pi_manual', paymentMethodType: 'klarna', captureMethod: 'manual', createdAt },
    succeededAt: createdAt + 5,
  });
  expect(await harness.sync()).toMatchObject({
    status: 'completed_with_problems',
    recordsBeforeSince: AT_ONCE.length,
    recordsPosted: 1,
    reasons: { SUCCESS_TIME_UNKNOWN: DELAYED.length + 1 },
  });
  expect(dates()).toEqual({ pi_late: '2026-06-02T08:00:00Z' });
  for (const method of DELAYED) {
    expect(await findPayIn(harness.db, harness.instanceId, `pi_${method}`)).toMatchObject({
      reason: 'SUCCESS_TIME_UNKNOWN',
    });
  }
});
