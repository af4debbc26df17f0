/** Why a database cannot be used reaches the reader, by `migrate` as by every other statement. */
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { databaseUrl } from '../../src/local/process/unix-socket';
import { connectDb } from '../../src/store/db';
import { migrate } from '../../src/store/migrate';
import { startProgram } from '../support/processes/program';
import { SELF_SIGNED } from '../support/proxies/self-signed';

/** A server that answers the request for TLS, and goes on with whatever comes of it. */
async function answering(answer: 'N' | 'S'): Promise<{ url: string; server: Server }> {
  const server = createServer((socket: Socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      socket.write(answer);
      if (answer === 'N') return;
      new TLSSocket(socket, { isServer: true, ...SELF_SIGNED }).on('error', () => undefined);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `postgresql://sync@127.0.0.1:${port}/sync?sslmode=verify-full`, server };
}

test.each([
  ['N', 'SSL_NOT_SUPPORTED', 'does not support SSL'],
  ['S', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'certificate of the server is not trusted'],
] as const)('a server that says %s to TLS is told as %s', async (answer, cause, words) => {
  const { url, server } = await answering(answer);
  const expected = { code: 'STORE_UNAVAILABLE', details: { cause } };
  try {
    await expect(migrate(url)).rejects.toMatchObject(expected);
    await expect(migrate(url)).rejects.toThrow(words);
    const db = connectDb(url, 1);
    await expect(db.query('select 1')).rejects.toMatchObject(expected);
    await db.close();
  } finally {
    server.close();
  }
});

it('names the grant that `migrate` lacks', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bss-grant-'));
  const program = await startProgram({
    module: 'local/postgres/database',
    args: ['--socket', folder],
  });
  const url = databaseUrl(folder);
  // Of the embedded database all connections share one session, and so its user.
  const db = connectDb(url, 1);
  try {
    await db.query('revoke create on schema public from public');
    await db.query('create role limited');
    await db.query('set session authorization limited');
    const refused = migrate(url);
    await expect(refused).rejects.toMatchObject({ details: { step: 'migrate', cause: '42501' } });
    await expect(refused).rejects.toThrow('grant create on schema public');
  } finally {
    await db.close();
    await program.kill('SIGTERM');
    await rm(folder, { recursive: true, force: true });
  }
});
