/**
 * Access to Postgres. No second connection and no HTTP inside a transaction: the embedded database
 * gives all connections one session, so a transaction that waits blocks everybody.
 */
import { Pool, types, type CustomTypesConfig, type PoolClient } from 'pg';
import { SyncError } from '../domain/errors';
import { causeOf } from './cause';

export interface Queries {
  /** Rows of one parameterised statement. */
  query<Row>(sql: string, parameters?: readonly unknown[]): Promise<Row[]>;
}

export interface Db extends Queries {
  /** Runs `work` in one transaction; a throw rolls back. */
  transaction<T>(work: (tx: Queries) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** int8 holds Unix seconds and counts here, both far below 2^53; money is numeric and stays text. */
const parsers: CustomTypesConfig = {
  getTypeParser: (oid, format): unknown =>
    oid === types.builtins.INT8 ? Number : types.getTypeParser(oid, format),
};

/**
 * Milliseconds until a statement counts as unanswered: a connection that was dropped without a word
 * would wait for TCP, up to 15 minutes. By the client's own clock, since the embedded database knows no
 * time limit of a session's own.
 */
const SILENCE_MS = 30_000;

/** What every session has, whatever the database or its roles say: rows are read in these forms only. */
const SESSION = '-c datestyle=ISO -c intervalstyle=postgres -c timezone=UTC';

/** The address with our settings of a session, after those that it has itself. */
export function withSession(databaseUrl: string): string {
  const [, query = ''] = /\?(.*)$/.exec(databaseUrl) ?? [];
  const own = new URLSearchParams(query).get('options');
  const options = own === null ? SESSION : `${own} ${SESSION}`;
  // The last of a name counts.
  const join = databaseUrl.includes('?') ? '&' : '?';
  return `${databaseUrl}${join}options=${encodeURIComponent(options)}`;
}

/** @param max connections; default 5, which is what the embedded database was measured with */
export function connectDb(databaseUrl: string, max = 5, silenceMs = SILENCE_MS): Db {
  const pool = new Pool({
    connectionString: withSession(databaseUrl),
    max,
    types: parsers,
    connectionTimeoutMillis: 10_000,
    query_timeout: silenceMs,
    keepAlive: true,
  });
  // An idle connection that breaks is replaced at its next use, which reports its own failure.
  pool.on('error', () => undefined);
  // The pool does not listen while it lends a connection out, and an unheard error would end the process:
  // also one that comes with the very bytes after which the connection is lent. The statement that is
  // under way, or the next one, fails with it, and the pool takes back no connection that has broken.
  pool.on('connect', (client) => client.on('error', () => undefined));

  const run = async <Row>(
    runner: Pool | PoolClient,
    sql: string,
    parameters: readonly unknown[],
  ): Promise<Row[]> => {
    const result = await runner.query(sql, [...parameters]);
    return result.rows as Row[];
  };

  return {
    async query<Row>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
      return guarded(() => run<Row>(pool, sql, parameters));
    },

    async transaction<T>(work: (tx: Queries) => Promise<T>): Promise<T> {
      const client = await guarded(() => pool.connect());
      let broken: Error | undefined;
      try {
        const tx: Queries = {
          query: (sql, parameters = []) => guarded(() => run(client, sql, parameters)),
        };
        try {
          await tx.query('begin isolation level read committed');
          const result = await work(tx);
          await tx.query('commit');
          return result;
        } catch (error) {
          await client.query('rollback').catch((rollbackError: unknown) => {
            broken = asError(rollbackError);
          });
          throw error;
        }
      } finally {
        // A connection that could not roll back is closed: the server then rolls back by itself.
        client.release(broken);
      }
    },

    close: () => pool.end(),
  };
}

/** The database's own time, Unix seconds. */
export async function readClock(db: Queries): Promise<number> {
  const [row] = await db.query<{ now: number }>(
    'select floor(extract(epoch from clock_timestamp()))::bigint as now',
  );
  if (!row) throw new Error('a clock returned no row');
  return row.now;
}

/** Turns every fault of the driver or the server into a SyncError without its text. */
async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new SyncError('STORE_UNAVAILABLE', causeOf(error), { cause: error });
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
