/** What goes wrong around the syncs while `npm start` runs: each trouble is a line when it begins and when it is over. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { databaseProbe } from '../../checks/database';
import { diskProbe } from '../../checks/disk';
import { runProbes, type Probe } from '../../checks/probe';
import { stallProbe, waitsProbe } from '../../checks/stall';
import { temporalScheduleProbe } from '../../checks/temporal-schedule';
import { SyncError } from '../../domain/errors';
import { unusableBy } from '../postgres/damage';
import type { Db } from '../../store/db';
import type { Infrastructure } from './parts';
import type { Screen } from './screen';

/** Milliseconds between two looks. */
const LOOK_MS = 15_000;

/** Ends, without an error, when `stop` does. */
export async function watchTrouble(
  probes: readonly Probe[],
  screen: Pick<Screen, 'trouble' | 'line'>,
  stop: AbortSignal,
  lookMs = LOOK_MS,
): Promise<void> {
  const told = new Set<string>();
  for (;;) {
    await sleep(lookMs, undefined, { signal: stop }).catch(() => undefined);
    if (stop.aborted) return;
    for (const { name, ok, detail, next } of await runProbes(probes)) {
      if (ok && told.delete(name)) screen.line(`  ${name}: well again`);
      if (ok || told.has(name)) continue;
      told.add(name);
      screen.trouble(`${name}: ${detail}.${next === undefined ? '' : ` ${next}`}`);
    }
  }
}

/** Bytes: with less, whatever writes has stopped. */
const FULL = 1024 * 1024;

/** On a full disk parts end one after another, and what each of them says last is about something else. */
export function whyGivenUp(error: Error, folder: string): Error {
  const cause = unusableBy(folder, FULL);
  if (cause === undefined) return error;
  return new SyncError('DISK_UNWRITABLE', { folder, cause }, { cause: error });
}

/** What `check` asks too, as far as it can go wrong by itself while all runs. */
export function troubleProbes(
  { local }: Infrastructure,
  folder: string,
  client: Client,
  db: Db,
  instanceId: string | undefined,
): Probe[] {
  const where = local ? 'embedded Postgres' : 'DATABASE_URL';
  return [
    ...(local ? [diskProbe(folder)] : []),
    databaseProbe(() => Promise.resolve(db), where, instanceId ?? ''),
    ...(instanceId === undefined
      ? []
      : [
          temporalScheduleProbe(() => Promise.resolve(client), instanceId),
          stallProbe(
            () => Promise.resolve(client),
            () => Promise.resolve(db),
            instanceId,
          ),
          waitsProbe(client, db, instanceId),
        ]),
  ];
}
