/** Waits for a sync while showing its counts: the `progress` query once a second. */
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowFailedError, type Client } from '@temporalio/client';
import type { Progress } from '../workflows/progress';
import type { SyncResult } from '../workflows/stripe-sync';
import type { SyncHandle } from './syncs';

const POLL_MS = 1_000;

/**
 * @returns the result, or undefined when the workflow failed or was cancelled: its row then tells why
 * @throws when `signal` ends the following; the sync goes on
 */
export async function followSync(
  handle: SyncHandle,
  show: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<SyncResult | undefined> {
  const ended = new AbortController();
  const stop = AbortSignal.any([signal, ended.signal]);
  const result = outcome(handle).finally(() => ended.abort());
  const showing = (async () => {
    while (!stop.aborted) {
      await sleep(POLL_MS, undefined, { signal: stop });
      show(await handle.query<Progress, []>('progress'));
    }
  })().catch(() => undefined); // No worker answers queries just now: only the display stands still.
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
