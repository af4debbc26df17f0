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
  const { run } = await import('./local/run/run.js');
  return run(args);
}

void main()
  .catch((error: unknown) => {
    process.stderr.write(`${explainError(error)}\n`);
    return exitCodeOf(error);
  })
  .then((code) => process.exit(code));
