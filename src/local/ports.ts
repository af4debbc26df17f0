/** Picks the loopback ports of the local parts. */
import { createServer } from 'node:net';

/**
 * The preferred port when it is free on loopback, else one that the system picks.
 * @param avoid ports promised to another part that does not listen yet
 */
export async function freePort(preferred: number, avoid: readonly number[] = []): Promise<number> {
  for (let wanted = avoid.includes(preferred) ? 0 : preferred; ; wanted = 0) {
    const port = await bind(wanted);
    if (port === undefined && wanted === 0) throw new Error('no free port on loopback');
    if (port !== undefined && !avoid.includes(port)) return port;
  }
}

/** The port that was bound and let go again; undefined when it is taken. */
function bind(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    // Whatever keeps us from binding it (taken, or below 1024 without the right) makes it useless.
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address();
      const bound = address !== null && typeof address === 'object' ? address.port : undefined;
      server.close(() => resolve(bound));
    });
  });
}
