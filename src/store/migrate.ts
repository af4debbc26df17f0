/** Brings the database to this version's schema, and refuses one that it does not know. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runner } from 'node-pg-migrate';
import { SyncError } from '../domain/errors';
import { causeOf } from './cause';
import { connectDb, withSession, type Db } from './db';

/** In src as in dist. */
const MIGRATIONS = join(__dirname, 'migrations');
const TABLE = 'schema_migrations';

/**
 * Applies what is missing, each migration in its own transaction, and returns the names applied.
 * Only the embedded database's owner may call this on it: there, advisory locks lock nothing.
 * @throws SyncError SCHEMA_UNKNOWN, STORE_UNAVAILABLE
 */
export async function migrate(databaseUrl: string): Promise<string[]> {
  // One connection, and closed before the runner opens its own.
  const db = connectDb(databaseUrl, 1);
  try {
    await compare(db);
  } finally {
    await db.close();
  }
  try {
    const applied = await runner({
      databaseUrl: withSession(databaseUrl),
      dir: MIGRATIONS,
      migrationsTable: TABLE,
      direction: 'up',
      log: () => undefined,
    });
    return applied.map((migration) => migration.name);
  } catch (error) {
    const cause = { ...(await causeOfGrants(databaseUrl)), ...causeOf(error) };
    throw new SyncError('STORE_UNAVAILABLE', { step: 'migrate', ...cause }, { cause: error });
  }
}

/** The runner drops the SQLSTATE of its first statement, which fails where the user may make no table. */
async function causeOfGrants(databaseUrl: string): Promise<Record<string, string>> {
  const db = connectDb(databaseUrl, 1);
  try {
    const [row] = await db.query<{ schema: string | null; may: boolean | null }>(
      `select current_schema() as schema, has_schema_privilege(current_schema(), 'create') as may`,
    );
    if (row?.schema === null) return { cause: '3F000' };
    return row?.may === false ? { cause: '42501' } : {};
  } catch (error) {
    return error instanceof SyncError ? causeOf(error.cause) : {};
  } finally {
    await db.close();
  }
}

/** @throws SyncError SCHEMA_BEHIND, SCHEMA_UNKNOWN */
export async function checkSchema(db: Db): Promise<void> {
  const missing = await compare(db);
  if (missing !== undefined) throw new SyncError('SCHEMA_BEHIND', { migration: missing });
}

/**
 * The first migration that the database lacks.
 * @throws SyncError SCHEMA_UNKNOWN when a newer version has migrated it
 */
async function compare(db: Db): Promise<string | undefined> {
  const known = (await readdir(MIGRATIONS)).map((file) => file.replace(/\.sql$/, '')).sort();
  const [table] = await db.query<{ there: boolean }>(
    'select to_regclass($1) is not null as there',
    [TABLE],
  );
  const rows = table?.there ? await db.query<{ name: string }>(`select name from ${TABLE}`) : [];
  const applied = new Set(rows.map((row) => row.name));
  const newer = [...applied].find((name) => !known.includes(name));
  if (newer !== undefined) throw new SyncError('SCHEMA_UNKNOWN', { migration: newer });
  return known.find((name) => !applied.has(name));
}
