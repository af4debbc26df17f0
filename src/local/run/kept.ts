/**
 * What a state folder keeps of how it was begun: the ports of its parts, since links and the ledger are known
 * by them, and the scenario of its payments, since what was booked came from it.
 */
import { closeSync, openSync, readdirSync, readSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { SyncError } from '../../domain/errors';
import { parseJson, readJson, writePrivateJson } from '../process/files';
import { freePort, isFreePort } from '../process/ports';
import type { StateFolder } from '../state/state-folder';
import { hasCode } from '../process/unix-socket';
import { SCENARIOS, type Scenario } from './arguments';

type Files = Pick<StateFolder, 'file'>;

/** By name of the part. `wanted`: what was asked for then; a port that is set anew is taken anew. */
const PORTS = z.record(z.string(), z.object({ wanted: z.number(), port: z.number() }));

/** Between the look that finds a port free and the part that listens on it, another program may take it. */
const TRIES = 3;

/** Starts a part on the port of the last run if it can be had, and else on another one. */
export async function onKeptPort<T>(
  state: Files,
  name: string,
  wanted: number,
  start: (port: number) => Promise<T>,
  avoid: readonly number[] = [],
): Promise<T> {
  const file = state.file('ports.json');
  const read = () => readJson(file, PORTS) ?? {};
  const { [name]: kept, ...others } = read();
  const preferred = kept?.wanted === wanted ? kept.port : wanted;
  const avoided = [...avoid, ...Object.values(others).map(({ port }) => port)];
  for (let tries = 1; ; tries += 1) {
    const port = await freePort(preferred, avoided);
    try {
      const started = await start(port);
      writePrivateJson(file, { ...read(), [name]: { wanted, port } });
      return started;
    } catch (error) {
      if (tries === TRIES || (await isFreePort(port))) throw error;
      avoided.push(port);
    }
  }
}

const OPENED = z.looseObject({ kind: z.literal('opened'), scenario: z.enum(SCENARIOS) });
/** More than the first line of a journal takes. */
const LINE_BYTES = 1_000;

/** @throws SyncError USAGE when the payments of this folder are of another scenario than the one asked for */
export function scenarioOf(state: Files, asked: Scenario | undefined): Scenario {
  const [line = ''] = beginningOf(state.file('stripe.jsonl')).split('\n');
  const held = parseJson(line, OPENED)?.scenario;
  if (asked !== undefined && held !== undefined && asked !== held) {
    const why = `${asked} is not what this sandbox began with (${held}); with --reset it begins anew`;
    throw new SyncError('USAGE', { '--scenario': why });
  }
  return asked ?? held ?? 'default';
}

/** Forgets all that a sandbox has kept. Only its owner may call this. */
export function resetFolder({ path }: Pick<StateFolder, 'path'>): void {
  for (const name of readdirSync(path)) rmSync(join(path, name), { recursive: true, force: true });
}

function beginningOf(file: string): string {
  try {
    const opened = openSync(file, 'r');
    try {
      const bytes = Buffer.alloc(LINE_BYTES);
      return bytes.toString('utf8', 0, readSync(opened, bytes, 0, LINE_BYTES, 0));
    } finally {
      closeSync(opened);
    }
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return '';
    throw error;
  }
}
