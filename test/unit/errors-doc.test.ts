/** docs/errors.md is what a person finds a code in: it is held against the tables of the code both ways. */
import type { ErrorInfo } from '../../src/domain/error-info';
import { ERRORS } from '../../src/domain/error-table';
import { SyncError, type ErrorCode } from '../../src/domain/errors';
import { REASONS, type ReasonInfo } from '../../src/domain/reasons';
import { PROBLEMS, type ProblemInfo } from '../../src/domain/problems';
import { EXIT, exitCodeOf } from '../../src/exit';
import { itemsOf } from '../support/documents';
import { readText } from '../support/source-files';

const document = readText('docs/errors.md');

interface Entry {
  readonly meaning: string;
  /** What stands below it, by its name. */
  readonly facts: Readonly<Record<string, string>>;
}

/** What the list under a heading says of each code. */
function entriesUnder(heading: string): Map<string, Entry> {
  const entries = itemsOf(document, heading).flatMap(({ text, below }): [string, Entry][] => {
    const [, code, meaning] = /^`(\w+)`: (.*)$/.exec(text) ?? [];
    if (code === undefined || meaning === undefined) return [];
    const facts = below.flatMap((line) => (isNext(line) ? [line] : line.split('; ')));
    return [[code, { meaning, facts: Object.fromEntries(facts.map(factOf)) }]];
  });
  return new Map(entries);
}

const isNext = (line: string) => line.startsWith('What to do: ');

function factOf(text: string): [string, string] {
  const [, name = '', value = ''] = /^(.+?): (.*)$/.exec(text) ?? [];
  return [name.toLowerCase(), value];
}

const errors = entriesUnder('Errors');
const reasons = entriesUnder('Reasons');
const problems = entriesUnder('Problems');
/** Those are few and short: a table. */
const exits = [...document.matchAll(/^\| (\d+) +\|/gm)].map(([, exit]) => Number(exit));

test('every error code has an entry, in the order of the table, and no entry is of another', () => {
  expect([...errors.keys()]).toEqual(Object.keys(ERRORS));
});

test('every reason code has an entry, in the order of the table, and no entry is of another', () => {
  expect([...reasons.keys()]).toEqual(Object.keys(REASONS));
});

test('every problem has an entry, in the order of the table, and no entry is of another', () => {
  expect([...problems.keys()]).toEqual(Object.keys(PROBLEMS));
});

test.each(Object.entries<ProblemInfo>(PROBLEMS))(
  'the entry of %s says what it is',
  (code, { what }) => {
    const { meaning, facts } = problems.get(code)!;
    expect(meaning).toBe(`${what}.`);
    expect(facts['what to do']).toMatch(/^[A-Z`].+\.$/);
  },
);

test('every exit code has a row, and no row is of another', () => {
  expect(exits).toEqual(Object.values(EXIT));
});

test.each(Object.entries<ErrorInfo>(ERRORS))(
  'the entry of %s says truly whether it is tried again, pauses and how a command exits',
  (code, info) => {
    const { meaning, facts } = errors.get(code)!;
    const { 'what to do': next, ...rest } = facts;
    expect(rest).toEqual({
      'tried again': info.retryable ? 'yes' : 'no',
      pauses: info.pauses ? 'yes' : 'no',
      exit: String(exitCodeOf(new SyncError(code as ErrorCode))),
    });
    expect(meaning).toMatch(/^[A-Z`].+\.$/);
    expect(next).toMatch(/^[A-Z`].+\.$/);
  },
);

test.each(Object.entries<ReasonInfo>(REASONS))(
  'the entry of %s says truly whether syncs try it again',
  (code, { kind }) => {
    const { meaning, facts } = reasons.get(code)!;
    expect(facts['tried again']).toBe(kind === 'passing' ? 'each sync' : 'by hand');
    expect(meaning).toMatch(/^[A-Z`].+\.$/);
    expect(facts['what to do']).toMatch(/^[A-Z`].+\.$/);
  },
);

test('no option of the command line is written with one dash', () => {
  expect([...document.matchAll(/`(?:[^`\n]* )?-[a-z][^`\n]*`/g)].map(([found]) => found)).toEqual(
    [],
  );
});
