/** The data folder of the embedded database, seen from outside. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Exit code of the database's program when it did not open its folder; every other fault has another one. */
export const UNOPENED = 3;

/** Major version of the Postgres that made it; undefined: it is none, or not whole. */
export function versionOf(dataDir: string): string | undefined {
  const file = join(dataDir, 'PG_VERSION');
  const [, version] = /^(\d+)\s*$/.exec(existsSync(file) ? readFileSync(file, 'utf8') : '') ?? [];
  return version;
}

/** Files without what each data folder has: PGlite would make an empty database over them, without a word. */
export function isHalf(dataDir: string): boolean {
  return existsSync(dataDir) && readdirSync(dataDir).length > 0 && versionOf(dataDir) === undefined;
}
