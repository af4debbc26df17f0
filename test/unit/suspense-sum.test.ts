import {
  describeSuspense,
  ofTheNewest,
  SUSPENSE_COUNTED,
  suspenseNumber,
  suspenseOf,
} from '../../src/domain/movements/suspense-sum';

const sums = (count: number) =>
  suspenseOf([
    { currency: 'EUR', count: 1, amount: -5n },
    { currency: 'USD', count: count - 1, amount: 7n },
  ]);

test('what stands in suspense is told with its money, by currency', () => {
  expect(describeSuspense(sums(2))).toBe('2: -0.05 EUR, 0.07 USD');
  expect([suspenseNumber(1), ofTheNewest(1)]).toEqual(['1 movement', '']);
  expect(describeSuspense(suspenseOf([]))).toBe('none');
});

test('money of the newest alone is not told as that of all', () => {
  expect(describeSuspense(sums(SUSPENSE_COUNTED - 1))).toBe('999: -0.05 EUR, 0.07 USD');
  expect(describeSuspense(sums(SUSPENSE_COUNTED))).toBe(
    '1,000 or more, of the newest 1,000: -0.05 EUR, 0.07 USD',
  );
  expect(suspenseNumber(SUSPENSE_COUNTED)).toBe('1,000 movements or more');
});
