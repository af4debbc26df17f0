/**
 * Carries intents out until they are done, whatever dies or is away in between. Runs in the server; a
 * command carries out those of its own instance by itself.
 */
import { startLoop, type Loop } from '../loop';
import type { ErrorCode } from '../domain/errors';
import { finishIntent, postponeIntent, takeIntents, type Intent } from '../store/intents';
import { sweepSessions } from '../store/portal-sessions';
import { codeOf } from '../temporal/faults';
import type { InstanceDeps } from './deps';
import { settle } from './settle';
import { tryInstall } from './trial';

/** At a time: each waits for Temporal or Blnk most of the time. */
const AT_ONCE = 8;

/** Milliseconds between two removals of what sessions of the portal have left behind. */
const SWEEP_MS = 60_000;

/** Milliseconds for one attempt, well within the lease of an intent. */
const ATTEMPT_MS = 60_000;

/** Seconds until a run that was cancelled is looked for again. */
const UNTIL_ENDED = 1;

export function startReconciler(deps: InstanceDeps): Loop {
  let sweptAt = 0;
  return startLoop(
    async (signal) => {
      if (Date.now() - sweptAt >= SWEEP_MS) {
        await sweepSessions(deps.db);
        sweptAt = Date.now();
      }
      return reconcileOnce(deps, signal);
    },
    (error) => deps.log.error({ code: codeOf(error) }, 'reconcile.failed'),
  );
}

/** Carries out what is due. @returns how many were tried */
export async function reconcileOnce(
  deps: InstanceDeps,
  signal: AbortSignal,
  instanceId?: string,
): Promise<number> {
  const intents = await takeIntents(deps.db, AT_ONCE, instanceId);
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

/** undefined: done. */
type Left = { readonly seconds: number; readonly code: ErrorCode | null } | undefined;

async function probe(deps: InstanceDeps, intent: Intent, signal: AbortSignal): Promise<Left> {
  const code = await tryInstall(deps, intent, signal);
  if (code !== undefined) return { seconds: backoffSeconds(intent.attempts), code };
  await finishIntent(deps.db, intent);
  return undefined;
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
