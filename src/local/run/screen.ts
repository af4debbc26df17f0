/**
 * What `npm start` shows a person: at most 20 lines until the first report. Everything else goes to the
 * log files of the parts.
 */
import { styleText } from 'node:util';
import { fitting, printable } from '../../domain/text';
import { progressTeller, type Progress } from '../../domain/progress';

export interface Screen {
  line(text?: string): void;
  /** The mode, which comes first: what this run touches. */
  heading(text: string): void;
  ready(name: string, where: string): void;
  trouble(text: string): void;
  /** Rewritten in place on a terminal, and silent elsewhere. */
  progress(progress: Progress): void;
  /** Ends the line that `progress` rewrites. */
  settle(): void;
}

const NAME_WIDTH = 17;

export function createScreen(stream: NodeJS.WriteStream): Screen {
  const style = (format: Parameters<typeof styleText>[0], text: string) =>
    stream.isTTY ? styleText(format, text) : text;
  const startedAt = Date.now();
  const describe = progressTeller(Date.now);
  let rewriting = false;

  const settle = () => {
    if (rewriting) stream.write('\r\x1b[2K');
    rewriting = false;
  };
  const line = (text = '') => {
    settle();
    stream.write(`${printable(text)}\n`);
  };

  return {
    line,
    heading: (text) => line(style('bold', text)),
    ready(name, where) {
      const seconds = `${((Date.now() - startedAt) / 1000).toFixed(1)} s`.padStart(7);
      line(
        `  ${style('green', 'ready')} ${name.padEnd(NAME_WIDTH)}${style('dim', seconds)}  ${where}`,
      );
    },
    trouble: (text) => line(`  ${style('yellow', text)}`),
    progress(progress) {
      if (!stream.isTTY) return;
      stream.write(`\r\x1b[2K${fitting(`  syncing ${describe(progress)}`, stream.columns)}`);
      rewriting = true;
    },
    settle,
  };
}
