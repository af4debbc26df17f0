/**
 * `.data/<state>/`, the folder of everything that `npm start` keeps, and who runs in it: one process
 * at a time, found by others through running.json.
 */
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { SyncError } from '../../domain/errors';
import { formatTime } from '../../domain/text';
import { parseJson, readJson, writePrivateJson } from '../process/files';
import { askSocket, listenOn, socketFolder } from '../process/unix-socket';

const OWNER = z.object({ token: z.string(), pid: z.number(), startedAt: z.string() });

const FACTS = z.object({
  mode: z.enum(['sandbox', 'sandbox-ledger', 'main']),
  temporalAddress: z.string(),
  temporalNamespace: z.string(),
  webUiUrl: z.string(),
  databaseUrl: z.string(),
  /** Only with stand-ins. */
  sandbox: z
    .object({ stripeBase: z.string(), blnkUrl: z.string(), encryptionKeys: z.string() })
    .partial()
    .optional(),
  /** Parts that are being started again. */
  down: z.array(z.string()).optional(),
});

const RUNNING = OWNER.extend({ controlSocket: z.string(), ...FACTS.shape });

/** What other programs need to join in. */
export type RunningFacts = z.infer<typeof FACTS>;
export type Running = z.infer<typeof RUNNING>;

export interface StateFolder {
  readonly path: string;
  /** Short private folder for the sockets of its parts. */
  readonly socketDir: string;
  file(name: string): string;
  /** Tells other programs how to reach the parts. */
  publish(facts: RunningFacts): void;
  /** Last of all: it removes the sockets. */
  release(): Promise<void>;
}

function alreadyRunning(folder: string, owner: Pick<Running, 'pid' | 'startedAt'> | undefined) {
  return new SyncError('ALREADY_RUNNING', {
    folder,
    // One that is just ending answers without saying who it is.
    ...(owner && { process: String(owner.pid), since: formatTime(new Date(owner.startedAt)) }),
  });
}

const RUNNING_FILE = 'running.json';
const CONTROL_SOCKET = 'control.sock';

/** Long enough for a rival that found the same dead socket to have replaced ours, if it is going to. */
const SETTLE_MS = 200;

/**
 * Makes the folder and this process its only owner. What a killed owner left behind is taken over.
 * @throws SyncError ALREADY_RUNNING, DISK_UNWRITABLE
 */
export async function openStateFolder(folder: string): Promise<StateFolder> {
  makeFolder(folder);
  const socketDir = socketFolder(folder);

  // Its owner may use another temporary folder than we do: then only running.json leads to it.
  const other = await readRunning(folder);
  if (other !== undefined) throw alreadyRunning(folder, other);

  const owner = { token: randomUUID(), pid: process.pid, startedAt: new Date().toISOString() };
  const controlSocket = join(socketDir, CONTROL_SOCKET);
  const server = await claim(folder, controlSocket, owner);
  const runningFile = join(folder, RUNNING_FILE);
  rmSync(runningFile, { force: true });

  return {
    path: folder,
    socketDir,
    file: (name) => join(folder, name),
    publish: (facts) => writePrivateJson(runningFile, { ...owner, controlSocket, ...facts }),
    async release() {
      rmSync(runningFile, { force: true });
      rmSync(socketDir, { recursive: true, force: true });
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    chmodSync(folder, 0o700);
    // Of a folder on a full or read-only disk the mode alone may still be set.
    writePrivateJson(join(folder, 'space.start.tmp'), {});
    rmSync(join(folder, 'space.start.tmp'));
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    throw new SyncError('DISK_UNWRITABLE', { folder, cause: code }, { cause: error });
  }
}

/** Who runs in this folder; undefined when nobody does, or is not ready yet. */
export async function readRunning(folder: string): Promise<Running | undefined> {
  const running = readJson(join(folder, RUNNING_FILE), RUNNING);
  if (running === undefined) return undefined;
  const owner = await askOwner(running.controlSocket);
  return owner?.token === running.token ? running : undefined;
}

async function claim(
  folder: string,
  controlSocket: string,
  owner: z.infer<typeof OWNER>,
): Promise<Server> {
  // A process id alone may have been given to another program; who answers here is alive.
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.end(JSON.stringify(owner));
  });
  try {
    if ((await listenOn(server, controlSocket)) === 'new') return server;
  } catch (error) {
    if (!(error instanceof SyncError && error.code === 'SOCKET_IN_USE')) throw error;
    throw alreadyRunning(folder, await askOwner(controlSocket));
  }
  // Of two that take over at the same moment, the one that came last holds the path.
  await sleep(SETTLE_MS);
  const holder = await askOwner(controlSocket);
  if (holder?.token === owner.token) return server;
  server.close();
  throw alreadyRunning(folder, holder);
}

async function askOwner(controlSocket: string): Promise<z.infer<typeof OWNER> | undefined> {
  const said = await askSocket(controlSocket);
  return said === undefined ? undefined : parseJson(said, OWNER);
}
