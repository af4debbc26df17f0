/** `migrate`: brings an external database to this version's schema. */
import type { Command } from 'commander';
import { EXIT } from '../exit';
import type { CommonOptions, Context } from './context';
import { verb, type Run } from './verb';

export function addMigrate(program: Command, run: Run): void {
  verb(program, 'migrate', 'Migrate the database of DATABASE_URL', 'migrate').action(
    (options: CommonOptions) => run(options, apply),
  );
}

async function apply({ output, place }: Context): Promise<number> {
  const { external } = place.config;
  if (!external) {
    output.data({ applied: [] }, 'Nothing to do: npm start migrates its embedded database itself.');
    return EXIT.done;
  }
  const { migrate } = await import('../store/migrate.js');
  const applied = await migrate(external.databaseUrl.reveal());
  const text = applied.length === 0 ? 'The schema is current.' : `Applied ${applied.join(', ')}.`;
  output.data({ applied }, text);
  return EXIT.done;
}
