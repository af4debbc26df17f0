/** Stripe asked about one thing of many, which it may fail on for ever while it tells of all others. */
import { SyncError } from '../../domain/errors';
import type { Attempt } from '../attempt';
import type { Connection } from '../deps';
import { isUnread } from './unread';

export type Answer<T> = { readonly told: T } | { readonly untold: SyncError };

/**
 * Where Stripe fails on it and still tells of pay-ins, it is asked once more.
 * @returns `untold`: what it is refused with, or fails with again
 * @throws SyncError what Stripe fails with on pay-ins too, or what has nothing to do with the one thing
 */
export async function askStripe<T>(
  connection: Connection,
  attempt: Attempt,
  ask: () => Promise<T>,
): Promise<Answer<T>> {
  const { signal } = attempt;
  const told = async () => {
    const answer = await ask();
    attempt.succeeded();
    return { told: answer };
  };
  try {
    return await told();
  } catch (error) {
    if (isUnread(error)) return { untold: error };
    if (!isFailing(error) || signal.aborted) throw error;
  }
  await assertTells(connection, signal);
  attempt.succeeded();
  try {
    return await told();
  } catch (error) {
    signal.throwIfAborted();
    if (isUnread(error) || isFailing(error)) return { untold: error };
    throw error;
  }
}

/** Not refused, and not for want of time: no answer came, or one that says that Stripe has failed. */
export function isFailing(error: unknown): error is SyncError {
  return error instanceof SyncError && error.code === 'STRIPE_UNAVAILABLE';
}

const NEWEST_SUCCESSES = { feed: 'events', from: null, to: null, withCharge: false } as const;

/** @throws SyncError what Stripe fails with on pay-ins too */
export async function assertTells({ stripe }: Connection, signal: AbortSignal): Promise<void> {
  await stripe.readPage(NEWEST_SUCCESSES, null, signal);
}
