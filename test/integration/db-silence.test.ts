/** A database that falls silent, as behind a firewall that drops a connection, or ends one as it is lent out. */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { connectDb, type Db } from '../../src/store/db';

/** The words of Postgres to a client that it lets in: AuthenticationOk, ReadyForQuery. */
const WELCOME = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49]);

const LIMIT_MS = 200;
/** FATAL 57P01, as an administrator's command or a shutdown ends a connection. */
const TERMINATED = Buffer.from('E\0\0\0\x1aSFATAL\0C57P01\0Mended\0\0', 'latin1');

let welcome = WELCOME;
let server: Server;
let sockets: Socket[];
let db: Db;

beforeEach(async () => {
  sockets = [];
  server = createServer((socket) => {
    sockets.push(socket);
    socket.once('data', () => socket.write(welcome));
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  db = connectDb(`postgresql://postgres@127.0.0.1:${port}/postgres`, 1, LIMIT_MS);
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  server.close();
  await db.close();
});

const SILENT = { code: 'STORE_UNAVAILABLE', retryable: true };

it('fails a statement after the time limit, and asks on a new connection the next time', async () => {
  const begunAt = performance.now();
  await expect(db.query('select 1')).rejects.toMatchObject(SILENT);
  expect(performance.now() - begunAt).toBeGreaterThanOrEqual(LIMIT_MS - 5);
  await expect(db.query('select 1')).rejects.toMatchObject(SILENT);
  expect(sockets).toHaveLength(2);
});

it('fails a transaction, and gives its connection up', async () => {
  await expect(db.transaction((tx) => tx.query('select 1'))).rejects.toMatchObject(SILENT);
  await expect(db.query('select 1')).rejects.toMatchObject(SILENT);
  expect(sockets).toHaveLength(2);
});

it('outlives a connection that ends in the moment in which a transaction gets it', async () => {
  welcome = Buffer.concat([WELCOME, TERMINATED]);
  await expect(db.transaction((tx) => tx.query('select 1'))).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
  });
  welcome = WELCOME;
  await expect(db.query('select 1')).rejects.toMatchObject(SILENT);
  expect(sockets).toHaveLength(2);
});
