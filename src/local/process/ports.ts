/** Picks the loopback ports of the local parts. */
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Below what any system lends to outgoing connections (Linux from 32,768, others from 49,152): what it
 * picks itself may be lent out again before a part listens on it.
 */
const OURS = [20_000, 32_000] as const;
const TRIES = 100;

/**
 * The preferred port when it is free on loopback, else another one.
 * @param preferred 0: any
 * @param avoid ports promised to another part that does not listen yet
 */
export async function freePort(preferred: number, avoid: readonly number[] = []): Promise<number> {
  const others = Array.from({ length: TRIES }, () => randomInt(...OURS));
  for (const port of preferred === 0 ? others : [preferred, ...others])
    if (!avoid.includes(port) && (await isFreePort(port))) return port;
  throw new Error('no free port on loopback');
}

export function isFreePort(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    // Whatever keeps us from binding it (taken, or below 1024 without the right) makes it useless.
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      server.close(() => resolve(true));
    });
  });
}
