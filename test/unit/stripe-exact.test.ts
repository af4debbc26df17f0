/** Amounts that JSON.parse would round come through it as they are. */
import fc from 'fast-check';
import { isLong, keepExact, minor, total } from '../../src/stripe/exact';

const read = (text: string): unknown => JSON.parse(keepExact(text));

test.each([
  ['{"amount":9007199254740993}', { amount: '9007199254740993' }],
  ['{"net": -90071992547409930 , "fee":12}', { net: '-90071992547409930', fee: 12 }],
  ['[{"amount_captured":9007199254740993\n}]', [{ amount_captured: '9007199254740993' }]],
])('%s', (text, value) => {
  expect(read(text)).toEqual(value);
});

test.each([
  '{"amount":123456789012345}',
  '{"amount":9007199254740993.0}',
  '{"amount":9007199254740993e2}',
  '{"id":9007199254740993}',
  '{"amount_received":9007199254740993}',
  '{"text":"\\"amount\\":9007199254740993,"}',
  '["amount",9007199254740993]',
  `{"amount":${'9'.repeat(41)}}`,
])('%s is left as it is', (text) => {
  expect(keepExact(text)).toBe(text);
});

test('any amount is read exactly, in any text around it', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(10n ** 39n), max: 10n ** 39n }),
      fc.string(),
      fc.string(),
      (amount, before, after) => {
        const text = `${JSON.stringify({ before, after }).slice(0, -1)},"amount":${amount},"end":1}`;
        const value = read(text) as { amount: unknown };
        expect(value).toMatchObject({ before, after, end: 1 });
        expect(total.parse(value.amount)).toBe(amount);
        const isKept = amount > -(10n ** 18n) && amount < 10n ** 18n;
        expect(minor.safeParse(value.amount)).toMatchObject(
          isKept ? { success: true, data: amount } : { success: false },
        );
      },
    ),
  );
});

test('a number that is no integer, or was rounded, is refused', () => {
  for (const value of [0.5, 2 ** 53, 1e300, '12', '12.50', '9'.repeat(41), null, true]) {
    expect(minor.safeParse(value).success).toBe(false);
    expect(total.safeParse(value).success).toBe(false);
    expect(isLong(value)).toBe(false);
  }
});
