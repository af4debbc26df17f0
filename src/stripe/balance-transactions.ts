/** `GET /v1/balance_transactions` and one of them: each row that moved Stripe's balance, with what it came from. */
import { z } from 'zod';
import type { BalanceTransaction } from '../domain/movements/balance-transaction';
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
const TRANSFERS = 'rak_transfer_read';

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
  const whole = await withSources((paths) => ask(cursor, { expand: paths.map(inList) }));
  const { answer, answeredAt } = whole.answer ?? (await ask(cursor, {}));
  const { rows, missing } = whole.answer
    ? { rows: answer.data, missing: whole.missing }
    : await expandedOf(answer.data, cursor, whole.missing, async ({ after, length }) => {
        const part = await ask(after, { limit: length, expand: whole.paths.map(inList) });
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
  const ask = (expand: string[]) =>
    read(
      'balance_transactions.retrieve',
      () => stripe.balanceTransactions.retrieve(id, { expand }),
      retrieved,
      signal,
    );
  const found = await orNone(withSources((paths) => ask([...paths])));
  if (!found) return undefined;
  const { answer } = found.answer ?? (await ask([]));
  return transactionOf(answer);
}

const inList = (path: string) => `data.${path}`;

interface WithSources<T> {
  /** undefined: refused. */
  readonly answer: T | undefined;
  readonly paths: readonly string[];
  /** Stripe's names of the rights that the key lacks. */
  readonly missing: readonly string[];
}

/** Of a key that may not read transfers, all the others are expanded still. */
async function withSources<T extends object>(
  ask: (paths: readonly string[]) => Promise<T>,
  paths: readonly string[] = EXPANDED,
): Promise<WithSources<T>> {
  const answer = await orMissingRight(ask(paths));
  if (typeof answer !== 'string') return { answer, paths, missing: [] };
  if (answer !== TRANSFERS || paths !== EXPANDED)
    return { answer: undefined, paths, missing: [answer] };
  const less = await withSources(ask, ['source']);
  return { ...less, missing: [...new Set([TRANSFERS, ...less.missing])] };
}
