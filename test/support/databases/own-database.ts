/** A database that no other test uses and that a test may kill, embedded or on the given server. */
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { databaseUrl } from '../../../src/local/process/unix-socket';
import { migrate } from '../../../src/store/migrate';
import { startProgram, type Part } from '../processes/program';
import { createDatabaseOn, type Prepare } from './server-database';

export interface OwnDatabase extends Part {
  readonly url: string;
  stop(): Promise<void>;
}

/** @param prepare what it begins with. Default: this version's schema */
export function startOwnDatabase(prepare: Prepare = migrate): Promise<OwnDatabase> {
  const server = process.env['TEST_DATABASE_URL'];
  return server === undefined ? startEmbedded(prepare) : createOn(server, prepare);
}

async function startEmbedded(prepare: Prepare): Promise<OwnDatabase> {
  const folder = mkdtempSync(join(tmpdir(), 'bss-own-'));
  const args = ['--socket', folder, '--data', join(folder, 'data')];
  const program = await startProgram({ module: 'local/postgres/database', args });
  const url = databaseUrl(folder);
  await prepare(url);
  return {
    url,
    kill: (signal) => program.kill(signal),
    start: () => program.start(),
    async stop() {
      await program.kill('SIGTERM');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Somebody else's server is not ours to kill: all its sessions of this database are. */
async function createOn(server: string, prepare: Prepare): Promise<OwnDatabase> {
  const { name, url, admin, drop } = await createDatabaseOn(server, 'sync_own', prepare);
  return {
    url,
    kill: () =>
      admin(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`),
    start: () => Promise.resolve(),
    stop: drop,
  };
}
