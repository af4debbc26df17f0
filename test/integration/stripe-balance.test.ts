/** Stripe's balance and all that moved it, as it is read of the stand-in: a month of everything, to the cent. */
import { createStripeReader, type StripeReader } from '../../src/stripe/client';
import { heldIn, totalOf } from '../../src/domain/proof/balance-reading';
import {
  isOfPayments,
  type BalanceTransaction,
} from '../../src/domain/movements/balance-transaction';
import { NO_BUDGET } from '../../src/domain/read-budget';
import { MOVEMENT_RIGHTS, type MovementRight } from '../../src/domain/movements/stripe-rights';
import { runProbes } from '../../src/checks/probe';
import { stripePermissionProbes } from '../../src/checks/stripe-permissions';
import { Secret } from '../../src/secret';
import { SANDBOX_STRIPE_KEY } from '../../sandbox/stripe/keys';
import type { StripeStandIn } from '../../sandbox/stripe/start';
import { clock, DAY, start } from '../support/worlds/stripe-bench';

const never = new AbortController().signal;
const ALL = { from: null, to: null };

function readerOf(standIn: { url: string }, key = SANDBOX_STRIPE_KEY): StripeReader {
  const config = { secretKey: new Secret(key), apiBase: new URL(standIn.url), livemode: false };
  return createStripeReader(config, NO_BUDGET, { confirmAfterMs: 1 });
}

/** A key with these rights alone. */
function keyWith(permissions: readonly string[]) {
  return { key: 'rk_test_restricted', livemode: false, permissions };
}

async function readAll(reader: StripeReader) {
  const rows: BalanceTransaction[] = [];
  const missing = new Set<string>();
  let cursor: string | null = null;
  let pages = 0;
  do {
    const page = await reader.listTransactions(ALL, cursor, never);
    rows.push(...page.rows);
    page.missing.forEach((right) => missing.add(right));
    cursor = page.nextCursor;
    pages += 1;
  } while (cursor !== null);
  return { rows, pages, missing: [...missing] };
}

/** What rows with such a source come to, each once. */
const formsOf = (rows: readonly BalanceTransaction[]) =>
  [...new Set(rows.map(({ source }) => source.object))].sort();

it('reads the month without a fault, and what its rows add up to is the balance', async () => {
  const standIn = await start({ scenario: 'month' });
  const reader = readerOf(standIn);
  const { rows, pages, missing } = await readAll(reader);
  expect(rows.filter(({ fault }) => fault !== null)).toEqual([]);
  expect(missing).toEqual([]);
  expect(rows.length).toBeGreaterThan(200);
  expect(pages).toBe(Math.ceil(rows.length / 100));
  expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
  expect(formsOf(rows)).toEqual(['charge', 'dispute', 'other', 'payout', 'refund']);

  const reading = await reader.readBalance(never);
  expect(reading.at).toBe(clock.nowSeconds());
  const currencies = [...new Set(rows.map(({ currency }) => currency ?? ''))];
  expect(currencies.length).toBeGreaterThan(1);
  for (const currency of currencies) {
    const own = rows.filter((one) => one.currency === currency && isOfPayments(one));
    const net = own.reduce((sum, one) => sum + (one.net ?? 0n), 0n);
    expect([currency, net]).toEqual([currency, totalOf(heldIn(reading, currency.toUpperCase()))]);
  }
});

it('reads every charge, refund and dispute of the month with its payment', async () => {
  const { rows } = await readAll(readerOf(await start({ scenario: 'month' })));
  const own = rows.flatMap(({ source }) =>
    source.object === 'charge' || source.object === 'refund' || source.object === 'dispute'
      ? [source]
      : [],
  );
  expect(own.length).toBeGreaterThan(100);
  for (const source of own) {
    expect(source.paymentIntentId).toMatch(/^pi_/);
    expect(source.currency).toMatch(/^[a-z]{3}$/);
  }
});

it('reads one of them by its id as in the list, and a dispute with its end', async () => {
  const reader = readerOf(await start({ scenario: 'month' }));
  const { rows } = await readAll(reader);
  const some = formsOf(rows).map((form) => rows.find(({ source }) => source.object === form)!);
  for (const row of some) expect(await reader.readTransaction(row.id, never)).toEqual(row);
  const ids = rows.flatMap(({ source }) => (source.object === 'dispute' ? [source.id] : []));
  const disputes = await Promise.all(ids.map((id) => reader.readDispute(id, never)));
  expect(new Set(disputes.map((one) => one?.isFinal))).toEqual(new Set([true, false]));
  expect(await reader.readDispute('du_none', never)).toBeUndefined();
});

it('reads a reversal with the account of its transfer', async () => {
  const standIn = await start();
  const { money } = standIn.world;
  const made = await money.transfer({ amount: 4_000, destination: 'acct_Connected1' });
  await money.reverseTransfer({ transfer: made.id, amount: 1_000 });
  clock.advance(DAY);
  const { rows } = await readAll(readerOf(standIn));
  expect(rows.map(({ amount, source }) => [amount, source])).toEqual([
    [
      1_000n,
      {
        ...{ object: 'transfer', id: made.id, destination: 'acct_Connected1' },
        reversalId: expect.stringMatching(/^trr_/) as string,
      },
    ],
    [
      -4_000n,
      { object: 'transfer', id: made.id, reversalId: null, destination: 'acct_Connected1' },
    ],
  ]);
});

it.each(Object.keys(MOVEMENT_RIGHTS).filter((right) => right !== 'rak_balance_read'))(
  'reads every row of a key that lacks %s, with all that its other rights open',
  async (right) => {
    const standIn = await start({ scenario: 'month' });
    await addRarities(standIn);
    const whole = await readAll(readerOf(standIn));
    const others = Object.keys(MOVEMENT_RIGHTS).filter((one) => one !== right);
    standIn.addKey(keyWith(others));
    const { rows, missing } = await readAll(readerOf(standIn, 'rk_test_restricted'));
    // The right to read sources has these two in it.
    const isImplied = /transfer|application_fee/.test(right);
    expect(missing).toEqual(isImplied ? [] : [right]);
    const { opens } = MOVEMENT_RIGHTS[right as MovementRight];
    const isOpened = ({ source }: BalanceTransaction) =>
      opens.length === 0 || opens.some((prefix) => source.id?.startsWith(`${prefix}_`));
    expect(rows.map(withoutSource)).toEqual(whole.rows.map(withoutSource));
    rows.forEach((row, at) => {
      if (!isOpened(row)) expect(row).toEqual(whole.rows[at]);
      expect(row.source.id).toBe(whole.rows[at]?.source.id);
    });
  },
);

/** What the month has none of. */
async function addRarities({ world: { money } }: StripeStandIn): Promise<void> {
  await money.topup({ amount: 9_000 });
  await money.transfer({ amount: 4_000, destination: 'acct_Connected1' });
}

const withoutSource = (row: BalanceTransaction) => ({ ...row, source: null });

describe('check', () => {
  it('names each right that a key lacks, with the form for a key that has them all', async () => {
    const pay_ins = ['rak_payment_intent_read', 'rak_event_read'];
    const standIn = await start();
    for (const right of Object.keys(MOVEMENT_RIGHTS)) {
      const others = Object.keys(MOVEMENT_RIGHTS).filter((one) => one !== right);
      // This one has three of the others in it.
      const implied = others.filter((one) => one !== 'rak_balance_transaction_source_read');
      standIn.addKey(keyWith([...pay_ins, ...implied]));
      const reader = readerOf(standIn, 'rk_test_restricted');
      const results = await runProbes(stripePermissionProbes(reader, false, true));
      const named = results.filter(({ next }) => next !== undefined);
      const sources = 'rak_balance_transaction_source_read';
      expect(named.map(({ detail, ok }) => [ok, /rak_\w+/.exec(detail)?.[0]]).sort()).toEqual(
        [...new Set([sources, right])]
          .map((one) => [!MOVEMENT_RIGHTS[one as MovementRight].isNeeded, one])
          .sort(),
      );
      for (const { detail, next } of named) {
        const [lacked = ''] = /rak_\w+/.exec(detail) ?? [];
        expect(detail).toContain(MOVEMENT_RIGHTS[lacked as MovementRight].purpose);
        expect(next).toContain('https://dashboard.stripe.com/test/apikeys/create?name=');
        expect(next).toContain(`permissions%5B%5D=${lacked}`);
      }
    }
  });

  it('does not take the right to what the newest movement is of for the right to movements', async () => {
    const standIn = await start();
    const { charge } = await standIn.world.pay({ amount: 5_000 });
    await standIn.world.money.dispute({ payment: charge!.id });
    const others = Object.keys(MOVEMENT_RIGHTS).filter((one) => one !== 'rak_dispute_read');
    standIn.addKey(keyWith(['rak_payment_intent_read', 'rak_event_read', ...others]));
    const reader = readerOf(standIn, 'rk_test_restricted');
    const results = await runProbes(stripePermissionProbes(reader, false, true));
    expect(results.flatMap(({ name, ok }) => (ok ? [] : [name]))).toEqual(['Stripe disputes']);
  });

  it('asks for none of them where pay-ins alone are synced', async () => {
    const standIn = await start();
    standIn.addKey(keyWith(['rak_payment_intent_read', 'rak_event_read']));
    const reader = readerOf(standIn, 'rk_test_restricted');
    const results = await runProbes(stripePermissionProbes(reader, false));
    expect(results.map(({ name, ok }) => [name, ok])).toEqual([
      ['Stripe payments', true],
      ['Stripe events', true],
    ]);
  });

  it('finds nothing lacking of a key that may do all', async () => {
    const reader = readerOf(await start({ scenario: 'month' }));
    const results = await runProbes(stripePermissionProbes(reader, true, true));
    expect(results.filter(({ ok }) => !ok)).toEqual([]);
    expect(results).toHaveLength(3 + Object.keys(MOVEMENT_RIGHTS).length);
  });
});
