/** What all verbs share: their common options, their examples, and how they are run and end. */
import type { Command } from 'commander';
import type { CommonOptions, Context } from './context';
import { toSyncError } from './fault';

/** Does the work of a verb and returns the exit code. */
export type Work = (context: Context) => Promise<number>;

/** Runs a verb to its end; the exit code goes to whoever made it. */
export type Run = (options: CommonOptions, work: Work) => Promise<void>;

/** How people call it in a checkout; help and hints show commands that can be copied. */
export const CALLED = 'npm run cli --';

/** @param example the arguments of one useful call */
export function verb(
  parent: Command,
  usage: string,
  description: string,
  ...examples: readonly string[]
): Command {
  const shown = examples.map((example) => `  ${CALLED} ${example}`.trimEnd());
  return parent
    .command(usage)
    .description(description)
    .option('--instance <id>', 'Blnk instance (default: the only one)')
    .option('--json', 'print the result as JSON on standard output')
    .addHelpText('after', ['', 'Example:', ...shown].join('\n'));
}

/** A verb that only groups others. */
export function group(parent: Command, name: string, description: string): Command {
  return parent.command(name).description(description);
}

export function runner(ended: (exitCode: number) => void): Run {
  return async (options, work) => {
    const { openContext } = await import('./context.js');
    const context = await openContext(options);
    try {
      ended(await work(context));
    } catch (error) {
      throw toSyncError(error, context.place.parts?.temporal.address);
    } finally {
      context.output.settle();
      await context.close();
    }
  };
}
