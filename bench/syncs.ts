/** Runs a sync through the product's own workflow and tells how long it took. */
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowFailedError } from '@temporalio/client';
import { syncIdOf } from '../src/domain/ids';
import type { Scope, Trigger } from '../src/domain/sync';
import { findSync, type SyncRow } from '../src/store/syncs';
import { startAdhocSync } from '../src/temporal/syncs';
import type { World } from './world';

export interface FinishedSync {
  readonly row: SyncRow;
  /** completed_at - started_at of its row. */
  readonly seconds: number;
  /** From asking Temporal for it until Temporal told its end. */
  readonly wallSeconds: number;
  readonly workflowId: string;
  readonly runId: string;
}

/** @throws Error when it does not complete, a part dies, or `limitMinutes` have passed */
export async function runSync(
  world: World,
  instanceId: string,
  {
    scope,
    limitMinutes = 10,
    trigger = 'cli',
  }: { scope?: Scope; limitMinutes?: number; trigger?: Trigger } = {},
): Promise<FinishedSync> {
  const began = performance.now();
  const input = { instanceId, trigger, ...(scope && { scope }) };
  const { handle, workflowId, runId } = await startAdhocSync(world.client, input);
  const ended = new AbortController();
  // A long sync is asked about many times.
  setMaxListeners(0, ended.signal);
  const limit = sleep(limitMinutes * 60_000, undefined, { signal: ended.signal }).then(() => {
    throw new Error(`the sync of ${instanceId} was not done in ${limitMinutes} minutes`);
  });
  limit.catch(() => undefined);
  const outcome = world.client
    .withAbortSignal(ended.signal, () => handle.result())
    .catch((error: unknown) => {
      // Its row tells why; and once the waiting was given up, nobody asks.
      if (!(error instanceof WorkflowFailedError) && !ended.signal.aborted) throw error;
    });
  try {
    await Promise.race([outcome, world.broken, limit]);
  } finally {
    ended.abort();
  }
  const wallSeconds = (performance.now() - began) / 1000;

  const row = await findSync(world.db, syncIdOf(instanceId, workflowId, runId));
  if (!row?.completedAt || row.status !== 'completed') {
    const how = `${row?.status ?? 'no row'} ${row?.error ?? ''}`.trim();
    throw new Error(`the sync of ${instanceId} did not complete: ${how}`);
  }
  const seconds = (row.completedAt.getTime() - row.startedAt.getTime()) / 1000;
  return { row, seconds, wallSeconds, workflowId, runId };
}

/** How long the worker took for a step of that name, all of its times together. */
export async function secondsOfStep(
  { client }: World,
  { workflowId, runId }: FinishedSync,
  name: string,
): Promise<number> {
  const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
  const all = events ?? [];
  const secondsAt = (event: (typeof all)[number] | undefined) =>
    Number(event?.eventTime?.seconds ?? 0) + (event?.eventTime?.nanos ?? 0) / 1e9;
  const begun = new Map<string, number>();
  let seconds = 0;
  for (const event of all) {
    const started = event.activityTaskStartedEventAttributes;
    if (started) begun.set(String(started.scheduledEventId), secondsAt(event));
    const done = event.activityTaskCompletedEventAttributes?.scheduledEventId;
    if (!done) continue;
    const scheduled = all.find(({ eventId }) => String(eventId) === String(done));
    if (scheduled?.activityTaskScheduledEventAttributes?.activityType?.name !== name) continue;
    seconds += secondsAt(event) - (begun.get(String(done)) ?? 0);
  }
  return seconds;
}
