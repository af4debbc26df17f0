/** `GET /v1/events`: PaymentIntents by the time they succeeded, for at most the last 30 days. */
import { createdOf, pageOf, type Range } from './list';
import { readRows, type StripePage } from './page';
import { eventRow } from './rows';
import { SUCCESS } from './schema';
import type { Transport } from './transport';

/** Newest first. */
export async function listSuccesses(
  transport: Transport,
  range: Range,
  cursor: string | null,
  signal: AbortSignal,
): Promise<StripePage> {
  const call = () => transport.stripe.events.list({ ...pageOf(range, cursor), type: SUCCESS });
  const listed = { endpoint: 'events.list', call, rowOf: eventRow, withCharge: false } as const;
  const { rows, ...page } = await readRows(transport, listed, cursor, signal);
  const times = rows.flatMap((row) => createdOf(row) ?? []);
  return { ...page, span: null, newest: times.length === 0 ? null : Math.max(...times) };
}
