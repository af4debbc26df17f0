/**
 * Access to Postgres. No second connection and no HTTP inside a transaction: the embedded database
 * gives all connections one session, so a transaction that waits blocks everybody.
 */
import { Pool, types, type CustomTypesConfig, type PoolClient } from 'pg';
import { SyncError } from '../domain/errors';

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

/** @param max connections; default 5, which is what the embedded database was measured with */
export function connectDb(databaseUrl: string, max = 5): Db {
  const pool = new Pool({
    connectionString: databaseUrl,
    max,
    types: parsers,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
  });
  // An idle connection that breaks is replaced at its next use, which reports its own failure.
  pool.on('error', () => undefined);

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
      // The pool does not listen while it is lent out, and an unheard error would end the process. The
      // statement that is under way, or the next one, fails with it.
      const lost = (error: Error) => void (broken = error);
      client.on('error', lost);
      try {
        const tx: Queries = {
          query: (sql, parameters = []) => guarded(() => run(client, sql, parameters)),
        };
        await tx.query('begin');
        try {
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
        client.off('error', lost);
        // A connection that broke or could not roll back is closed: the server then rolls back by itself.
        client.release(broken);
      }
    },

    close: () => pool.end(),
  };
}

/** Turns every fault of the driver or the server into a SyncError without its text. */
async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new SyncError('STORE_UNAVAILABLE', describe(error), { cause: error });
  }
}

/** SQLSTATE or the system's error code: both are from fixed lists and hold no data. */
function describe(error: unknown): Record<string, string> {
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' && /^[A-Z0-9_]{2,30}$/.test(code) ? { cause: code } : {};
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
