/** The embedded database as a supervised process of its own: PGlite blocks the program it runs in. */
import { startChild, type Child, type ChildOptions } from '../process/child';
import { entryPath } from '../process/entry';
import { databaseUrl } from '../process/unix-socket';

export interface DatabaseProcessOptions extends Pick<
  ChildOptions,
  'logFile' | 'onEvent' | 'restarts' | 'startStop'
> {
  readonly socketDir: string;
  /** Absent: in memory, and empty again after a restart. */
  readonly dataDir?: string;
  /** A dump to start an empty database from. */
  readonly template?: string;
  /** Where stop() leaves a dump for later starts. */
  readonly dump?: string;
}

/** A new data folder takes up to 7 s on a busy machine. */
const READY_TIMEOUT_MS = 60_000;
/** Room for the checkpoint, and for a dump. */
const GRACE_MS = 20_000;

export async function startDatabase(
  options: DatabaseProcessOptions,
): Promise<Child & { readonly url: string }> {
  const { socketDir, dataDir, template, dump, ...rest } = options;
  const args = Object.entries({ socket: socketDir, data: dataDir, template, dump }).flatMap(
    ([name, value]) => (value === undefined ? [] : [`--${name}`, value]),
  );
  const child = await startChild({
    ...rest,
    name: 'database',
    // It needs no setting, and no key of ours.
    env: {},
    module: entryPath('local/postgres/database'),
    args,
    readyTimeoutMs: READY_TIMEOUT_MS,
    graceMs: GRACE_MS,
  });
  return { ...child, url: databaseUrl(socketDir) };
}
