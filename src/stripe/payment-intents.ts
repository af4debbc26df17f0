/** `GET /v1/payment_intents`: by the time they were created. */
import { pageOf, spanOf, type Range } from './list';
import { readRows, type StripePage } from './page';
import { intentRow } from './rows';
import type { Transport } from './transport';

/** Newest first, the succeeded ones. */
export async function listPayIns(
  transport: Transport,
  range: Range & { readonly withCharge: boolean },
  cursor: string | null,
  signal: AbortSignal,
): Promise<StripePage> {
  const { withCharge } = range;
  const expand = withCharge ? { expand: ['data.latest_charge'] } : {};
  const call = () => transport.stripe.paymentIntents.list({ ...pageOf(range, cursor), ...expand });
  const listed = { endpoint: 'payment_intents.list', call, rowOf: intentRow, withCharge } as const;
  const { rows, ...page } = await readRows(transport, listed, cursor, signal);
  return { ...page, span: spanOf(rows), newest: null };
}
