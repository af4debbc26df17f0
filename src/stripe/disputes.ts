/** `GET /v1/disputes/:id`. */
import { z } from 'zod';
import type { DisputeSource } from '../domain/movements/balance-transaction';
import { SyncError } from '../domain/errors';
import { orNone } from './list';
import { disputeOf } from './source-object';
import type { Transport } from './transport';

export interface DisputeFacts {
  readonly dispute: DisputeSource;
  /** Stripe's word for it; the list of them grows. */
  readonly status: string;
  /** Nothing follows but an appeal: what has not come back by now is lost. */
  readonly isFinal: boolean;
}

/** A word that is new to us may come before the end. */
const FINAL = ['won', 'lost', 'warning_closed', 'prevented'];

const retrieved = z.looseObject({
  id: z.string().regex(/^[A-Za-z0-9_]{1,255}$/),
  status: z.string().regex(/^\w{1,100}$/),
});

/** undefined: there is none. Needs the right to read disputes. */
export async function readDispute(
  { stripe, read }: Transport,
  id: string,
  signal: AbortSignal,
): Promise<DisputeFacts | undefined> {
  const found = await orNone(
    read('disputes.retrieve', () => stripe.disputes.retrieve(id), retrieved, signal),
  );
  if (!found) return undefined;
  const { answer } = found;
  const dispute = disputeOf(answer.id, answer);
  if (!dispute) throw new SyncError('STRIPE_BAD_ANSWER', { field: 'payment_intent' });
  return { dispute, status: answer.status, isFinal: FINAL.includes(answer.status) };
}
