/** `GET /v1/events`: PaymentIntents by the time they succeeded, for at most the last 30 days. */
import { createdOf, nextCursorOf, pageOf, type Range } from './list';
import { payInsOf, type StripePage } from './page';
import { eventRow } from './rows';
import { list, SUCCESS } from './schema';
import type { Transport } from './transport';

/** Newest first. */
export async function listSuccesses(
  transport: Transport,
  range: Range,
  cursor: string | null,
  signal: AbortSignal,
): Promise<StripePage> {
  const { stripe, read } = transport;
  const { answer, answeredAt } = await read(
    'events.list',
    () => stripe.events.list({ ...pageOf(range, cursor), type: SUCCESS }),
    list,
    signal,
  );
  const times = answer.data.flatMap((row) => createdOf(row) ?? []);
  return {
    payIns: await payInsOf(transport, answer.data.map(eventRow), false, signal),
    nextCursor: nextCursorOf(answer, cursor),
    answeredAt,
    span: null,
    newest: times.length === 0 ? null : Math.max(...times),
  };
}
