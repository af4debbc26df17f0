/** The embedded database is vacuumed by its own process, and no client's transaction notices. */
import { Client } from 'pg';
import { databaseUrl } from '../../src/local/process/unix-socket';
import { scratchFolder, until, type Scratch } from '../support/processes/local-support';
import { startProgram, type Program } from '../support/processes/program';

const EVERY_MS = 20;

let scratch: Scratch;
let program: Program;
let client: Client;
let other: Client;

beforeAll(async () => {
  scratch = scratchFolder();
  const args = ['--socket', scratch.path, '--vacuum-every', String(EVERY_MS)];
  program = await startProgram({ module: 'local/postgres/database', args });
  client = new Client(databaseUrl(scratch.path));
  other = new Client(databaseUrl(scratch.path));
  await Promise.all([client.connect(), other.connect()]);
}, 60_000);

afterAll(async () => {
  await Promise.all([client.end(), other.end()]);
  await program.kill('SIGTERM');
  scratch.remove();
});

async function makeTable(name: string): Promise<void> {
  await client.query(`create table ${name} (id integer primary key, state text)`);
  await client.query(`insert into ${name} select n, 'staged' from generate_series(1, 5000) n`);
}

async function statistics(name: string): Promise<{ vacuums: number; analyses: number }> {
  const { rows } = await other.query<{ vacuums: string; analyses: string }>(
    `select vacuum_count as vacuums, analyze_count as analyses from pg_stat_user_tables
     where relname = $1`,
    [name],
  );
  return { vacuums: Number(rows[0]?.vacuums), analyses: Number(rows[0]?.analyses) };
}

test('a table whose rows have changed is vacuumed and analysed, and then left alone', async () => {
  await makeTable('changing');
  await client.query(`update changing set state = 'posted'`);
  await until(async () => (await statistics('changing')).analyses > 0);
  const before = await statistics('changing');
  await client.query(`update changing set state = 'staged' where id < 400`);
  await makeTable('later');
  await until(async () => (await statistics('later')).analyses > 0);
  expect(await statistics('changing')).toEqual(before);
});

test('it waits for the end of a transaction, however often that asks', async () => {
  await makeTable('busy');
  await until(async () => (await statistics('busy')).analyses > 0);
  const before = await statistics('busy');
  await client.query('begin');
  await client.query(`update busy set state = 'posted'`);
  for (let round = 0; round < 5; round += 1) {
    await client.query(`select pg_sleep(${(2 * EVERY_MS) / 1000})`);
    await client.query(`update busy set state = state || '.' where id = 1`);
  }
  const { rows } = await client.query<{ vacuums: string }>(
    `select vacuum_count as vacuums from pg_stat_user_tables where relname = 'busy'`,
  );
  expect(Number(rows[0]?.vacuums)).toBe(before.vacuums);
  await client.query('commit');
  await until(async () => (await statistics('busy')).vacuums > before.vacuums);
  const left = await client.query(`select state from busy where state <> 'posted'`);
  expect(left.rows).toEqual([{ state: 'posted.....' }]);
});
