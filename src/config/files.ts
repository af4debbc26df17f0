/**
 * Settings that are given as files, NAME_FILE instead of NAME. What container engines mount as a secret
 * stands in no environment, so neither `inspect` nor a child process shows it.
 */
import { readFileSync } from 'node:fs';
import type { Environment } from './combinations';
import { SETTING_NAMES } from './settings';

/** @returns the environment with what the files hold, and which of them could not be read */
export function withFiles(environment: Environment): {
  readonly values: Environment;
  readonly problems: Readonly<Record<string, string>>;
} {
  const values: Record<string, string | undefined> = { ...environment };
  const problems: Record<string, string> = {};
  for (const name of SETTING_NAMES) {
    const from = `${name}_FILE`;
    const file = environment[from]?.trim() ?? '';
    // Its name begins like a setting that it may turn out not to be: an empty file is none.
    values[from] = undefined;
    // An empty one too: that is how a sandbox says that there is none.
    if (file === '' || environment[name] !== undefined) continue;
    try {
      values[name] = readFileSync(file, 'utf8').trim();
    } catch (error) {
      const { code = 'unknown' } = error as NodeJS.ErrnoException;
      problems[from] = `cannot be read (${code})`;
    }
  }
  return { values, problems };
}
