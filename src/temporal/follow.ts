/** Waits for a sync while showing its counts: the `progress` query once a second. */
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowFailedError, type Client } from '@temporalio/client';
import type { Progress } from '../domain/progress';
import type { StepWait } from '../domain/waits';
import type { Owner } from '../store/syncs';
import type { SyncResult } from '../workflows/stripe-sync';
import { findWaits } from './runs';
import { syncHandle, type SyncHandle } from './syncs';

const POLL_MS = 1_000;

/** A query that no worker takes up would block for half a minute. */
const ANSWER_MS = 5_000;

/** @param waits what its steps have failed for and are tried again */
export type Show = (progress: Progress, waits: readonly StepWait[]) => void;

/**
 * @returns the result, or undefined when the workflow failed or was cancelled: its row then tells why
 * @throws when `signal` ends the following; the sync goes on
 */
export async function followSync(
  handle: SyncHandle,
  show: Show,
  signal: AbortSignal,
): Promise<SyncResult | undefined> {
  const ended = new AbortController();
  const stop = AbortSignal.any([signal, ended.signal]);
  const result = outcome(handle).finally(() => ended.abort());
  const showing = showProgress(handle, show, stop);
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
  try {
    return await Promise.race([result, aborted]);
  } finally {
    ended.abort();
    await showing;
  }
}

/** Milliseconds: whoever asks once waits for it with more to show. */
const ONCE_MS = 1_000;

/** undefined: no worker answers just now. */
export async function askProgress(client: Client, owner: Owner): Promise<Progress | undefined> {
  const query = () => syncHandle(client, owner).query<Progress>('progress');
  return client.withDeadline(Date.now() + ONCE_MS, query).catch(() => undefined);
}

async function showProgress(handle: SyncHandle, show: Show, stop: AbortSignal): Promise<void> {
  const { client } = handle;
  const query = () => handle.query<Progress>('progress');
  const ask = () => client.withDeadline(Date.now() + ANSWER_MS, query);
  for (;;) {
    await sleep(POLL_MS, undefined, { signal: stop }).catch(() => undefined);
    if (stop.aborted) return;
    // No worker answers just now, as while it restarts: only the display stands still.
    const progress = await client
      // The client never lets go of a signal, so each query gets one of its own.
      .withAbortSignal(AbortSignal.any([stop]), ask)
      .catch(() => undefined);
    const waits = await client
      .withDeadline(Date.now() + ANSWER_MS, () => findWaits(handle))
      .catch(() => []);
    if (progress) show(progress, waits);
  }
}

/** Waits for a workflow that somebody else started, however it ends. */
export async function awaitWorkflow(client: Client, workflowId: string): Promise<void> {
  await outcome(client.workflow.getHandle(workflowId));
}

async function outcome(
  handle: Pick<SyncHandle, 'result'> | ReturnType<Client['workflow']['getHandle']>,
): Promise<SyncResult | undefined> {
  try {
    return (await handle.result()) as SyncResult;
  } catch (error) {
    if (error instanceof WorkflowFailedError) return undefined;
    throw error;
  }
}
