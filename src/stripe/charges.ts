/** `GET /v1/charges` and one of them. */
import type { PayIn } from '../domain/pay-in';
import { createdOf, orNone, orUnread, pageOf, spanOf, type Range } from './list';
import { readRows, type StripePage } from './page';
import { chargeRow, idOf, isWithoutIntent } from './rows';
import { list, retrievedCharge, toPayIn } from './schema';
import type { Transport } from './transport';

/** A charge as far as it tells whose payment it is. */
export interface ChargeFacts {
  readonly status: string;
  /** null: made with the Charges API, or arrived from a platform's account. */
  readonly paymentIntentId: string | null;
  readonly payIn: PayIn;
}

/** PaymentIntents by the time of their charge, newest first, whatever their own age. */
export async function listCharges(
  transport: Transport,
  range: Range,
  cursor: string | null,
  signal: AbortSignal,
): Promise<StripePage> {
  const asked = { ...pageOf(range, cursor), expand: ['data.payment_intent'] };
  const call = () => transport.stripe.charges.list(asked);
  const listed = { endpoint: 'charges.list', call, rowOf: chargeRow, withCharge: true } as const;
  const { rows, ...page } = await readRows(transport, listed, cursor, signal);
  return { ...page, span: spanOf(rows), newest: null };
}

/**
 * How many of the newest charges since a time have succeeded without a PaymentIntent. One read.
 * @returns undefined when the key may not read charges
 */
export async function countWithoutIntent(
  { stripe, read }: Transport,
  from: number | null,
  signal: AbortSignal,
): Promise<
  { readonly looked: number; readonly without: number; readonly more: boolean } | undefined
> {
  const found = await orUnread(
    read('charges.list', () => stripe.charges.list(pageOf({ from, to: null }, null)), list, signal),
  );
  if (!found) return undefined;
  const { answer } = found;
  const without = answer.data.filter(isWithoutIntent).length;
  return { looked: answer.data.length, without, more: answer.has_more };
}

export async function readCharge(
  { stripe, read }: Transport,
  id: string,
  signal: AbortSignal,
): Promise<ChargeFacts | undefined> {
  const found = await orNone(
    read('charges.retrieve', () => stripe.charges.retrieve(id), retrievedCharge, signal),
  );
  if (!found) return undefined;
  const { answer } = found;
  const payIn = toPayIn(
    { ...answer, amount_received: answer['amount_captured'] },
    { succeededAt: null, chargedAt: createdOf(answer) },
  );
  return { status: answer.status, paymentIntentId: idOf(answer['payment_intent']), payIn };
}
