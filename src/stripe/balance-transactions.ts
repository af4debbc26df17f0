/** `GET /v1/balance_transactions` and one of them: each row that moved Stripe's balance, with what it came from. */
import { z } from 'zod';
import type { BalanceTransaction } from '../domain/balance-transaction';
import type { PageSpan } from '../domain/window';
import { transactionOf } from './balance-row';
import { expandedOf, orMissingRight } from './expanded';
import { nextCursorOf, orNone, pageOf, spanOf, type Range } from './list';
import { list } from './schema';
import type { Transport } from './transport';

export interface TransactionPage {
  /** Every row of the answer, newest first. */
  readonly rows: readonly BalanceTransaction[];
  /** null: the last page. */
  readonly nextCursor: string | null;
  /** Stripe's time of the answer, Unix seconds. */
  readonly answeredAt: number;
  /** From when to when its rows were created; null when they do not tell. */
  readonly span: PageSpan | null;
  /** Rights without which some rows came without what they are of, by Stripe's names. */
  readonly missing: readonly string[];
}

/** A reversal names its transfer alone, which knows the connected account. */
const EXPANDED = ['source', 'source.transfer'];

/** Newest first. */
export async function listTransactions(
  { stripe, read }: Transport,
  range: Range,
  cursor: string | null,
  signal: AbortSignal,
): Promise<TransactionPage> {
  const ask = (after: string | null, more: { limit?: number; expand?: string[] }) =>
    read(
      'balance_transactions.list',
      () => stripe.balanceTransactions.list({ ...pageOf(range, after), ...more }),
      list,
      signal,
    );
  const expand = EXPANDED.map((path) => `data.${path}`);
  const whole = await orMissingRight(ask(cursor, { expand }));
  const isWhole = typeof whole !== 'string';
  const { answer, answeredAt } = isWhole ? whole : await ask(cursor, {});
  const { rows, missing } = isWhole
    ? { rows: answer.data, missing: [] }
    : await expandedOf(answer.data, cursor, whole, async ({ after, length }) => {
        const part = await ask(after, { limit: length, expand });
        return part.answer.data;
      });
  return {
    rows: rows.map(transactionOf),
    nextCursor: nextCursorOf(answer, cursor),
    answeredAt,
    span: spanOf(answer.data),
    missing,
  };
}

const retrieved = z.looseObject({ id: z.string() });

/** undefined: there is none. Where the key may not read what it came from, it comes with the id of that. */
export async function readTransaction(
  { stripe, read }: Transport,
  id: string,
  signal: AbortSignal,
): Promise<BalanceTransaction | undefined> {
  const ask = (expand: readonly string[]) =>
    read(
      'balance_transactions.retrieve',
      () => stripe.balanceTransactions.retrieve(id, { expand: [...expand] }),
      retrieved,
      signal,
    );
  const found = await orNone(orMissingRight(ask(EXPANDED)));
  const some = typeof found === 'string' ? await ask([]) : found;
  return some && transactionOf(some.answer);
}
