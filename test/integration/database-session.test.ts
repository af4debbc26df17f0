/** A database or a role with settings of its own for dates: each connection brings the forms that rows are read in. */
import { createServer, type AddressInfo } from 'node:net';
import { Client } from 'pg';
import { connectDb, withSession } from '../../src/store/db';
import { migrate } from '../../src/store/migrate';
import { createDatabaseOn } from '../support/databases/server-database';

/** What a connection says first: pairs of names and values. */
async function startupOf(query: string): Promise<Record<string, string>> {
  const first = new Promise<Buffer>((resolve) => {
    server.on('connection', (socket) => {
      socket.on('error', () => undefined);
      socket.once('data', (bytes) => {
        resolve(bytes);
        socket.destroy();
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const db = connectDb(`postgresql://sync@127.0.0.1:${port}/sync${query}`, 1);
  const asked = expect(db.query('select 1')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  const words = (await first).subarray(8).toString('utf8').split('\0');
  await asked;
  await db.close();
  return Object.fromEntries(
    words.flatMap((word, at) => (at % 2 === 0 ? [[word, words[at + 1] ?? '']] : [])),
  );
}

let server: ReturnType<typeof createServer>;
beforeEach(() => {
  server = createServer();
});
afterEach(() => server.close());

it('sets DateStyle and TimeZone as it connects', async () => {
  const { options } = await startupOf('');
  expect(options).toContain('-c datestyle=ISO');
  expect(options).toContain('-c timezone=UTC');
});

it('keeps options that the address has of its own', async () => {
  const { options } = await startupOf('?options=-c%20search_path%3Dsync&application_name=x');
  expect(options).toMatch(/^-c search_path=sync -c datestyle=ISO/);
});

it('reads times where the server has German dates and another time zone', async () => {
  const address = process.env['TEST_DATABASE_URL'];
  // The embedded database has one session, which is always ours.
  if (address === undefined) return;
  const { url, name, admin, drop } = await createDatabaseOn(address, 'sync_dates');
  try {
    await admin(`alter database ${name} set datestyle to 'German, DMY'`);
    await admin(`alter database ${name} set timezone to 'Asia/Kolkata'`);
    const plain = new Client(url);
    await plain.connect();
    expect((await plain.query('show datestyle')).rows).toEqual([{ DateStyle: 'German, DMY' }]);
    await plain.end();

    expect(await migrate(url)).toEqual([]);
    const db = connectDb(url, 1);
    const [row] = await db.query<{ at: Date; style: string; zone: string }>(
      `select '2026-11-29T08:00:00Z'::timestamptz as at,
         current_setting('datestyle') as style, current_setting('timezone') as zone`,
    );
    await db.close();
    expect(row?.at.toISOString()).toBe('2026-11-29T08:00:00.000Z');
    expect([row?.style.split(',')[0], row?.zone]).toEqual(['ISO', 'UTC']);
    expect(withSession(url)).toContain('options=');
  } finally {
    await drop();
  }
});
