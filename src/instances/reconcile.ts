/**
 * Carries intents out until they are done, whatever dies or is away in between. Runs in the server; a
 * command carries out those of its own instance by itself.
 */
import { startLoop, type Loop } from '../loop';
import {
  finishIntent,
  postponeIntent,
  takeProbes,
  takeSettles,
  type Intent,
} from '../store/intents';
import { sweepSessions } from '../store/portal-sessions';
import { codeOf } from '../temporal/faults';
import type { InstanceDeps } from './deps';
import { purgeLeft } from './retention';
import { settle } from './settle';
import { makeRoomForTrials, tryInstall, type Left } from './trial';

/** At a time: each waits for Temporal or Blnk most of the time. Anybody can make keys that are to be tried. */
const SETTLES_AT_ONCE = 8;
const PROBES_AT_ONCE = 32;

/** Milliseconds between two looks for instances that were left long enough ago. */
const PURGE_MS = 60 * 60_000;

/** Milliseconds between two removals of what sessions of the portal have left behind. */
const SWEEP_MS = 60_000;

/** Milliseconds for one attempt, well within the lease of an intent. */
const ATTEMPT_MS = 60_000;

/** Seconds until a run that was cancelled is looked for again. */
const UNTIL_ENDED = 1;

/** Two lanes: keys that Blnk is slow to answer about keep no uninstall waiting. */
export function startReconciler(deps: InstanceDeps): Loop {
  let sweptAt = 0;
  let purgedAt = 0;
  const failed = (error: unknown) => deps.log.error({ code: codeOf(error) }, 'reconcile.failed');
  const lanes = [
    startLoop(async (signal) => {
      if (Date.now() - sweptAt >= SWEEP_MS) {
        await sweepSessions(deps.db);
        sweptAt = Date.now();
      }
      if (Date.now() - purgedAt >= PURGE_MS && (await purgeLeft(deps)) === 0) purgedAt = Date.now();
      return settleDue(deps, signal);
    }, failed),
    startLoop(async (signal) => {
      await makeRoomForTrials(deps);
      return probeDue(deps, signal);
    }, failed),
  ];
  return {
    async stop() {
      await Promise.all(lanes.map((lane) => lane.stop()));
    },
  };
}

/** Carries out what is due. @returns how many were tried */
export async function reconcileOnce(
  deps: InstanceDeps,
  signal: AbortSignal,
  instanceId?: string,
): Promise<number> {
  const probed = await probeDue(deps, signal, instanceId);
  return probed + (await settleDue(deps, signal, instanceId));
}

async function probeDue(deps: InstanceDeps, signal: AbortSignal, instanceId?: string) {
  return carryAllOut(deps, await takeProbes(deps.db, PROBES_AT_ONCE, instanceId), signal);
}

async function settleDue(deps: InstanceDeps, signal: AbortSignal, instanceId?: string) {
  return carryAllOut(deps, await takeSettles(deps.db, SETTLES_AT_ONCE, instanceId), signal);
}

async function carryAllOut(
  deps: InstanceDeps,
  intents: readonly Intent[],
  signal: AbortSignal,
): Promise<number> {
  await Promise.all(intents.map((intent) => carryOut(deps, intent, signal)));
  return intents.length;
}

async function carryOut(deps: InstanceDeps, intent: Intent, signal: AbortSignal): Promise<void> {
  const { db, log } = deps;
  const { intentId, kind, instanceId, attempts } = intent;
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(ATTEMPT_MS)]);
    const left =
      kind === 'probe' ? await probe(deps, intent, limit) : await settleOnce(deps, intent);
    if (left === undefined) {
      log.info({ intentId, kind, instanceId, attempts }, 'intent.done');
    } else {
      await postponeIntent(db, intent, left.seconds, left.code);
    }
  } catch (error) {
    const code = codeOf(error);
    log.warn(
      {
        ...{ intentId, kind, instanceId, attempts, code },
        ...(code === 'INTERNAL' && error instanceof Error && { stack: error.stack }),
      },
      'intent.failed',
    );
    await postponeIntent(db, intent, backoffSeconds(attempts), code);
  }
}

async function probe(deps: InstanceDeps, intent: Intent, signal: AbortSignal): Promise<Left> {
  const left = await tryInstall(deps, intent, signal);
  if (left === undefined) await finishIntent(deps.db, intent);
  return left;
}

async function settleOnce(deps: InstanceDeps, intent: Intent): Promise<Left> {
  const { version } = await settle(
    deps,
    intent.instanceId,
    Date.now() - intent.createdAt.getTime(),
  );
  if (version === undefined) return { seconds: UNTIL_ENDED, code: null };
  // Changed in the meantime: Temporal may do what the row said before.
  if (!(await finishIntent(deps.db, intent, version))) return { seconds: 0, code: null };
  return undefined;
}

/** 1 s doubling up to 5 minutes. */
function backoffSeconds(attempts: number): number {
  return Math.min(300, 2 ** Math.min(attempts - 1, 20));
}
