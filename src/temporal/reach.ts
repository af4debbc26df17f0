/** Why an address is not reached: gRPC goes on trying until its time is over, and then says only that it is. */
import { connect } from 'node:net';
import { causeOf } from './faults';

/** Milliseconds. A refusal comes at once, and so does a name that nobody knows. */
const LOOK_MS = 2_000;

/** undefined: something listens there. */
export function refusalOf(address: string, lookMs = LOOK_MS): Promise<string | undefined> {
  const { hostname, port } = new URL(`tcp://${address}`);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) });
    const end = (cause: string | undefined) => {
      socket.destroy();
      resolve(cause);
    };
    socket.setTimeout(lookMs, () => end('ETIMEDOUT'));
    socket.once('connect', () => end(undefined));
    socket.once('error', (error) => end(causeOf(error)));
  });
}
