/**
 * A distance: passes bytes on both ways, each half of the round trip later. As a program:
 * `delay --to <port | path of a socket> --ms <round trip>`.
 */
import { connect, createServer, type Socket } from 'node:net';
import { parseArgs } from 'node:util';
import { endWithParent, reportReady } from '../src/local/process/entry';

function pass(from: Socket, to: Socket, ms: number): void {
  from.setNoDelay(true);
  // Timers of one length fire in the order in which they were set.
  from.on('data', (chunk) => setTimeout(() => to.writable && to.write(chunk), ms));
  from.on('close', () => setTimeout(() => to.destroy(), ms));
  from.on('error', () => from.destroy());
}

function main(): void {
  const { values } = parseArgs({ options: { to: { type: 'string' }, ms: { type: 'string' } } });
  const { to = '', ms } = values;
  const oneWay = Number(ms) / 2;
  const server = createServer((client) => {
    const target = /^\d+$/.test(to) ? connect(Number(to), '127.0.0.1') : connect(to);
    pass(client, target, oneWay);
    pass(target, client, oneWay);
  });
  endWithParent();
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('not on a port');
    process.once('SIGTERM', () => process.exit(0));
    reportReady({ port: String(address.port) });
  });
}

main();
