/**
 * Serves one PGlite to many clients over the Postgres protocol. PGlite has a single session, so a
 * client gets it for a whole batch (Parse to Sync) and, once it has begun a transaction, until that
 * ends. pglite-socket hands over after each message, which binds one client's values to another
 * client's statement (docs/decisions/local-parts.md).
 */
import type { PGlite } from '@electric-sql/pglite';
import { createServer, type Socket } from 'node:net';
import { listenOn } from '../process/unix-socket';

export interface WireServer {
  readonly db: PGlite;
  /** Runs `work` once no client has a transaction open; all of them wait meanwhile. */
  between(work: (db: PGlite) => Promise<void>): Promise<void>;
  /** Ends every connection; open transactions are rolled back. */
  close(): Promise<void>;
}

interface Client {
  readonly socket: Socket;
  gone: boolean;
}

/** Something of our own, for which no client may be in the middle of anything. */
interface Chore {
  readonly client: undefined;
  readonly run: (db: PGlite) => Promise<void>;
}

/** Bytes that PGlite gets in one go. */
interface Turn {
  readonly client: Client;
  readonly bytes: Buffer;
  /** Its batch goes on: nobody else may have the session after this turn. */
  readonly open: boolean;
}

/**
 * @param path Unix socket. It is taken before the database is opened, since two processes must not
 * have one data folder open; who connects too early waits.
 * @param onBroken PGlite threw, which it does only when its session has ended (COPY FROM STDIN does
 * that): nothing more can be asked of it
 * @throws SyncError SOCKET_IN_USE
 */
export async function serveDatabase(
  open: () => Promise<PGlite>,
  path: string,
  onBroken: (error: unknown) => void,
): Promise<WireServer> {
  let opened: (db: PGlite) => void = () => undefined;
  const session = shareSession(new Promise((resolve) => (opened = resolve)), onBroken);
  const clients = new Set<Client>();
  const server = createServer((socket) => {
    const client: Client = { socket, gone: false };
    clients.add(client);
    const read = createReader(socket, (bytes, open) => session.add({ client, bytes, open }));
    socket.on('data', read);
    // A reset is followed by 'close', which does all there is to do.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      clients.delete(client);
      session.leave(client);
    });
  });
  await listenOn(server, path);
  const db = await open();
  opened(db);
  return {
    db,
    between: (work) => session.between(work),
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const { socket } of clients) socket.destroy();
      await closed;
      await session.idle();
    },
  };
}

function shareSession(opening: Promise<PGlite>, onBroken: (error: unknown) => void) {
  let waiting: (Turn | Chore)[] = [];
  let owner: Client | undefined;
  let running = false;
  let run = Promise.resolve();

  const next = (): Turn | Chore | undefined => {
    const index = owner === undefined ? 0 : waiting.findIndex(({ client }) => client === owner);
    return index < 0 ? undefined : waiting.splice(index, 1)[0];
  };

  const work = async () => {
    const db = await opening;
    for (let turn = next(); turn !== undefined; turn = next()) {
      if (turn.client === undefined) {
        await turn.run(db);
        continue;
      }
      const { client, bytes, open } = turn;
      await db.runExclusive(() =>
        db.execProtocolRawStream(bytes, {
          // A view into PGlite's memory, which its next answer overwrites.
          onRawData: (data) => client.gone || client.socket.write(Buffer.from(data)),
        }),
      );
      owner = open || db.isInTransaction() ? client : undefined;
      if (client.gone && owner !== undefined) waiting.unshift(abandon(client));
    }
    running = false;
  };

  const wake = () => {
    if (running) return;
    running = true;
    // A broken session stays "running", so that it gets no more turns.
    run = work().catch(onBroken);
  };

  return {
    add(turn: Turn): void {
      waiting.push(turn);
      wake();
    },
    /** What it has not been given is dropped, what it left open is rolled back. */
    leave(client: Client): void {
      client.gone = true;
      waiting = waiting.filter((turn) => turn.client !== client);
      // While a turn of its own is running, work() does this after it.
      if (owner === client && !running) waiting.push(abandon(client));
      wake();
    },
    /** Rejects with what `work` throws, which is no end of the session. */
    between: (work: Chore['run']) =>
      new Promise<void>((resolve, reject) => {
        waiting.push({ client: undefined, run: (db) => work(db).then(resolve, reject) });
        wake();
      }),
    idle: () => run,
  };
}

const PROTOCOL_3 = 0x0003_0000;
const SSL_REQUEST = 80_877_103;
const GSS_REQUEST = 80_877_104;

/** Splits what a client sends into turns. */
function createReader(socket: Socket, take: (bytes: Buffer, open: boolean) => void) {
  let rest: Buffer = Buffer.alloc(0);
  let batch: Buffer[] = [];
  let started = false;

  const startup = (packet: Buffer): void => {
    const code = packet.readInt32BE(4);
    if (code === SSL_REQUEST || code === GSS_REQUEST) {
      socket.write('N');
    } else if (code >>> 16 === PROTOCOL_3 >>> 16) {
      started = true;
      take(STARTUP, false);
    } else {
      // A cancel request (PGlite finishes what it has begun), or not Postgres at all.
      socket.destroy();
    }
  };

  const message = (bytes: Buffer): void => {
    const type = String.fromCharCode(bytes[0] ?? 0);
    if (type === 'X') return void socket.end();
    batch.push(bytes);
    // Sync and a simple query end a batch. Flush asks for the answers so far in the middle of one.
    if (type !== 'S' && type !== 'Q' && type !== 'H') return;
    take(Buffer.concat(batch), type === 'H');
    batch = [];
  };

  return (chunk: Buffer): void => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (;;) {
      // A startup packet has no type byte before its length, but a code after it.
      const head = started ? 1 : 0;
      if (rest.length < (started ? 5 : 8)) return;
      const size = head + rest.readInt32BE(head);
      if (size < (started ? 5 : 8)) return void socket.destroy();
      if (rest.length < size) return;
      const bytes = rest.subarray(0, size);
      rest = rest.subarray(size);
      if (started) message(bytes);
      else startup(bytes);
    }
  };
}

/**
 * Every client is announced to PGlite as this one, whatever it calls itself: a startup packet that
 * PGlite refuses (one without a user, for example) ends its only session.
 */
const STARTUP = packet('', Buffer.concat([int32(PROTOCOL_3), text('user', 'postgres', '')]));

/** Ends the batch and the transaction that a client left open. */
function abandon(client: Client): Turn {
  const bytes = Buffer.concat([packet('S', Buffer.alloc(0)), packet('Q', text('rollback'))]);
  return { client, bytes, open: false };
}

function packet(type: string, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function text(...values: string[]): Buffer {
  return Buffer.from(values.map((value) => `${value}\0`).join(''));
}
