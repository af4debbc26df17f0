/** One answer of a feed, and its pay-ins: a few rows are asked for, and what is not to be read is set aside. */
import { SyncError } from '../domain/errors';
import type { PayIn } from '../domain/pay-in';
import type { PageSpan } from '../domain/window';
import type { Endpoint } from '../domain/read-budget';
import { nextCursorOf } from './list';
import { readPayIn } from './payment-intent';
import { unreadablePayIn, type Row } from './rows';
import { list } from './schema';
import type { ListCall, Transport } from './transport';

export interface StripePage {
  /** The succeeded ones among the rows of the answer, and those that cannot be read. */
  readonly payIns: readonly PayIn[];
  /** null: the last page. */
  readonly nextCursor: string | null;
  /** Stripe's time of the answer, Unix seconds. */
  readonly answeredAt: number;
  /** In a listing: from when to when its rows were created; null when they do not tell. */
  readonly span: PageSpan | null;
  /** In a list of events: when the newest of its rows happened; null: no row tells. */
  readonly newest: number | null;
}

/** A list of Stripe's, and what a row of it turns out to be. */
export interface Listed {
  readonly endpoint: Endpoint;
  readonly call: ListCall;
  readonly rowOf: (row: unknown) => Row;
  /** Whether a PaymentIntent that is asked for by its id comes with its charge. */
  readonly withCharge: boolean;
}

/** One answer, whose rows say to each list what they span. */
export async function readRows(
  transport: Transport,
  { endpoint, call, rowOf, withCharge }: Listed,
  cursor: string | null,
  signal: AbortSignal,
) {
  const { answer, answeredAt } = await transport.read(endpoint, call, list, signal);
  const payIns = await payInsOf(transport, answer.data.map(rowOf), withCharge, signal);
  return { rows: answer.data, payIns, nextCursor: nextCursorOf(answer, cursor), answeredAt };
}

/** Rows of one page that are asked for one by one, before those that are left are set aside. */
const MOST_ASKED = 20;

async function payInsOf(
  transport: Transport,
  rows: readonly Row[],
  withCharge: boolean,
  signal: AbortSignal,
): Promise<PayIn[]> {
  const payIns: PayIn[] = [];
  let asked = 0;
  for (const row of rows) {
    if (row.kind === 'pay_in') payIns.push(row.payIn);
    if (row.kind === 'unreadable') payIns.push(unreadablePayIn(row.id));
    if (row.kind !== 'ask') continue;
    asked += 1;
    const payIn = asked > MOST_ASKED ? undefined : await askFor(transport, row, withCharge, signal);
    if (payIn !== null) payIns.push(payIn ?? unreadablePayIn(row.paymentIntentId));
  }
  return payIns;
}

/** null: it is no pay-in; undefined: it cannot be read by its id either. */
async function askFor(
  transport: Transport,
  { paymentIntentId, succeededAt }: Extract<Row, { kind: 'ask' }>,
  withCharge: boolean,
  signal: AbortSignal,
): Promise<PayIn | null | undefined> {
  try {
    const found = await readPayIn(transport, paymentIntentId, withCharge, signal);
    if (!found?.payIn) return found && null;
    return { ...found.payIn, succeededAt: succeededAt ?? found.payIn.succeededAt };
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    // Refused, or without id and status: its own fault, unlike an answer without a Date.
    const { code, details } = error;
    const isUnreadable =
      code === 'STRIPE_BAD_ANSWER' && /^(id|status)$/.test(`${details['field']}`);
    const isItsOwn = code === 'STRIPE_REFUSED' || isUnreadable;
    if (!isItsOwn) throw error;
    return undefined;
  }
}
