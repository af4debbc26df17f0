/** A new database on somebody else's Postgres server, by default with this version's schema. */
import { Client } from 'pg';
import { migrate } from '../../../src/store/migrate';

export interface ServerDatabase {
  readonly name: string;
  readonly url: string;
  /** Runs a statement on the server, outside this database. */
  readonly admin: (sql: string) => Promise<void>;
  readonly drop: () => Promise<void>;
}

/** Fills an empty database. */
export type Prepare = (url: string) => Promise<unknown>;

export async function createDatabaseOn(
  server: string,
  prefix: string,
  prepare: Prepare = migrate,
): Promise<ServerDatabase> {
  const name = `${prefix}_${process.pid}_${Date.now()}`;
  const admin = async (sql: string) => {
    const client = new Client(server);
    await client.connect();
    await client.query(sql);
    await client.end();
  };
  const drop = () => admin(`drop database ${name} with (force)`);
  await admin(`create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  await prepare(url.href);
  return { name, url: url.href, admin, drop };
}
