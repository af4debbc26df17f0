/** A checkout in a temporary folder, with the packages of this one, to build and to run programs in. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Ended } from './cli-process';

export const ROOT = join(__dirname, '..', '..', '..');

/** What the build reads, and what is started. */
const FILES = ['package.json', 'package-lock.json', 'scripts', 'src', 'sandbox'];

export function layOut(folder: string, files: readonly string[] = FILES): void {
  for (const file of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(ROOT, file), join(folder, file), { recursive: true, dereference: true });
  }
}

/** As `npm ci --omit=dev` leaves it: what is for development only is not there. */
export function linkPackages(folder: string): void {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean; optional?: boolean }>;
  };
  for (const [path, { dev }] of Object.entries(packages)) {
    if (dev === true || !/^node_modules\/(@[^/]+\/)?[^/]+$/.test(path)) continue;
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    symlinkSync(join(ROOT, path), join(folder, path));
  }
}

/** @param user another user than root, who may write anywhere */
export async function runNode(
  folder: string,
  args: readonly string[],
  { user, env = {} }: { user?: number; env?: Readonly<Record<string, string>> } = {},
): Promise<Ended> {
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(user !== undefined && { uid: user, gid: user }),
  });
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (part: string) => void (text[name] += part));
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...text };
}
