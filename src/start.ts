/**
 * Entry of `npm start`: everything on one machine. Without STRIPE_* and BLNK_* settings it is a sandbox
 * between two stand-ins; with them it syncs for real.
 */
import { EXIT, exitCodeOf, explainError } from './exit';
import { HELP, parseArguments } from './local/run/arguments';

async function main(): Promise<number> {
  const args = parseArguments(process.argv.slice(2));
  if (!args) {
    process.stdout.write(HELP);
    return EXIT.done;
  }
  const { run, explain } = await import('./local/run/run.js');
  return run(args).catch((error: unknown) => end(error, explain(error)));
}

function end(error: unknown, line: string): number {
  process.stderr.write(`${line}\n`);
  return exitCodeOf(error);
}

void main()
  .catch((error: unknown) => end(error, explainError(error)))
  .then((code) => process.exit(code));
