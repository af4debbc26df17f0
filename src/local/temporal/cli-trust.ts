/**
 * Whether an installed Temporal CLI may be run, looked at before it is: its SHA-256 is one of this release, or the
 * one that it had when it was first used from there.
 */
import { createHash } from 'node:crypto';
import { appendFileSync, createReadStream, mkdirSync } from 'node:fs';
import { readFile, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** By platform and processor, in Node's names. */
export type KnownSums = Readonly<Record<string, string>>;

export type Trust =
  | { readonly kind: 'known' }
  /** Never used before from there: `keep` remembers it. */
  | { readonly kind: 'new'; readonly sum: string; readonly keep: () => void }
  | { readonly kind: 'changed'; readonly sum: string; readonly before: string };

/**
 * By the file itself, wherever a link to it lies: an update by Homebrew puts a new version beside the old one.
 * @param memory file of what was used before, as `sha256sum` writes it
 */
export async function trustIn(file: string, known: KnownSums, memory: string): Promise<Trust> {
  const real = await realpath(file);
  const sum = await sha256(real);
  if (sum === known[`${process.platform}-${process.arch}`]) return { kind: 'known' };
  const before = (await usedBefore(memory)).get(real);
  if (before === sum) return { kind: 'known' };
  if (before !== undefined) return { kind: 'changed', sum, before };
  const keep = () => {
    mkdirSync(dirname(memory), { recursive: true, mode: 0o700 });
    appendFileSync(memory, `${sum}  ${real}\n`, { mode: 0o600 });
  };
  return { kind: 'new', sum, keep };
}

async function usedBefore(memory: string): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(memory, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  });
  const lines = [...text.matchAll(/^([0-9a-f]{64}) {2}(.+)$/gm)];
  return new Map(lines.map(([, sum = '', file = '']) => [file, sum]));
}

/** @throws Error unless the file is the executable of this release for this platform */
export async function assertKnown(file: string, known: KnownSums): Promise<void> {
  const found = await sha256(file);
  if (found !== expectedOf(known)) {
    throw new Error(`its executable is not the known one (SHA-256 ${found})`);
  }
}

/** @throws Error where this release has none for this platform */
export function expectedOf(known: KnownSums): string {
  const expected = known[`${process.platform}-${process.arch}`];
  if (expected === undefined) throw new Error(`no package for ${process.platform} ${process.arch}`);
  return expected;
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
