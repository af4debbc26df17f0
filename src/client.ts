#!/usr/bin/env node
/** Entry: the command line. Runs one verb, prints its error in one line and ends with its exit code. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { stacksOf, toSyncError } from './commands/fault';
import { createOutput } from './commands/output';
import { createProgram } from './commands/program';
import { runner } from './commands/verb';
import { environmentOfProcess } from './config';
import { SyncError } from './domain/errors';
import { EXIT, exitCodeOf } from './exit';

async function main(args: readonly string[]): Promise<number> {
  let exitCode: number = EXIT.done;
  const program = createProgram(
    versionOfPackage(),
    runner((code) => (exitCode = code)),
  );
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return endOfParsing(error, args);
    return fail(toSyncError(error), args);
  }
}

/** Help and version were asked for and have been printed; anything else is a mistake in the call. */
function endOfParsing(error: CommanderError, args: readonly string[]): number {
  if (error.exitCode === 0) return EXIT.done;
  // Called without a verb: the help that was printed says it all.
  if (error.code === 'commander.help') return EXIT.usage;
  const said = error.message.replace(/^error: /, '').replace(/\s+/g, ' ');
  // "unknown command 'x'": what is wrong, and with what.
  const [, what = 'problem', which = said] = /^([^']+) ('.*)$/.exec(said) ?? [];
  return fail(new SyncError('USAGE', { [what]: which }), args);
}

function fail(error: SyncError, args: readonly string[]): number {
  const { code, message, details } = error;
  const output = createOutput(args.includes('--json'));
  output.notice(`${code}: ${message}${code === 'INTERNAL' ? reasonOf(error.cause) : ''}`);
  if (environmentOfProcess()['LOG_LEVEL'] === 'debug') output.notice(stacksOf(error));
  if (output.json) output.data({ error: { code, message, details } }, '');
  return exitCodeOf(error);
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? ` (${cause.message.split('\n')[0] ?? ''})` : '';
}

function versionOfPackage(): string {
  const file = join(__dirname, '..', 'package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

// `… | head` has seen enough: that is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? EXIT.done : EXIT.failed);
});

main(process.argv.slice(2)).then(
  // A pipe may still hold output; process.exit alone would cut it off.
  (code) => process.stdout.write('', () => process.exit(code)),
  (error: unknown) => {
    process.stderr.write(`INTERNAL: ${String(error)}\n`);
    process.exit(EXIT.failed);
  },
);
