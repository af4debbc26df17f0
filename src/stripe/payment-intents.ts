/** `GET /v1/payment_intents`: by the time they were created. */
import { nextCursorOf, pageOf, spanOf, type Range } from './list';
import { payInsOf, type StripePage } from './page';
import { intentRow } from './rows';
import { list } from './schema';
import type { Transport } from './transport';

/** Newest first, the succeeded ones. */
export async function listPayIns(
  transport: Transport,
  range: Range & { readonly withCharge: boolean },
  cursor: string | null,
  signal: AbortSignal,
): Promise<StripePage> {
  const { stripe, read } = transport;
  const { answer, answeredAt } = await read(
    'payment_intents.list',
    () =>
      stripe.paymentIntents.list({
        ...pageOf(range, cursor),
        ...(range.withCharge && { expand: ['data.latest_charge'] }),
      }),
    list,
    signal,
  );
  return {
    payIns: await payInsOf(transport, answer.data.map(intentRow), range.withCharge, signal),
    nextCursor: nextCursorOf(answer, cursor),
    answeredAt,
    span: spanOf(answer.data),
    newest: null,
  };
}
