/** Fills a database as an earlier version left it: its own migrations, then its rows. */
import { join } from 'node:path';
import { runner } from 'node-pg-migrate';
import { connectDb } from '../../../src/store/db';
import type { OpenSync } from './kept-versions';

export async function restoreOpenSync(url: string, { about, tables }: OpenSync): Promise<void> {
  const applied = await runner({
    databaseUrl: url,
    dir: join(__dirname, '../../../src/store/migrations'),
    migrationsTable: 'schema_migrations',
    direction: 'up',
    count: about.migrations.length,
    log: () => undefined,
  });
  // Only ever added at the end: else a database of that version could not be migrated.
  expect(applied.map(({ name }) => name)).toEqual(about.migrations);
  const db = connectDb(url, 1);
  for (const [table, rows] of tables) {
    const sql = `insert into ${table} select * from jsonb_populate_recordset(null::${table}, $1)`;
    await db.query(sql, [JSON.stringify(rows)]);
  }
  await db.close();
}
