/** docs/errors.md is what a person finds a code in: it is held against the tables of the code both ways. */
import type { ErrorInfo } from '../../src/domain/error-info';
import { ERRORS } from '../../src/domain/error-table';
import { SyncError, type ErrorCode } from '../../src/domain/errors';
import { REASONS, type ReasonInfo } from '../../src/domain/reasons';
import { PROBLEMS, type ProblemInfo } from '../../src/domain/problems';
import { EXIT, exitCodeOf } from '../../src/exit';
import { readText } from '../support/source-files';

/** Cells of the table under a heading, by the code or number in the first one. */
function tableUnder(heading: string): Map<string, string[]> {
  const section = readText('docs/errors.md').split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const rows = section
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    );
  return new Map(rows.map(([key, ...cells]) => [key!.replaceAll('`', ''), cells]));
}

const errors = tableUnder('Errors');
const reasons = tableUnder('Reasons');
const problems = tableUnder('Problems');
const exits = tableUnder('Exit codes');

test('every error code has a row, in the order of the table, and no row is of another', () => {
  expect([...errors.keys()]).toEqual(Object.keys(ERRORS));
});

test('every reason code has a row, in the order of the table, and no row is of another', () => {
  expect([...reasons.keys()]).toEqual(Object.keys(REASONS));
});

test('every problem has a row, in the order of the table, and no row is of another', () => {
  expect([...problems.keys()]).toEqual(Object.keys(PROBLEMS));
});

test.each(Object.entries<ProblemInfo>(PROBLEMS))(
  'the row of %s says what it is',
  (code, { what }) => {
    const [meaning, next] = problems.get(code) ?? [];
    expect(meaning).toBe(`${what}.`);
    expect(next).toMatch(/^[A-Z`].+\.$/);
  },
);

test('every exit code has a row, and no row is of another', () => {
  expect([...exits.keys()].map(Number)).toEqual(Object.values(EXIT));
});

test.each(Object.entries<ErrorInfo>(ERRORS))(
  'the row of %s says truly whether it is tried again, pauses and how a command exits',
  (code, info) => {
    const [meaning, triedAgain, pauses, exit, next] = errors.get(code) ?? [];
    expect({ triedAgain, pauses, exit }).toEqual({
      triedAgain: info.retryable ? 'yes' : 'no',
      pauses: info.pauses ? 'yes' : 'no',
      exit: String(exitCodeOf(new SyncError(code as ErrorCode))),
    });
    expect(meaning).toMatch(/^[A-Z`].+\.$/);
    expect(next).toMatch(/^[A-Z`].+\.$/);
  },
);

test.each(Object.entries<ReasonInfo>(REASONS))(
  'the row of %s says truly whether syncs try it again',
  (code, { kind }) => {
    const [meaning, triedAgain, next] = reasons.get(code) ?? [];
    expect(triedAgain).toBe(kind === 'passing' ? 'each sync' : 'by hand');
    expect(meaning).toMatch(/^[A-Z`].+\.$/);
    expect(next).toMatch(/^[A-Z`].+\.$/);
  },
);

test('no option of the command line is written with one dash', () => {
  const text = readText('docs/errors.md');
  expect([...text.matchAll(/`(?:[^`\n]* )?-[a-z][^`\n]*`/g)].map(([found]) => found)).toEqual([]);
});
