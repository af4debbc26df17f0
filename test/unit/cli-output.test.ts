import { problemRows } from '../../src/commands/problems';
import { createOutput, fields, table } from '../../src/commands/output';
import { count, formatTime } from '../../src/domain/text';

function streams(isTTY: boolean, columns?: number) {
  const text = { out: '', err: '' };
  const stream = (name: 'out' | 'err') => ({
    isTTY,
    ...(columns !== undefined && { columns }),
    write(part: string | Uint8Array) {
      text[name] += String(part);
      return true;
    },
  });
  return { text, out: stream('out'), err: stream('err') };
}

describe('what a verb prints', () => {
  test('its data goes to standard output, everything else beside it with --json', () => {
    const to = streams(false);
    const output = createOutput(true, to);
    output.say('started');
    output.notice('careful');
    output.data({ posted: 1 }, 'one posted');
    expect(to.text).toEqual({ out: '{\n  "posted": 1\n}\n', err: 'started\ncareful\n' });
  });

  test('without --json it is text, and lines for a person come with it', () => {
    const to = streams(false);
    const output = createOutput(false, to);
    output.say('started');
    output.data({ posted: 1 }, 'one posted');
    expect(to.text).toEqual({ out: 'started\none posted\n', err: '' });
    expect(output.colour('red', 'FAILED')).toBe('FAILED');
  });

  test('on a terminal progress is one line that is rewritten, and gone before the next text', () => {
    const to = streams(true);
    const output = createOutput(true, to);
    output.progress('1 found');
    output.progress('2 found');
    output.notice('done');
    output.settle();
    const clear = '\r\u001b[2K';
    expect(to.text.err).toBe(`${clear}1 found${clear}2 found${clear}done\n`);
  });

  test('a line that is rewritten is never longer than the terminal is wide', () => {
    const to = streams(true, 10);
    const output = createOutput(false, to);
    for (const line of ['123456789', '1234567890']) output.progress(line);
    const clear = '\r\u001b[2K';
    expect(to.text.err).toBe(`${clear}123456789${clear}12345678…`);
  });

  const LONG = [
    'Synced      everything',
    'Looks back  10 minutes in each sync, and once a day 3 days',
    '  https://dashboard.stripe.com/apikeys/create?name=Stripe+Sync+for+Blnk',
  ].join('\n');

  test('on a terminal long lines go on below where their text began, and no word is cut', () => {
    const to = streams(true, 40);
    createOutput(false, to).data({}, LONG);
    expect(to.text.out.split('\n')).toEqual([
      'Synced      everything',
      'Looks back  10 minutes in each sync, and',
      '            once a day 3 days',
      '  https://dashboard.stripe.com/apikeys/create?name=Stripe+Sync+for+Blnk',
      '',
    ]);
  });

  test('a command at the end of a line is not broken, so that it can be copied', () => {
    const to = streams(true, 60);
    createOutput(false, to).say('Once it is decided, prove it so: npm run cli -- reconcile --wait');
    expect(to.text.out).toBe('Once it is decided, prove it so:\nnpm run cli -- reconcile --wait\n');
  });

  test('elsewhere, and as JSON, they stay as they are', () => {
    const [to, json] = [streams(false, 40), streams(true, 40)];
    createOutput(false, to).data({}, LONG);
    createOutput(true, json).data({ what: LONG }, '');
    expect(to.text.out).toBe(`${LONG}\n`);
    expect(JSON.parse(json.text.out)).toEqual({ what: LONG });
  });

  test('elsewhere progress is a line every few seconds', () => {
    jest.useFakeTimers();
    const to = streams(false);
    const output = createOutput(false, to);
    for (let second = 0; second < 12; second += 1) {
      output.progress(`${second} s`);
      jest.advanceTimersByTime(1_000);
    }
    jest.useRealTimers();
    expect(to.text.err).toBe('5 s\n10 s\n');
  });
});

describe('tables', () => {
  test('align numbers at the right, text at the left, and end without blanks', () => {
    const text = table(
      ['sync', 'found', 'note'],
      [
        ['a', '1,000', ''],
        ['bcdef', '7', 'late'],
      ],
    );
    expect(text).toBe('sync   found  note\na      1,000\nbcdef      7  late');
  });

  test('fields put their values below each other', () => {
    expect(
      fields([
        ['Ledger', 'here'],
        ['Up', ''],
      ]),
    ).toBe('Ledger  here\nUp');
  });

  test('numbers and times read alike everywhere', () => {
    expect([count(1, 'pay-in'), count(0, 'pay-in'), count(1234, 'pay-in')]).toEqual([
      '1 pay-in',
      '0 pay-ins',
      '1,234 pay-ins',
    ]);
    expect(formatTime(new Date('2026-01-31T08:15:00.250Z'))).toBe('2026-01-31 08:15:00 UTC');
  });
});

test('a problem that is about money says how much of it, by currency', () => {
  const rows = problemRows('Problems', [
    {
      ...{ problem: 'SUSPENSE', subject: null, codes: ['JPY', 'USD'], since: null, told: [] },
      ...{ amounts: { JPY: '1050', USD: '-1050' }, what: 'What', next: 'Next.' },
    },
  ]);
  expect(rows.map(([, text]) => text)).toEqual([
    'SUSPENSE (JPY, USD)',
    '  1,050 JPY',
    '  -10.50 USD',
    '  What. Next.',
  ]);
});
