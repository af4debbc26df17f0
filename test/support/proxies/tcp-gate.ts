/**
 * Between a worker and what it talks to: stops a connection at a chosen text, so that a test can kill
 * the worker exactly there. Works on the bytes, hence the same for HTTP, Postgres and Temporal.
 */
import { connect, createServer, type NetConnectOpts, type Socket } from 'node:net';

export interface Stop {
  /** Sent by the worker one after another on one connection; the last one is what is stopped. */
  readonly texts: readonly string[];
  /** `request`: it never arrives. `answer`: it arrives, and what is said to it reaches nobody. */
  readonly at: 'request' | 'answer';
  /** Which of them all. Default 1. */
  readonly nth?: number;
}

export interface Stopped {
  /** The worker waits at the stop: its request is kept back, or its answer has come. Else a throw. */
  readonly reached: Promise<void>;
  /** Lets everything pass. */
  release(): void;
}

export interface TcpGate {
  readonly port: number;
  /** Replaces an earlier stop, which is released. */
  stop(where: Stop): Stopped;
  close(): Promise<void>;
}

interface Waiting {
  readonly where: Stop;
  readonly reach: () => void;
  /** Texts that have passed on all connections. */
  passed: number;
  /** The connection that has been stopped. */
  held?: Socket;
  flush: () => void;
}

/** Room for a text that is cut in two by the network. */
const TAIL = 200;
const REACH_MS = 100_000;

/** @param createReader reads what one client says, where that is not its bytes */
export async function startTcpGate(
  target: NetConnectOpts,
  createReader: () => (chunk: Buffer) => string = () => (chunk) => chunk.toString('latin1'),
): Promise<TcpGate> {
  let waiting: Waiting | undefined;
  const sockets = new Set<Socket>();

  function join(client: Socket): void {
    const server = connect(target);
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        server.destroy();
      });
    }
    const read = createReader();
    const follower = createFollower();
    let kept: (() => void)[] = [];
    /** A socket is read all the time: a paused one would not notice that its end was killed. */
    const pass = (to: Socket, chunk: Buffer, hold: boolean): void => {
      if (hold) kept.push(() => to.write(chunk));
      else to.write(chunk);
    };
    const holds = (at: Stop['at']) => waiting?.held === client && waiting.where.at === at;
    client.on('data', (chunk) => {
      const text = read(chunk);
      if (waiting && !waiting.held && follower.arrives(waiting, text)) {
        waiting.held = client;
        waiting.flush = () => {
          for (const write of kept) write();
          kept = [];
        };
        if (waiting.where.at === 'request') waiting.reach();
      }
      pass(server, chunk, holds('request'));
    });
    server.on('data', (chunk) => {
      const hold = holds('answer');
      if (hold) waiting?.reach();
      pass(client, chunk, hold);
    });
  }

  const gate = createServer(join);
  await new Promise<void>((resolve) => gate.listen(0, '127.0.0.1', resolve));
  const address = gate.address();
  if (address === null || typeof address === 'string') throw new Error('not listening on a port');
  const release = (stopped?: Waiting) => {
    if (waiting === stopped) waiting = undefined;
    stopped?.flush();
  };
  return {
    port: address.port,
    stop(where) {
      release(waiting);
      let reach: () => void = () => undefined;
      const reached = new Promise<void>((resolve, reject) => {
        const late = new Error(`it never came to: ${where.texts.join(' … ')}`);
        const timer = setTimeout(() => reject(late), REACH_MS);
        reach = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      const stopped: Waiting = { where, reach, passed: 0, flush: () => undefined };
      waiting = stopped;
      return { reached, release: () => release(stopped) };
    },
    close: () =>
      new Promise((resolve) => {
        gate.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** Follows one connection through the texts of a stop. */
function createFollower(): { arrives(waiting: Waiting, said: string): boolean } {
  let followed: Stop | undefined;
  let seen = '';
  let step = 0;
  return {
    arrives(waiting, said) {
      const { texts, nth = 1 } = waiting.where;
      if (followed !== waiting.where) [followed, seen, step] = [waiting.where, '', 0];
      seen += said;
      for (;;) {
        const text = texts[step] ?? '';
        const at = seen.indexOf(text);
        if (at < 0) {
          seen = seen.slice(-TAIL);
          return false;
        }
        seen = seen.slice(at + text.length);
        step = (step + 1) % texts.length;
        if (step !== 0) continue;
        waiting.passed += 1;
        if (waiting.passed === nth) return true;
      }
    },
  };
}
