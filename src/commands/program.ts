/** The command line: one file per verb, put together here. Of a call, only the file of its verb is loaded. */
import { Command, CommanderError } from 'commander';
import { CALLED, group, type Run } from './verb';

type Add = (program: Command, run: Run) => void;

interface Verb {
  readonly name: string;
  /** As in its own file, which takes too long to load to be asked for it. */
  readonly description: string;
  readonly load: () => Promise<Add>;
}

/** In the order of the help. */
export const VERBS: readonly Verb[] = [
  {
    name: 'check',
    description: 'Check keys, rights, Temporal, database, settings',
    load: async () => (await import('./check.js')).addCheck,
  },
  {
    name: 'sync',
    description: 'Sync now and follow it; Ctrl-C leaves it running',
    load: async () => (await import('./sync.js')).addSync,
  },
  {
    name: 'status',
    description: 'Show where the instance stands',
    load: async () => (await import('./status.js')).addStatus,
  },
  {
    name: 'syncs',
    description: 'What the syncs so far have done, and the end of one',
    load: async () => (await import('./syncs.js')).addSyncs,
  },
  {
    name: 'reconcile',
    description: 'Sync now and prove that the ledger agrees with Stripe',
    load: async () => (await import('./reconcile.js')).addReconcile,
  },
  {
    name: 'repair',
    description: 'Show what the last proof has found wrong, and repair what can be',
    load: async () => (await import('./repair.js')).addRepair,
  },
  {
    name: 'proofs',
    description: 'Whether ledger and Stripe agreed, run by run',
    load: async () => (await import('./proofs.js')).addProofs,
  },
  {
    name: 'explain',
    description: 'Show what all sides say about one payment or movement',
    load: async () => (await import('./explain.js')).addExplain,
  },
  {
    name: 'quarantine',
    description: 'What was set aside, with reasons',
    load: async () => (await import('./quarantine.js')).addQuarantine,
  },
  {
    name: 'movements',
    description: 'All else that moves Stripe’s balance: whether it is booked',
    load: async () => (await import('./movements.js')).addMovements,
  },
  {
    name: 'suspense',
    description: 'Movements of which nobody knows what they are for',
    load: async () => (await import('./suspense.js')).addSuspense,
  },
  {
    name: 'schedules',
    description: 'The Temporal schedule that syncs regularly',
    load: async () => (await import('./schedules.js')).addSchedules,
  },
  {
    name: 'instances',
    description: 'The Blnk instances that are served',
    load: async () => (await import('./instances.js')).addInstances,
  },
  {
    name: 'keys',
    description: 'The encryption of stored keys',
    load: async () => (await import('./keys.js')).addKeys,
  },
  {
    name: 'cloud',
    description: 'The app in Blnk Cloud',
    load: async () => (await import('./cloud.js')).addCloud,
  },
  {
    name: 'migrate',
    description: 'Migrate the database of DATABASE_URL',
    load: async () => (await import('./migrate.js')).addMigrate,
  },
];

/** @param args the words of the call: the verbs among them are whole, the others have a line in the help */
export async function createProgram(
  args: readonly string[],
  version: string,
  run: Run,
): Promise<Command> {
  const program = new Command(CALLED)
    .description(
      'Carries what moves your Stripe balance into a Blnk ledger, and shows that it did.',
    )
    .version(version)
    // Its line among the others; `withoutHelpVerb` reads it.
    .helpCommand('help [verb]', 'Show what a verb does and takes')
    .showSuggestionAfterError(true)
    .addHelpText(
      'after',
      [
        '',
        'Each takes --instance <id>, --json and --help (with an example).',
        'Keys come from the environment or .env, never from an argument. With --json call it as',
        'npm run --silent cli -- …: npm prints two lines of its own otherwise.',
        'Exit codes: 0 done, 1 failed, 2 usage or settings, 3 not found, 4 already running,',
        '5 done with something left: newly set aside, a broken proof, a repair.',
      ].join('\n'),
    );
  for (const { name, description, load } of VERBS) {
    if (args.includes(name)) (await load())(program, run);
    else group(program, name, description);
  }
  quietly(program);
  return program;
}

/** `help quarantine close` and `quarantine help close` ask for the same as `quarantine close --help`. */
export function withoutHelpVerb(args: readonly string[]): readonly string[] {
  if (!args.slice(0, 2).includes('help')) return args;
  return [...args.filter((word) => !HELP.includes(word)), '--help'];
}

const HELP: readonly string[] = ['help', '--help', '-h'];

/**
 * Asked for the help of a command that is not there, commander would show that of the one above it.
 * @throws CommanderError
 */
export function assertKnown(program: Command, args: readonly string[]): void {
  let at = program;
  for (const word of args) {
    if (word.startsWith('-') || at.commands.length === 0) return;
    const child = at.commands.find((command) => command.name() === word);
    if (!child)
      throw new CommanderError(1, 'commander.unknownCommand', `unknown command '${word}'`);
    at = child;
  }
}

/** Every command throws what it would print before exiting, so that all errors look alike. */
function quietly(command: Command): void {
  command.exitOverride().configureOutput({ outputError: () => undefined });
  for (const child of command.commands) quietly(child);
}
