/** Text from elsewhere reaches a terminal as text, and an error of another version as an error. */
import { styleText } from 'node:util';
import { createOutput } from '../../src/commands/output';
import { describeError, errorInfo, type ErrorCode } from '../../src/domain/errors';
import { printable } from '../../src/domain/text';

test.each(['\u001b[2J', '\u001b]0;title\u0007', '\u009b31m', '\r', '\u007f', '\u202e', '\u001bc'])(
  '%j is not printed',
  (sequence) => {
    const written: string[] = [];
    const stream = { write: (text: string) => written.push(text) > 0, isTTY: true };
    const output = createOutput(false, { out: stream, err: stream });
    output.data({}, `before${sequence}after`);
    output.notice(`before${sequence}after`);
    const said = written.join('').replaceAll('\n', '');
    expect(said).toMatch(/^before\ufffd/);
    expect(said).not.toContain(sequence);
  },
);

test('lines, tabs and our own colours stay', () => {
  const text = `a\tb\nü ${styleText('red', 'x', { validateStream: false })}`;
  expect(printable(text)).toBe(text);
});

test('a code that only a newer version knows has words all the same', () => {
  const newer = 'SOMETHING_NEW' as ErrorCode;
  expect(errorInfo(newer).what).toMatch(/does not know/);
  expect(describeError(newer, { page: 1 })).toContain('(page 1)');
});
