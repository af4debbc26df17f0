/** One answer of a feed, and its pay-ins: a few rows are asked for, and what is not to be read is set aside. */
import { SyncError } from '../domain/errors';
import type { PayIn } from '../domain/pay-in';
import type { PageSpan } from '../domain/window';
import { readPayIn } from './payment-intent';
import { unreadablePayIn, type Row } from './rows';
import type { Transport } from './transport';

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

/** Rows of one page that are asked for one by one, before those that are left are set aside. */
const MOST_ASKED = 20;

export async function payInsOf(
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
