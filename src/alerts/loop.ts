/**
 * Looks for problems and tells them, for as long as a program runs, and lifts pauses whose cause is over. The worker runs it, and so does the
 * server, which notices when no worker is there; rows are taken for a while, so no two do the same.
 */
import { liftOnceWell } from '../instances/lift-pause';
import { startLoop, type Loop } from '../loop';
import { takeTellings } from '../store/alert-channels';
import { takeLooks } from '../store/alerts';
import { askForLook, takeProbes } from '../store/pauses';
import { codeOf } from '../temporal/faults';
import { servedIds, webhookOf, type AlertDeps } from './deps';
import { look } from './look';
import { tell } from './tell';

/** At a time: each waits for Temporal, Blnk or a webhook most of the time. */
const AT_ONCE = 8;

export function startAlerts(deps: AlertDeps): Loop {
  return startLoop(
    () => alertOnce(deps),
    (error) => deps.log.error({ ...faultOf(error) }, 'alerts.failed'),
  );
}

/** One round. @param instanceId only this one @returns how much there was to do */
export async function alertOnce(deps: AlertDeps, instanceId?: string): Promise<number> {
  const served = servedIds(deps, instanceId);
  const looks = await takeLooks(deps.db, served, AT_ONCE);
  await Promise.all(looks.map((id) => safely(deps, id, 'alerts.look_failed', look)));
  const probes = await takeProbes(deps.db, served, AT_ONCE);
  await Promise.all(probes.map((id) => safely(deps, id, 'alerts.probe_failed', tryPaused)));
  const channels = ['cloud' as const, ...webhookOf(deps)];
  const tellings = await takeTellings(deps.db, served, channels, AT_ONCE);
  await Promise.all(tellings.map((telling) => tell(deps, telling)));
  return looks.length + probes.length + tellings.length;
}

/** The next time comes by itself; the other instances must not wait for it. */
async function safely(
  deps: AlertDeps,
  instanceId: string,
  failed: string,
  work: (deps: AlertDeps, instanceId: string) => Promise<void>,
): Promise<void> {
  try {
    await work(deps, instanceId);
  } catch (error) {
    deps.log.warn({ instanceId, ...faultOf(error) }, failed);
  }
}

/** What a refused key, or whatever else we have paused for, comes to by itself. */
async function tryPaused(deps: AlertDeps, instanceId: string): Promise<void> {
  const code = await liftOnceWell(deps, await deps.temporal(), instanceId);
  if (code === undefined) return;
  deps.log.info({ instanceId, code }, 'schedule.resumed');
  await askForLook(deps.db, instanceId);
}

function faultOf(error: unknown): Record<string, unknown> {
  const code = codeOf(error);
  return { code, ...(code === 'INTERNAL' && error instanceof Error && { stack: error.stack }) };
}
