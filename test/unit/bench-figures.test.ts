import { figure, isMet, toJsonLine, toTable } from '../../bench/figures';

const met = figure('ledger.share', 0.951_234, ['>=', 0.95], 'in turns');
const missed = figure('cost.actions', 46, ['<=', 45], 'for each 1,000');
const reported = figure('tenants.p50_s', 1_234_567, null, 'from start to end');

test('a goal is met at its edge, and there is no verdict without one', () => {
  expect(isMet(met)).toBe(true);
  expect(isMet({ ...met, value: 0.95 })).toBe(true);
  expect(isMet({ ...met, value: 0.949_9 })).toBe(false);
  expect(isMet(missed)).toBe(false);
  expect(isMet({ ...missed, value: 45 })).toBe(true);
  expect(isMet(figure('million.lost', 0, ['=', 0], ''))).toBe(true);
  expect(isMet(figure('million.lost', 1, ['=', 0], ''))).toBe(false);
  expect(isMet(reported)).toBeNull();
});

test('a line of JSON has the five members and nothing else', () => {
  expect(JSON.parse(toJsonLine(met))).toEqual({
    name: 'ledger.share',
    value: 0.9512,
    goal: '>= 0.95',
    met: true,
    detail: 'in turns',
  });
  expect(JSON.parse(toJsonLine(reported))).toMatchObject({ goal: null, met: null });
  expect(toJsonLine(met)).not.toContain('\n');
});

test('the table lines up, and explains each figure below', () => {
  expect(toTable([met, missed, reported])).toBe(
    [
      'figure           value  goal     met',
      '-------------  -------  -------  ---',
      'ledger.share    0.9512  >= 0.95  yes',
      'cost.actions        46  <= 45    no',
      'tenants.p50_s  1234567  -        -',
      '',
      'ledger.share: in turns',
      'cost.actions: for each 1,000',
      'tenants.p50_s: from start to end',
    ].join('\n'),
  );
});

test('a value that only rounds up to its goal is shown with the goal missed', () => {
  expect(JSON.parse(toJsonLine({ ...met, value: 0.949_99 }))).toMatchObject({ met: false });
});
