/**
 * What Postgres' autovacuum does, for the embedded database, which has none: without it an index keeps an
 * entry of every row that was ever staged, and the planner knows nothing of what a table holds. Between
 * two turns of the clients, never in a transaction of one; a table at a time, so that none waits long:
 * a million pay-ins of which half a million are dead take a second or two.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import type { PGlite } from '@electric-sql/pglite';
import type { WireServer } from './wire-server';

const EVERY_MS = 30_000;

/** A table is done once so many of its rows, and that share of them, are dead or have changed. */
const LEAST = 1_000;
const SHARE = 0.1;

/** Goes on until the signal; what fails, as on a full disk, is tried again in the next round. */
export async function keepVacuumed(
  server: Pick<WireServer, 'between'>,
  signal: AbortSignal,
  everyMs: number = EVERY_MS,
): Promise<void> {
  while (await waited(everyMs, signal)) {
    try {
      await vacuumOnce(server, signal);
    } catch (error) {
      process.stderr.write(`database: vacuum: ${inspect(error)}\n`);
    }
  }
}

/** One round. @returns the tables that were done */
async function vacuumOnce(
  server: Pick<WireServer, 'between'>,
  signal?: AbortSignal,
): Promise<string[]> {
  const tables: string[] = [];
  await server.between(async (db) => void tables.push(...(await tablesToDo(db))));
  for (const table of tables) {
    for (const statement of [`vacuum ${table}`, `analyze ${table}`]) {
      if (signal?.aborted === true) return tables;
      await server.between(async (db) => {
        await db.exec(statement);
      });
    }
  }
  return tables;
}

async function tablesToDo(db: PGlite): Promise<string[]> {
  // What the session has counted is written down when it is idle, which this one never says it is.
  await db.query('select pg_stat_force_next_flush()');
  const { rows } = await db.query<{ name: string }>(
    `select quote_ident(relname) as name from pg_stat_user_tables
     where greatest(n_dead_tup, n_mod_since_analyze) > $1 + $2::float8 * n_live_tup`,
    [LEAST, SHARE],
  );
  return rows.map(({ name }) => name);
}

/** false: it is to end. */
function waited(ms: number, signal: AbortSignal): Promise<boolean> {
  return sleep(ms, true, { signal, ref: false }).catch(() => false);
}
