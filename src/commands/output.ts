/**
 * What a verb prints: its data on standard output, as text or as JSON, and everything that happens
 * meanwhile on standard error, so that the data can be piped.
 */
import { styleText } from 'node:util';
import { fitting, folded, printable } from '../domain/text';

export interface Output {
  readonly json: boolean;
  /** The result of the verb. */
  data(value: unknown, text: string): void;
  /** A line for a person, beside the result: on standard error with --json. */
  say(line: string): void;
  /** A remark: always on standard error. */
  notice(line: string): void;
  /** What is under way: one line, rewritten on a terminal, else repeated every few seconds. */
  progress(line: string): void;
  /** Removes the line that `progress` rewrites. */
  settle(): void;
  /** Colour for a word of the text; none unless standard output is a terminal. */
  colour(name: 'red' | 'green' | 'yellow' | 'dim', word: string): string;
}

export interface Streams {
  readonly out: Stream;
  readonly err: Stream;
}

type Stream = Pick<NodeJS.WriteStream, 'write'> & {
  readonly isTTY?: boolean;
  readonly columns?: number;
};

/** Milliseconds between two lines of progress that nobody watches: logs stay short. */
const PROGRESS_EVERY_MS = 5_000;

const CLEAR_LINE = '\r\x1b[2K';

export function createOutput(
  json: boolean,
  { out, err }: Streams = { out: process.stdout, err: process.stderr },
): Output {
  let rewriting = false;
  let lastProgressAt = Date.now();

  const settle = () => {
    if (rewriting) err.write(CLEAR_LINE);
    rewriting = false;
  };
  const print = (stream: Stream, text: string) => {
    settle();
    stream.write(`${text}\n`);
  };
  const line = (stream: Stream, text: string) => {
    print(stream, folded(printable(text), stream.isTTY === true ? stream.columns : 0));
  };

  return {
    json,
    data(value, text) {
      if (json) print(out, printable(JSON.stringify(value, null, 2)));
      else line(out, text);
    },
    say: (text) => line(json ? err : out, text),
    notice: (text) => line(err, text),
    progress(text) {
      if (err.isTTY === true) {
        err.write(`${CLEAR_LINE}${fitting(printable(text), err.columns)}`);
        rewriting = true;
      } else if (Date.now() - lastProgressAt >= PROGRESS_EVERY_MS) {
        lastProgressAt = Date.now();
        line(err, text);
      }
    },
    settle,
    colour: (name, word) => (!json && out.isTTY === true ? styleText(name, word) : word),
  };
}

const NUMBER = /^(-?[\d,.]*|\?)$/;

/** Columns as wide as their widest cell; a column of numbers is aligned at its right. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const columns = header.map((title, at) => {
    const cells = rows.map((row) => row[at] ?? '');
    const width = Math.max(title.length, ...cells.map((cell) => cell.length));
    return { width, right: cells.every((cell) => NUMBER.test(cell)) };
  });
  return [header, ...rows]
    .map((row) =>
      columns
        .map(({ width, right }, at) => {
          const cell = row[at] ?? '';
          return right ? cell.padStart(width) : cell.padEnd(width);
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** One line per field, the values below each other. */
export function fields(rows: readonly (readonly [label: string, value: string])[]): string {
  const width = Math.max(...rows.map(([label]) => label.length));
  return rows.map(([label, value]) => `${label.padEnd(width)}  ${value}`.trimEnd()).join('\n');
}
