/** How each feed is read: one answer of Stripe for a window of it. The rules of the feeds: domain/feeds.ts. */
import { SyncError } from '../domain/errors';
import type { PayInFeed } from '../domain/feeds';
import type { WindowPlan } from '../domain/window';
import { listCharges } from './charges';
import { listSuccesses } from './events';
import type { StripePage } from './page';
import { readPayIn } from './payment-intent';
import { listPayIns } from './payment-intents';
import type { Transport } from './transport';

/** What is asked for, whatever it is a part of. */
export type ReadRange = Pick<WindowPlan, 'from' | 'to' | 'withCharge' | 'paymentIntentId'>;

type ReadFeed = (
  transport: Transport,
  range: ReadRange,
  cursor: string | null,
  signal: AbortSignal,
) => Promise<StripePage>;

export const READ_FEED: Readonly<Record<PayInFeed, ReadFeed>> = {
  payment_intents: listPayIns,
  charges: listCharges,
  events: listSuccesses,
  payment_intent: readOne,
};

/** @throws SyncError NOT_FOUND for a payment that Stripe does not know */
async function readOne(
  transport: Transport,
  { paymentIntentId: id = '', withCharge }: ReadRange,
  _cursor: string | null,
  signal: AbortSignal,
): Promise<StripePage> {
  const read = await readPayIn(transport, id, withCharge, signal);
  if (!read) throw new SyncError('NOT_FOUND', { payment_intent: id });
  const { payIn, answeredAt } = read;
  return { payIns: payIn ? [payIn] : [], nextCursor: null, answeredAt, span: null, newest: null };
}
