/** Tells one channel about one problem, once it was taken. Every outcome is written down. */
import { recordTold, recordTrouble, type Telling } from '../store/alert-channels';
import { codeOf } from '../temporal/faults';
import { tellCloud, type CloudOutcome } from './cloud';
import type { AlertDeps } from './deps';
import { webhookBody } from './text';
import { sendWebhook } from './webhook';

/**
 * Milliseconds for one message, with all that has to be looked up: well within its lease, and within what
 * a program that is stopped may take. Nothing else ends one early, since an alert that was sent may be raised.
 */
const TELL_MS = 20_000;
const WEBHOOK_MS = 10_000;

/** Seconds until what cannot be told yet is tried again. */
const NOT_YET_SECONDS = 300;

/** Seconds after a right was refused: a person has to grant it. */
const NO_RIGHT_SECONDS = 86_400;

export async function tell(deps: AlertDeps, telling: Telling): Promise<void> {
  const { db, log } = deps;
  const { instanceId, problem, subject, channel, closedAt, attempts } = telling;
  const what = { instanceId, problem, ...(subject !== '' && { subject }), channel };
  const inVain = async (error: unknown, refused: boolean) => {
    const code = codeOf(error);
    log.warn({ ...what, code, attempts }, 'alert.not_told');
    const seconds = code === 'BLNK_PERMISSION_MISSING' ? NO_RIGHT_SECONDS : backoff(attempts);
    await recordTrouble(db, telling, { code, refused, seconds });
  };
  let outcome: CloudOutcome;
  try {
    outcome = await (channel === 'cloud'
      ? tellCloud(deps, telling, AbortSignal.timeout(TELL_MS))
      : tellWebhook(deps, telling));
  } catch (error) {
    return inVain(error, false);
  }
  switch (outcome.kind) {
    case 'told':
      await recordTold(db, telling, outcome.anomalyId);
      log.info({ ...what, over: closedAt !== null }, 'alert.told');
      return;
    case 'not_yet':
      await recordTrouble(db, telling, { code: null, refused: false, seconds: NOT_YET_SECONDS });
      return;
    case 'refused':
      return inVain(outcome.fault, true);
    case 'lost':
  }
}

async function tellWebhook({ webhook }: AlertDeps, telling: Telling): Promise<CloudOutcome> {
  if (!webhook) return { kind: 'not_yet' };
  await sendWebhook(webhook, webhookBody(telling), AbortSignal.timeout(WEBHOOK_MS));
  return { kind: 'told', anomalyId: null };
}

/** 1 minute doubling up to an hour. */
function backoff(attempts: number): number {
  return Math.min(3_600, 60 * 2 ** Math.min(attempts - 1, 10));
}
