/** A database that a newer version has migrated. */
import { connectDb } from '../../src/store/db';
import { checkSchema, migrate } from '../../src/store/migrate';
import { startOwnDatabase } from '../support/databases/own-database';

it('is called unknown by `migrate` as by everything else, and is left alone', async () => {
  const database = await startOwnDatabase();
  const db = connectDb(database.url, 1);
  try {
    await db.query(`insert into schema_migrations (name, run_on) values ('9000_later', now())`);
    const unknown = { code: 'SCHEMA_UNKNOWN', details: { migration: '9000_later' } };
    await expect(migrate(database.url)).rejects.toMatchObject(unknown);
    await expect(checkSchema(db)).rejects.toMatchObject(unknown);
    await db.query(`delete from schema_migrations where name = '9000_later'`);
    expect(await migrate(database.url)).toEqual([]);
  } finally {
    await db.close();
    await database.stop();
  }
});
