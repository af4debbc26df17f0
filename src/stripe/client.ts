/**
 * The reads that are made of Stripe: account, PaymentIntents, charges, success events, and its balance with all
 * that moved it. Read-only. It never retries by itself: Temporal does, with the waits in sight.
 */
import type { BalanceReading } from '../domain/proof/balance-reading';
import type { BalanceTransaction } from '../domain/movements/balance-transaction';
import type { PayInFeed } from '../domain/feeds';
import type { StripeBudget } from '../domain/read-budget';
import type { MovementRight } from '../domain/movements/stripe-rights';
import { readAccount, type AccountFacts } from './account';
import { readBalance } from './balance';
import { listTransactions, readTransaction, type TransactionPage } from './balance-transactions';
import { countWithoutIntent, readCharge, type ChargeFacts } from './charges';
import { readDispute, type DisputeFacts } from './disputes';
import { READ_FEED, type ReadRange } from './feeds';
import type { Range } from './list';
import type { StripePage } from './page';
import { readPayIn, type PaymentFacts } from './payment-intent';
import { tryRight } from './rights';
import { createTransport, type StripeConnection, type StripeLimits } from './transport';

export interface StripeReader {
  readonly livemode: boolean;
  /** Whether any HTTP answer has ever come in this process. */
  hasAnswered(): boolean;
  /** Whose key this is. */
  readAccount(signal: AbortSignal): Promise<AccountFacts>;
  /**
   * One answer of a feed, newest first.
   * @param cursor null: its first page
   */
  readPage(
    range: ReadRange & { readonly feed: PayInFeed },
    cursor: string | null,
    signal: AbortSignal,
  ): Promise<StripePage>;
  /** How many of the newest charges since a time have succeeded without a PaymentIntent. One read. */
  countWithoutIntent(
    from: number | null,
    signal: AbortSignal,
  ): ReturnType<typeof countWithoutIntent>;
  /**
   * One PaymentIntent: undefined if there is none; `payIn` is null unless it succeeded.
   * @param withCharge default true; tells when it succeeded, and needs the right to read charges
   */
  readPayIn(
    id: string,
    signal: AbortSignal,
    withCharge?: boolean,
  ): Promise<PaymentFacts | undefined>;
  /** One charge; undefined if there is none. Needs the right to read charges. */
  readCharge(id: string, signal: AbortSignal): Promise<ChargeFacts | undefined>;
  /** What Stripe holds, as it says itself. One read. */
  readBalance(signal: AbortSignal): Promise<BalanceReading>;
  /**
   * One answer of the list of all that moved the balance, newest first; several reads where the key may not read
   * what some of it came from.
   * @param cursor null: its first page
   */
  listTransactions(
    range: Range,
    cursor: string | null,
    signal: AbortSignal,
  ): Promise<TransactionPage>;
  /** One balance transaction; undefined if there is none. */
  readTransaction(id: string, signal: AbortSignal): Promise<BalanceTransaction | undefined>;
  /** One dispute; undefined if there is none. Needs the right to read disputes. */
  readDispute(id: string, signal: AbortSignal): Promise<DisputeFacts | undefined>;
  /** Whether the key has this right. One read. @throws SyncError STRIPE_PERMISSION_MISSING */
  tryRight(right: MovementRight, signal: AbortSignal): Promise<void>;
}

/**
 * @param budget asked before every request
 * @param limits milliseconds; defaults 25,000 for an answer, 500 before a refused key is tried again
 */
export function createStripeReader(
  config: StripeConnection,
  budget: StripeBudget,
  limits: StripeLimits = {},
): StripeReader {
  const transport = createTransport(config, budget, limits);
  return {
    livemode: config.livemode,
    hasAnswered: transport.hasAnswered,
    readAccount: (signal) => readAccount(transport, signal),
    readPage: (range, cursor, signal) => READ_FEED[range.feed](transport, range, cursor, signal),
    countWithoutIntent: (from, signal) => countWithoutIntent(transport, from, signal),
    readPayIn: (id, signal, withCharge = true) => readPayIn(transport, id, withCharge, signal),
    readCharge: (id, signal) => readCharge(transport, id, signal),
    readBalance: (signal) => readBalance(transport, signal),
    listTransactions: (...asked) => listTransactions(transport, ...asked),
    readTransaction: (id, signal) => readTransaction(transport, id, signal),
    readDispute: (id, signal) => readDispute(transport, id, signal),
    tryRight: (right, signal) => tryRight(transport, right, signal),
  };
}
