/** What `npm start` rewrites while its first sync runs. */
import { Writable } from 'node:stream';
import { NO_PROGRESS, type Progress } from '../../src/domain/progress';
import { createScreen } from '../../src/local/run/screen';

function terminal(isTTY: boolean, columns: number) {
  let text = '';
  const stream = new Writable({
    write(part: Buffer, _encoding, done) {
      text += part.toString();
      done();
    },
  });
  return {
    screen: createScreen(Object.assign(stream, { isTTY, columns }) as never),
    said: () => text,
  };
}

const movements: Progress = {
  ...{ ...NO_PROGRESS, phase: 'balance_transactions', found: 1_000, posted: 1_000, rows: 500 },
  readBackTo: Date.parse('2026-10-12T08:00:00Z') / 1000,
  legs: { found: 490, posted: 480, alreadyPosted: 0, setAside: 10 },
};

test('on a terminal, how far movements are read and what was posted of them', () => {
  const { screen, said } = terminal(true, 100);
  screen.progress({ ...movements, phase: 'events' });
  screen.progress(movements);
  screen.line('Sync completed');
  expect(said().split('\r\u001b[2K')).toEqual([
    '',
    '  syncing pay-ins: 1,000 found, 1,000 posted',
    '  syncing movements, read back to 2026-10-12: 500 rows, 480 posted, 10 set aside',
    'Sync completed\n',
  ]);
});

test('never more than fits, and nothing where nobody watches', () => {
  const narrow = terminal(true, 30);
  narrow.screen.progress(movements);
  expect(narrow.said()).toBe('\r\u001b[2K  syncing movements, read ba…');
  const file = terminal(false, 30);
  file.screen.progress(movements);
  expect(file.said()).toBe('');
});
