import { moneyChart } from '../../src/portal/chart';
import { renderFragment } from '../../src/portal/html';
import type { MoneyOfDay } from '../../src/store/pay-in-totals';

const DAYS = ['2026-11-01', '2026-11-02', '2026-11-03'];
const row = (day: string, inLedger: bigint, setAside = 0n): MoneyOfDay => ({
  ...{ day, currency: 'USD', inLedger, setAside },
  countInLedger: 1,
  countSetAside: setAside === 0n ? 0 : 1,
});
const draw = (rows: readonly MoneyOfDay[]) => renderFragment(moneyChart('USD', rows, DAYS));
const heights = (markup: string, kind: string) =>
  [...markup.matchAll(new RegExp(`class="${kind}"[^>]*height="([\\d.]+)"`, 'g'))].map(([, text]) =>
    Number(text),
  );

test('bars stand in the proportion of the money, also where it passes 2^53', () => {
  const small = heights(draw([row(DAYS[0]!, 100_00n), row(DAYS[2]!, 50_00n)]), 'ledger');
  expect(small[0]! / small[1]!).toBeCloseTo(2, 1);
  const great = 10n ** 20n;
  const large = heights(draw([row(DAYS[0]!, great), row(DAYS[2]!, great / 2n)]), 'ledger');
  expect(large).toEqual(small);
});

test('what is set aside is drawn apart and summed apart', () => {
  const markup = draw([row(DAYS[1]!, 90_00n, 10_00n)]);
  expect(heights(markup, 'aside')).toHaveLength(1);
  expect(markup).toMatch(/1 pay-in set\s+aside/);
  expect(markup).toContain('set aside 10.00, 1 pay-in');
  expect(markup).toContain('90.00 USD in the ledger from 2026-11-01 to 2026-11-03, in 1 pay-in');
});

test('every number of the picture is in the table too', () => {
  const markup = draw([row(DAYS[0]!, 1_234_56n), row(DAYS[1]!, 7_00n, 3n)]);
  const table = markup.slice(markup.indexOf('<tbody>'));
  for (const text of ['2026-11-01', '1,234.56', '2026-11-02', '7.00', '0.03']) {
    expect(table).toContain(text);
  }
});

test('a day of nothing but an amount below zero is drawn as nothing', () => {
  expect(heights(draw([row(DAYS[0]!, 0n, -15_00n)]), 'aside')).toEqual([]);
});
