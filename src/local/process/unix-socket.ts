/**
 * Unix sockets of the local parts: a short private folder for them, and listening on one without
 * stealing it from a living owner.
 */
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, realpathSync, renameSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { SyncError } from '../../domain/errors';

/** A socket's path holds 104 bytes on macOS (108 on Linux), of which our names take up to 24. */
const LONGEST_FOLDER = 79;

/** A dead socket refuses at once; the owner of a living one may have nothing to say. */
const ALIVE_MS = 200;

/** The name by which `pg` finds a socket in its folder: the port's number is part of it. */
const DATABASE_SOCKET = '.s.PGSQL.5432';

export function databaseSocket(socketDir: string): string {
  return join(socketDir, DATABASE_SOCKET);
}

/** What DATABASE_URL is for the embedded database. */
export function databaseUrl(socketDir: string): string {
  return `postgresql://postgres@/postgres?host=${encodeURIComponent(socketDir)}`;
}

/**
 * The folder for the sockets of one state folder, made when it is missing. State folders may lie too
 * deep for a socket's path, so this one is in the system's temporary folder. That is shared with
 * other users, and who can write into the folder can pose as the database: it must be ours alone.
 */
export function socketFolder(stateFolder: string, temporary = tmpdir()): string {
  const { uid } = userInfo();
  const id = createHash('sha256')
    .update(`${realpathSync(stateFolder)}\n${uid}`)
    .digest('hex');
  const name = `blnk-sync-${id.slice(0, 12)}`;
  const base = Buffer.byteLength(join(temporary, name)) > LONGEST_FOLDER ? '/tmp' : temporary;
  const folder = join(base, name);
  makePrivateFolder(folder, uid);
  return folder;
}

function makePrivateFolder(folder: string, uid: number): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
    // The umask can only take rights away, but one of 0700 would leave us none.
    chmodSync(folder, 0o700);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
    const found = lstatSync(folder);
    if (!found.isDirectory() || found.uid !== uid || (found.mode & 0o077) !== 0) {
      throw new Error(`${folder} is not a folder that only this user can open; remove it`, {
        cause: error,
      });
    }
  }
}

/**
 * What the owner of a socket says on being connected to; '' for one that accepts and says nothing
 * in time; undefined when nobody listens there.
 */
export function askSocket(path: string, timeoutMs = 2_000): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    let said = '';
    const socket = connect(path);
    const timer = setTimeout(() => finish(said), timeoutMs);
    const finish = (answer: string | undefined) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => (said += text));
    socket.on('end', () => finish(said));
    socket.on('error', (error) => {
      // ECONNRESET: the owner accepted and then died, or closed while it was stopping.
      if (
        ['ECONNREFUSED', 'ENOENT', 'ECONNRESET', 'ENOTSOCK'].some((code) => hasCode(error, code))
      ) {
        finish(undefined);
      } else {
        clearTimeout(timer);
        reject(error);
      }
    });
  });
}

/**
 * Listens on a path. The file that a killed owner left behind is replaced in one step: removing it
 * first could remove the socket of a rival that has just replaced it as well.
 * @throws SyncError SOCKET_IN_USE when its owner is alive
 */
export async function listenOn(server: Server, path: string): Promise<'new' | 'taken over'> {
  try {
    await listen(server, path);
    return 'new';
  } catch (error) {
    if (!hasCode(error, 'EADDRINUSE')) throw error;
  }
  if ((await askSocket(path, ALIVE_MS)) !== undefined) {
    throw new SyncError('SOCKET_IN_USE', { socket: path });
  }
  const draft = `${path}.${randomBytes(4).toString('hex')}`;
  await listen(server, draft);
  renameSync(draft, path);
  return 'taken over';
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Whether a system call, or a program, failed with this code. */
export function hasCode(error: unknown, code: string | number): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
