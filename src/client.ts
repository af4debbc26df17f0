#!/usr/bin/env node
/** Entry: the command line. Runs one verb, prints its error in one line and ends with its exit code. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { stacksOf, toSyncError } from './commands/fault';
import { createOutput } from './commands/output';
import { assertKnown, createProgram, withoutHelpVerb } from './commands/program';
import { runner } from './commands/verb';
import { SyncError } from './domain/errors';
import { EXIT, exitCodeOf } from './exit';

async function main(given: readonly string[]): Promise<number> {
  const args = withoutHelpVerb(given);
  let exitCode: number = EXIT.done;
  try {
    const run = runner((code) => (exitCode = code));
    const program = await createProgram(args, versionOfPackage(), run);
    if (args.some((word) => word === '--help' || word === '-h')) assertKnown(program, args);
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return await endOfParsing(error, args);
    return await fail(toSyncError(error), args);
  }
}

/** Help and version were asked for and have been printed; anything else is a mistake in the call. */
async function endOfParsing(error: CommanderError, args: readonly string[]): Promise<number> {
  if (error.exitCode === 0) return EXIT.done;
  // Called without a verb: the help that was printed says it all.
  if (error.code === 'commander.help') return EXIT.usage;
  const said = error.message.replace(/^error: /, '').replace(/\s+/g, ' ');
  // "unknown command 'x'": what is wrong, and with what.
  const [, what = 'problem', which = said] = /^([^']+) ('.*)$/.exec(said) ?? [];
  return fail(new SyncError('USAGE', { [what]: which }), args);
}

async function fail(error: SyncError, args: readonly string[]): Promise<number> {
  const { code, message, details } = error;
  const output = createOutput(args.includes('--json'));
  output.notice(`${code}: ${message}${code === 'INTERNAL' ? reasonOf(error.cause) : ''}`);
  const { environmentOfProcess } = await import('./config.js');
  if (environmentOfProcess()['LOG_LEVEL'] === 'debug') output.notice(stacksOf(error));
  if (output.json) output.data({ error: { code, message, details } }, '');
  return exitCodeOf(error);
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? ` (${cause.message.split('\n')[0] ?? ''})` : '';
}

/** Beside the compiled program, where the build has put it. */
function versionOfPackage(): string {
  return readFileSync(join(__dirname, 'version'), 'utf8');
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
