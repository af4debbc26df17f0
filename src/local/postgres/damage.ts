/**
 * A data folder of the embedded database that cannot be opened. Only what is truly damaged is set aside, whole and
 * beside it: never for a full disk, a missing right, another version of Postgres or a database that is still in use.
 */
import {
  accessSync,
  constants,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SyncError } from '../../domain/errors';
import { connectDb } from '../../store/db';
import { isPartFailure } from '../process/child';
import { UNOPENED, versionOf } from './data-folder';
import { startDatabase } from './database-process';

/** Bytes: a segment of its log and a checkpoint. With less, a whole folder does not open either. */
const ROOM = 64 * 1024 * 1024;

/**
 * @param error that the start of the database ended in
 * @returns the folder's new place
 * @throws SyncError DISK_UNWRITABLE, DATABASE_UNOPENED, or the error itself, when it is not for damage
 */
export async function setAsideDamaged(
  error: unknown,
  dataDir: string,
  logFile: string,
): Promise<string> {
  if (!isPartFailure(error) || error.details['exit_code'] !== UNOPENED) throw error;
  const cause = unusableBy(dataDir);
  if (cause !== undefined) throw new SyncError('DISK_UNWRITABLE', { folder: dataDir, cause });
  const known = versionOf(dataDir);
  const own = await versionHere(logFile);
  // Where an empty database does not open either, it is not for what is in the folder.
  if (own === undefined) throw error;
  if (known !== undefined && known !== own) {
    throw new SyncError('DATABASE_UNOPENED', { folder: dataDir, version: known, reads: own });
  }
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const place = `${dataDir}.damaged-${time}`;
  renameSync(dataDir, place);
  return place;
}

/** The code of the system, where the disk or the rights are the trouble. */
export function unusableBy(dataDir: string, room = ROOM): string | undefined {
  try {
    const { bavail, bsize } = statfsSync(dataDir);
    if (bavail * bsize < room) return 'ENOSPC';
    const paths = readdirSync(dataDir, { recursive: true, encoding: 'utf8' });
    for (const path of ['.', ...paths]) {
      accessSync(join(dataDir, path), constants.R_OK | constants.W_OK);
    }
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  }
}

/** Of a database in memory; undefined: none can be started here. */
async function versionHere(logFile: string): Promise<string | undefined> {
  const socketDir = mkdtempSync(join(tmpdir(), 'blnk-try-'));
  try {
    const child = await startDatabase({ socketDir, logFile });
    const db = connectDb(child.url, 1);
    try {
      const [row] = await db.query<{ version: string }>(
        "select (current_setting('server_version_num')::int / 10000)::text as version",
      );
      return row?.version;
    } finally {
      await db.close();
      await child.stop();
    }
  } catch (error) {
    if (isPartFailure(error)) return undefined;
    throw error;
  } finally {
    rmSync(socketDir, { recursive: true, force: true });
  }
}
