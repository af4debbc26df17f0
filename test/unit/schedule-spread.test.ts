import { spread } from '../../src/temporal/schedule-spread';

const ids = Array.from({ length: 1_000 }, (_, n) => `inst_${n}`);

/** Second of the interval at which it begins. */
function phaseOf(cron: string): number {
  const [, seconds, minutes] = /^(\d+) (\d+)-59\//.exec(cron) ?? [];
  return Number(minutes) * 60 + Number(seconds);
}

it('a thousand instances begin all over their interval, and never many in one second', () => {
  const phases = ids.map((id) => phaseOf(spread(id, '*/15 * * * *').cron));
  expect(Math.min(...phases)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...phases)).toBeLessThan(900);
  const inMinute = Array.from({ length: 15 }, (_, minute) =>
    phases.filter((phase) => Math.floor(phase / 60) === minute),
  );
  for (const minute of inMinute) expect(minute.length).toBeGreaterThan(40);
  for (const phase of new Set(phases)) {
    expect(phases.filter((one) => one === phase).length).toBeLessThan(10);
  }
});

it.each([
  ['*/15 * * * *', '1 14-59/15 * * * * *'],
  ['*/5 8-18 * * 1-5', '1 4-59/5 8-18 * * 1-5 *'],
  ['* * * * *', '1 0-59/1 * * * * *'],
])('the phase of an instance is always the same: %s', (cron, spec) => {
  expect(spread('inst_main', cron)).toEqual({ cron: spec, jitter: '0s' });
});

it.each(['0 3 * * *', '0,30 * * * *', '5-59/15 * * * *', '@hourly', '*/61 * * * *', ''])(
  'what a person has written as a time stays in its minute: %s',
  (cron) => expect(spread('inst_main', cron)).toEqual({ cron, jitter: '59s' }),
);
