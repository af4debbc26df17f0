/** The worked example of docs/movements.md, to the cent. */
import { tinyLedger } from '../support/books/tiny-ledger';
import { workedExample } from '../support/worlds/worked-example';

const STEPS = workedExample();

function ledgerOf(steps: typeof STEPS) {
  const ledger = tinyLedger();
  for (const { postings } of steps) for (const posting of postings) ledger.post(posting);
  return ledger;
}

test('39 balance transactions and the pay-ins become 67 postings', () => {
  expect(STEPS.flatMap(({ rows }) => rows)).toHaveLength(39);
  const postings = STEPS.flatMap((step) => step.postings);
  expect(postings).toHaveLength(67);
  expect(ledgerOf(STEPS).references()).toHaveLength(67);
});

test.each(STEPS.map((step, index) => [step.what, index] as const))(
  'after %s the ledger has what Stripe has, in every currency',
  (_what, index) => {
    const ledger = ledgerOf(STEPS.slice(0, index + 1));
    const { usd, gbp } = STEPS[index]!.stripe;
    expect(-ledger.balanceOf('@stripe', 'USD')).toBe(usd);
    expect(-ledger.balanceOf('@stripe', 'GBP')).toBe(gbp);
    expect(ledger.balanceOf('@stripe', 'EUR')).toBe(0n);
  },
);

test('what Stripe has changes by the nets of its rows', () => {
  let held = { usd: 125_000n, gbp: 30_000n };
  for (const { rows, stripe } of STEPS.slice(1)) {
    const counted = rows.filter(({ balanceType }) => balanceType === 'payments');
    for (const { currency, net } of counted) {
      const key = currency === 'gbp' ? 'gbp' : 'usd';
      held = { ...held, [key]: held[key] + net! };
    }
    expect(held).toEqual(stripe);
  }
});

test('the trial balance is that of the page, and comes to zero in each currency', () => {
  const ledger = ledgerOf(STEPS);
  const usd = {
    '@cus_A': 9_000n,
    '@cus_C': 12_000n,
    '@cus_D': 50_000n,
    '@cus_F': 9_000n,
    '@acct_X': -3_000n,
    '@stripe-application-fees': 200n,
    '@stripe-fees': -1_675n,
    '@stripe-fees-disputes': -3_000n,
    '@stripe-fees-network': -235n,
    '@stripe-fees-services': -2_000n,
    '@stripe-fees-tax': -140n,
    '@stripe-fx': -113n,
    '@stripe-opening': 117_100n,
    '@stripe-payouts': -197_139n,
    '@stripe-suspense': 2n,
    '@stripe-topups': 10_000n,
  };
  const gbp = {
    '@cus_A': 8_000n,
    '@stripe-fees': -140n,
    '@stripe-fees-disputes': -2_000n,
    '@stripe-opening': 30_000n,
    '@stripe-payouts': -35_860n,
  };
  expect(ledger.balancesIn('USD')).toEqual(usd);
  expect(ledger.balancesIn('GBP')).toEqual(gbp);
  expect(ledger.balancesIn('EUR')).toEqual({});
  for (const balances of [usd, gbp]) {
    expect(Object.values(balances).reduce((sum, balance) => sum + balance, 0n)).toBe(0n);
  }
});

test('between a pay-in and its row Stripe has less, by that pay-in', () => {
  const before = STEPS.slice(0, 2);
  const ledger = ledgerOf(before);
  ledger.post(STEPS[2]!.postings[0]!);
  expect(-ledger.balanceOf('@stripe', 'USD')).toBe(136_038n);
});
