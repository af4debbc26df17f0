import { addDecimalStrings, decimalsOf, formatAmount, precisionOf } from '../../src/domain/money';

// From Stripe's list of currencies, written out here once more: the code's own table proves nothing.
const ZERO = 'BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF'.split(' ');
const THREE = ['BHD', 'JOD', 'KWD', 'OMR', 'TND'];

test.each(ZERO)('%s has no decimals', (code) => {
  expect([decimalsOf(code), precisionOf(code)]).toEqual([0, 1]);
});

test.each(THREE)('%s has three decimals', (code) => {
  expect([decimalsOf(code), precisionOf(code)]).toEqual([3, 1000]);
});

// Those that ISO, Intl or Stripe's own older pages give another number for.
test.each(['ISK', 'UGX', 'HUF', 'TWD', 'IDR', 'COP', 'MRU', 'AFN', 'USD', 'EUR', 'GBP'])(
  '%s has two decimals on the wire of Stripe',
  (code) => {
    expect([decimalsOf(code), precisionOf(code)]).toEqual([2, 100]);
  },
);

test.each(['XTS', 'XXX', 'BTC', 'USDC', 'usd', '', 'US', 'toString', '__proto__'])(
  'the decimals of %p are unknown and never guessed',
  (code) => {
    expect([decimalsOf(code), precisionOf(code)]).toEqual([undefined, undefined]);
  },
);

test.each<[minor: bigint, currency: string, text: string]>([
  [0n, 'USD', '0.00'],
  [5n, 'USD', '0.05'],
  [123456n, 'USD', '1,234.56'],
  [-123456n, 'USD', '-1,234.56'],
  [-5n, 'EUR', '-0.05'],
  [999n, 'JPY', '999'],
  [1000n, 'JPY', '1,000'],
  [1234567n, 'JPY', '1,234,567'],
  [12340n, 'KWD', '12.340'],
  [7n, 'KWD', '0.007'],
  [1234567890n, 'KWD', '1,234,567.890'],
  // Past 2^53: a float would end in 992.
  [900719925474099300n, 'USD', '9,007,199,254,740,993.00'],
  // Unknown decimals: the minor units as they are.
  [1500n, 'XTS', '1,500'],
])('%d minor units of %s are shown as %s', (minor, currency, text) => {
  expect(formatAmount(minor, currency)).toBe(text);
});

test('sums stay exact past what a float holds', () => {
  expect(addDecimalStrings('9007199254740993', '9007199254740993')).toBe('18014398509481986');
  expect(addDecimalStrings('-1500', '500')).toBe('-1000');
});
