/**
 * The embedded database: PGlite on a data folder, behind a Unix socket that `pg` connects to. It only
 * serves; whoever supervises it migrates through the socket. As a program:
 * `database --socket <folder> [--data <folder>] [--template <file>] [--dump <file>] [--vacuum-every <ms>]`.
 */
import { openAsBlob } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { inspect, parseArgs } from 'node:util';
import { PGlite } from '@electric-sql/pglite';
import { isHalf, UNOPENED } from './data-folder';
import { endWithParent, reportReady } from '../process/entry';
import { databaseSocket, databaseUrl } from '../process/unix-socket';
import { keepVacuumed } from './vacuum';
import { serveDatabase } from './wire-server';

export interface DatabaseOptions {
  /** Absent: in memory. */
  readonly dataDir?: string;
  /** A dump to start from, for an empty data folder or memory: opens in a third of the time. */
  readonly template?: string;
  readonly socketDir: string;
  readonly onBroken: (error: unknown) => void;
  /** Milliseconds between two looks for tables to vacuum; default half a minute. */
  readonly vacuumEveryMs?: number;
}

export interface Database {
  readonly url: string;
  /** Writes a template of what it holds now. */
  dump(file: string): Promise<void>;
  close(): Promise<void>;
}

class UnopenedError extends Error {
  override readonly name = 'UnopenedError';
}

/** @throws SyncError SOCKET_IN_USE when another process serves on that socket */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { dataDir, template, socketDir, onBroken, vacuumEveryMs } = options;
  const open = async () => {
    if (dataDir !== undefined && isHalf(dataDir)) throw new UnopenedError(dataDir);
    const loadDataDir = template === undefined ? undefined : await openAsBlob(template);
    return PGlite.create({
      ...(dataDir === undefined ? {} : { dataDir }),
      ...(loadDataDir === undefined ? {} : { loadDataDir }),
    }).catch((cause: unknown) => {
      throw dataDir === undefined ? cause : new UnopenedError(dataDir, { cause });
    });
  };
  const server = await serveDatabase(open, databaseSocket(socketDir), onBroken);
  const ending = new AbortController();
  void keepVacuumed(server, ending.signal, vacuumEveryMs);
  return {
    url: databaseUrl(socketDir),
    async dump(file) {
      const blob = await server.db.dumpDataDir('none');
      await writeFile(file, new Uint8Array(await blob.arrayBuffer()), { mode: 0o600 });
    },
    async close() {
      ending.abort();
      await server.close();
      await server.db.close();
    },
  };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      socket: { type: 'string' },
      data: { type: 'string' },
      template: { type: 'string' },
      dump: { type: 'string' },
      'vacuum-every': { type: 'string' },
    },
  });
  const { socket: socketDir, data: dataDir, template, dump, 'vacuum-every': every } = values;
  if (socketDir === undefined)
    throw new Error('usage: database --socket <folder> [--data <folder>]');

  const database = await openDatabase({
    ...(dataDir === undefined ? {} : { dataDir }),
    ...(template === undefined ? {} : { template }),
    ...(every === undefined ? {} : { vacuumEveryMs: Number(every) }),
    socketDir,
    // The supervisor starts it again; every acknowledged row is in the data folder.
    onBroken: fail,
  });
  process.once('SIGTERM', () => {
    void (async () => {
      if (dump !== undefined) await database.dump(dump);
      await database.close();
      process.exit(0);
    })().catch(fail);
  });
  endWithParent();
  reportReady({ databaseUrl: database.url });
}

function fail(error: unknown): void {
  // PGlite also throws what is no Error.
  process.stderr.write(`database: ${inspect(error)}\n`);
  process.exit(error instanceof UnopenedError ? UNOPENED : 1);
}

if (require.main === module) main().catch(fail);
