/** The log as programs and as people read it: the same events and fields. */
import { createLogger } from '../../src/logger';

function linesOf(logFormat: 'json' | 'pretty'): string[] {
  const lines: string[] = [];
  const to = { write: (line: string) => void lines.push(line) };
  const log = createLogger({ logLevel: 'info', logFormat }, to);
  log.info({ syncId: 'sync_1', status: 'completed', found: 12 }, 'sync.finished');
  log.warn('worker.stopped');
  log.error({ said: 'a\nb \u001b[31m' }, 'odd');
  log.debug('hidden');
  return lines;
}

test('json is one object a line', () => {
  const [first, ...others] = linesOf('json').map((line) => JSON.parse(line) as object);
  expect(first).toMatchObject({ msg: 'sync.finished', syncId: 'sync_1', found: 12, level: 30 });
  expect(others).toHaveLength(2);
});

test('pretty is a line with time, level, event and fields, which nothing foreign can break', () => {
  const [first, second, third, ...more] = linesOf('pretty');
  expect(first).toMatch(
    /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2} info {2}sync\.finished {2}syncId sync_1, status completed, found 12\n$/,
  );
  expect(second).toMatch(/ warn {2}worker\.stopped\n$/);
  expect(third).toMatch(/ error odd {2}said "a\\nb \\u001b\[31m"\n$/);
  expect(more).toEqual([]);
});
