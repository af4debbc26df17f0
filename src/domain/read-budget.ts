/**
 * How fast and how often Stripe may be read. Its limits are per account, so they are shared by every
 * worker and command, and by the merchant's own checkout: the defaults take a small part of them.
 */

/** What Stripe limits apart. */
export type Endpoint =
  | 'account'
  | 'events.list'
  | 'payment_intents.list'
  | 'payment_intents.retrieve'
  | 'charges.list'
  | 'charges.retrieve'
  | 'balance.retrieve'
  | 'balance_transactions.list'
  | 'balance_transactions.retrieve'
  | 'disputes.list'
  | 'disputes.retrieve'
  | 'payouts.list'
  | 'transfers.list'
  | 'topups.list'
  | 'application_fees.list';

/** Asked before every request to Stripe. */
export interface StripeBudget {
  /**
   * Takes the place of one request.
   * @returns milliseconds to wait before it is sent
   * @throws SyncError READS_QUEUED (no place was taken), STORE_UNAVAILABLE
   */
  take(endpoint: Endpoint): Promise<number>;
  /**
   * Stripe has answered 429: whoever takes a place after this waits for the end of a pause.
   * @param scope `all`: every endpoint of the account
   * @param retryAfterMs Stripe's own wish; absent: 1 s, growing while such answers go on
   */
  slowDown(scope: Endpoint | 'all', retryAfterMs: number | undefined): Promise<void>;
}

/** For reads where no database is: `check` before anything runs. */
export const NO_BUDGET: StripeBudget = {
  take: () => Promise.resolve(0),
  slowDown: () => Promise.resolve(),
};

/** Stripe's own limits, requests a second. */
const LIVE_LIMIT = 100;
const TEST_LIMIT = 25;
const ENDPOINT_LIMIT = 25;

/** Requests a second where STRIPE_READS_PER_SECOND says nothing. */
export function defaultReadsPerSecond(livemode: boolean): number {
  return livemode ? 10 : 5;
}

/** Milliseconds. */
export interface Pace {
  /** Between two requests in the long run. */
  readonly stepMs: number;
  /** How far ahead of that requests may run. */
  readonly burstMs: number;
}

/** @param perSecond requests; more than Stripe's limits is taken as these */
export function pacesOf(
  perSecond: number,
  livemode: boolean,
): { readonly account: Pace; readonly endpoint: Pace } {
  return {
    account: paceOf(perSecond, livemode ? LIVE_LIMIT : TEST_LIMIT),
    endpoint: paceOf(perSecond, ENDPOINT_LIMIT),
  };
}

/**
 * A second's worth may come at once, or less: no second sees more than `limit`. That is rate + burst, and
 * one for the second's edges.
 */
function paceOf(perSecond: number, limit: number): Pace {
  const rate = Math.min(perSecond, limit - 1);
  return { stepMs: 1000 / rate, burstMs: 1000 * Math.min(1, (limit - 1 - rate) / rate) };
}

export interface ReadAllocation {
  readonly last30Days: number;
  /** What Stripe allows at least in 30 days, by the pay-ins that we know of. */
  readonly allocation: number;
  /** Most of it is spent. */
  readonly warning: boolean;
}

const READS_PER_PAY_IN = 500;
const LEAST_ALLOCATION = 10_000;
const WARN_AT = 0.8;

/** @param payIns of the same 30 days */
export function allocationOf(last30Days: number, payIns: number): ReadAllocation {
  const allocation = Math.max(LEAST_ALLOCATION, READS_PER_PAY_IN * payIns);
  return { last30Days, allocation, warning: last30Days >= WARN_AT * allocation };
}
