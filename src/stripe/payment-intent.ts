/** `GET /v1/payment_intents/:id`. */
import type { PayIn } from '../domain/pay-in';
import { orNone } from './list';
import { refundedOf, retrievedPaymentIntent, successTimesOf, toPayIn } from './schema';
import type { Transport } from './transport';

/** One PaymentIntent. */
export interface PaymentFacts {
  /** null: it has not succeeded. */
  readonly payIn: PayIn | null;
  readonly status: string;
  readonly answeredAt: number;
  /** Minor units of its charge that went back; null: the charge was not read with it. */
  readonly refunded: bigint | null;
}

/** @param withCharge tells when it succeeded, and needs the right to read charges */
export async function readPayIn(
  { stripe, read }: Transport,
  id: string,
  withCharge: boolean,
  signal: AbortSignal,
): Promise<PaymentFacts | undefined> {
  const found = await orNone(
    read(
      'payment_intents.retrieve',
      () => stripe.paymentIntents.retrieve(id, withCharge ? { expand: ['latest_charge'] } : {}),
      retrievedPaymentIntent,
      signal,
    ),
  );
  if (!found) return undefined;
  const { answer, answeredAt } = found;
  const payIn = answer.status === 'succeeded' ? toPayIn(answer, successTimesOf(answer)) : null;
  return { payIn, status: answer.status, answeredAt, refunded: refundedOf(answer) };
}
