/** The ports that a state folder keeps, and what happens when somebody else is quicker. */
import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import { freePort } from '../../src/local/process/ports';
import { onKeptPort } from '../../src/local/run/kept';
import { scratchFolder, type Scratch } from '../support/processes/local-support';

let scratch: Scratch;
const servers: Server[] = [];
beforeEach(() => void (scratch = scratchFolder()));
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
  scratch.remove();
});

async function listen(port: number): Promise<number> {
  const server = createServer().listen(port, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return port;
}

test('a port that was taken once is kept, until another one is asked for', async () => {
  const wanted = await freePort(0);
  await listen(wanted);
  const kept = await onKeptPort(scratch, 'part', wanted, (port) => Promise.resolve(port));
  expect(kept).not.toBe(wanted);
  servers.pop()?.close();
  expect(await onKeptPort(scratch, 'part', wanted, (port) => Promise.resolve(port))).toBe(kept);
  const other = await freePort(0, [wanted, kept]);
  expect(await onKeptPort(scratch, 'part', other, (port) => Promise.resolve(port))).toBe(other);
});

test('a race for a port that was lost is run again on another one', async () => {
  const wanted = await freePort(0);
  const tried: number[] = [];
  const won = await onKeptPort(scratch, 'part', wanted, async (port) => {
    tried.push(port);
    if (tried.length > 1) return port;
    await listen(port);
    throw new Error('EADDRINUSE');
  });
  expect(tried).toEqual([wanted, won]);
  expect(won).not.toBe(wanted);
});

test('a part that fails for another reason fails', async () => {
  const start = () => Promise.reject(new Error('broken'));
  await expect(onKeptPort(scratch, 'part', 0, start)).rejects.toThrow('broken');
});
