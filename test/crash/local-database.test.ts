import { existsSync } from 'node:fs';
import { Client, Pool } from 'pg';
import {
  startDatabase,
  type DatabaseProcessOptions,
} from '../../src/local/postgres/database-process';
import { hasCode } from '../../src/local/process/unix-socket';
import { scratchFolder, until, type Scratch } from '../support/processes/local-support';

type Db = Awaited<ReturnType<typeof startDatabase>>;

let scratch: Scratch;
let database: Db;
let pool: Pool;

const start = (options: Partial<DatabaseProcessOptions> = {}) =>
  startDatabase({
    socketDir: scratch.path,
    dataDir: scratch.file('data'),
    logFile: scratch.file('database.log'),
    restarts: { times: 5, withinMs: 60_000, backoffMs: 10 },
    ...options,
  });

beforeAll(async () => {
  scratch = scratchFolder();
  database = await start({ dump: scratch.file('template') });
  pool = new Pool({ connectionString: database.url, max: 5 });
  pool.on('error', () => undefined);
  await pool.query('create table rows (id text primary key, amount bigint)');
});

afterAll(async () => {
  await pool.end();
  await database.stop();
  scratch.remove();
});

/** Asks until the database answers again. */
async function answers(): Promise<void> {
  await until(() =>
    pool.query('select 1').then(
      () => true,
      () => false,
    ),
  );
}

const count = async (like: string) => {
  const { rows } = await pool.query<{ n: number }>(
    'select count(*)::int as n from rows where id like $1',
    [like],
  );
  return rows[0]?.n;
};

test('what five connections ask at once is never mixed up, whatever fails in between', async () => {
  await pool.query("insert into rows values ('taken', 1)");
  const big = (job: number) =>
    Array.from({ length: 3_000 }, (_, i) => `big-${job}-${i}-${'x'.repeat(40)}`);
  const one = async (sql: string, values: unknown[]) =>
    (await pool.query<{ v: string }>(sql, values)).rows[0]?.v;
  const kinds: ((job: number) => Promise<boolean>)[] = [
    async (job) => (await one('select $1::text || $2 as v', ['a', job])) === `a${job}`,
    async () =>
      (await one('select $1::bigint + 1 as v', ['9007199254740992'])) === '9007199254740993',
    // Larger than what one read of a socket brings, so that others get in between.
    async (job) => {
      const ids = big(job);
      const sql = 'insert into rows select * from unnest($1::text[], $2::bigint[])';
      return (await pool.query(sql, [ids, ids.map(() => '5')])).rowCount === ids.length;
    },
    async () => {
      const error: unknown = await one('insert into rows values ($1, $2)', ['taken', '2']).catch(
        (caught: unknown) => caught,
      );
      return hasCode(error, '23505');
    },
    async (job) => {
      const client = await pool.connect();
      try {
        await client.query('begin');
        await client.query('insert into rows values ($1, $2)', [`tx-${job}`, job]);
        const sql = 'select amount as v from rows where id = $1';
        const { rows } = await client.query<{ v: string }>(sql, [`tx-${job}`]);
        await client.query(job % 2 === 0 ? 'commit' : 'rollback');
        return rows[0]?.v === String(job);
      } finally {
        client.release();
      }
    },
  ];
  const jobs = Array.from({ length: 100 }, (_, job) => kinds[job % kinds.length]!(job));
  expect(await Promise.all(jobs)).toEqual(jobs.map(() => true));
  expect(await count('big-%')).toBe(20 * 3_000);
  expect(await count('tx-%')).toBe(10);
});

test('an open transaction holds everybody else up until its client is gone, and is undone then', async () => {
  const client = new Client({ connectionString: database.url });
  client.on('error', () => undefined);
  await client.connect();
  await client.query('begin');
  await client.query("insert into rows values ('lost', 1)");
  let answered = false;
  const waiting = count('lost').finally(() => (answered = true));
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(answered).toBe(false);
  // A killed client: its socket closes without a farewell.
  (
    client as unknown as { connection: { stream: { destroy(): void } } }
  ).connection.stream.destroy();
  expect(await waiting).toBe(0);
});

test('a client without a user, which would end a bare PGlite, is served like any other', async () => {
  const client = new Client({ connectionString: database.url, user: 'nobody', database: 'other' });
  await client.connect();
  const { rows } = await client.query('select current_user as who');
  await client.end();
  expect(rows).toEqual([{ who: 'postgres' }]);
});

test('every row is there after SIGKILL, at the same address', async () => {
  const before = await count('%');
  const pid = database.pid();
  process.kill(pid!, 'SIGKILL');
  await until(() => database.pid() !== pid);
  // The dead socket is still there and is taken over.
  expect(existsSync(scratch.file('.s.PGSQL.5432'))).toBe(true);
  await answers();
  expect(await count('%')).toBe(before);
});

test('a session that ended under a statement is replaced, and nothing is lost', async () => {
  const before = await count('%');
  await expect(pool.query('copy rows from stdin')).rejects.toThrow();
  await answers();
  expect(await count('%')).toBe(before);
});

test('a second process on the same socket is refused before it opens the data folder', async () => {
  const logFile = scratch.file('second.log');
  const second = start({ logFile });
  await expect(second).rejects.toMatchObject({
    code: 'PART_FAILED',
    excerpt: expect.stringContaining('SOCKET_IN_USE') as string,
  });
  expect(await count('taken')).toBe(1);
});

test('a database that starts from a dump holds what the dump held', async () => {
  const rows = await count('%');
  await pool.query('truncate rows');
  await pool.query("insert into rows values ('only', 7)");
  await pool.end();
  await database.stop();
  expect(rows).toBeGreaterThan(1);

  database = await startDatabase({
    socketDir: scratch.path,
    template: scratch.file('template'),
    logFile: scratch.file('copy.log'),
  });
  pool = new Pool({ connectionString: database.url });
  expect((await pool.query('select * from rows')).rows).toEqual([{ id: 'only', amount: '7' }]);
});
