/** What Stripe's lists have in common: pages of 100, ranges of creation times, and a cursor that moves on. */
import type Stripe from 'stripe';
import { SyncError } from '../domain/errors';
import type { PageSpan } from '../domain/window';
import { fieldsOf, idOf } from './rows';

/** Closed range of creation times, Unix seconds; null = no bound. */
export interface Range {
  readonly from: number | null;
  readonly to: number | null;
}

/** Stripe's maximum. */
const PAGE_SIZE = 100;

export function pageOf({ from, to }: Range, cursor: string | null) {
  const created: Stripe.RangeQueryParam = {
    ...(from !== null && { gte: from }),
    ...(to !== null && { lte: to }),
  };
  return { limit: PAGE_SIZE, created, ...(cursor !== null && { starting_after: cursor }) };
}

/** From when to when the rows of an answer were created; null when they do not tell. */
export function spanOf(rows: readonly unknown[]): PageSpan | null {
  const [newest, oldest] = [createdOf(rows[0]), createdOf(rows.at(-1))];
  return newest === null || oldest === null ? null : { newest, oldest };
}

export function createdOf(row: unknown): number | null {
  const created = fieldsOf(row)?.['created'];
  return Number.isSafeInteger(created) ? (created as number) : null;
}

/**
 * The list goes on after the last row that has an id: those below it come again. A server that does not
 * move on would be read for ever.
 * @throws SyncError STRIPE_BAD_ANSWER
 */
export function nextCursorOf(
  { has_more, data }: { has_more: boolean; data: readonly unknown[] },
  cursor: string | null,
): string | null {
  if (!has_more) return null;
  const next = data.map((row) => (fieldsOf(row) ? idOf(row) : null)).findLast((id) => id !== null);
  if (next === undefined || next === cursor) {
    throw new SyncError('STRIPE_BAD_ANSWER', { field: 'cursor' });
  }
  return next;
}

/** What Stripe has no such object for is none. */
export async function orNone<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof SyncError && error.details['status'] === 404) return undefined;
    throw error;
  }
}

/** The same of what the key may not read; a Stripe-compatible server may lack the endpoint. */
export async function orUnread<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await orNone(work);
  } catch (error) {
    if (error instanceof SyncError && error.code === 'STRIPE_PERMISSION_MISSING') return undefined;
    throw error;
  }
}
