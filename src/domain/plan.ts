/** What a dry run found out: what a sync would do, and nothing was done. */
import type { ByOutcome, Outcome } from './outcomes';
import type { Scope } from './sync';
import type { Tally } from './tally';
import { listedAfterPause } from './window';

/** What an outcome is called as long as it has not come. */
export const PLANNED = {
  posted: 'to_post',
  already_posted: 'already_posted',
  quarantined: 'to_set_aside',
  before_since: 'before_since',
} as const satisfies Record<Outcome, string>;

type PlannedOutcome = (typeof PLANNED)[Outcome];

/** The field that adds it up. */
export const PLANNED_FIELD = {
  to_post: 'toPost',
  already_posted: 'alreadyPosted',
  to_set_aside: 'toSetAside',
  before_since: 'beforeSince',
} as const satisfies Record<PlannedOutcome, string>;

/** One value for each. */
export type ByPlanned<T> = Readonly<Record<(typeof PLANNED_FIELD)[PlannedOutcome], T>>;

export function asPlanned<T>(values: ByOutcome<T>): ByPlanned<T> {
  const { posted, alreadyPosted, quarantined, beforeSince } = values;
  return { toPost: posted, alreadyPosted, toSetAside: quarantined, beforeSince };
}

export interface Plan {
  readonly instanceId: string;
  readonly scope: Scope;
  readonly recordsFound: number;
  readonly recordsToPost: number;
  readonly recordsAlreadyPosted: number;
  readonly recordsToSetAside: number;
  readonly recordsBeforeSince: number;
  readonly reasons: Readonly<Record<string, number>>;
  /** The key may not look up: what the ledger holds already is counted as to be posted. Else absent. */
  readonly notLookedUp?: true;
  /** Events are gone after a pause: what would be listed in place of everything. Else absent. */
  readonly afterPause?: Pause;
  /** A sync carries over movements besides, or would begin with them: nothing is said of these. Else absent. */
  readonly movementsLeftOut?: 'begin' | 'carried_over';
  /** Minor units as decimal strings, by currency. */
  readonly amounts: Readonly<Record<string, { readonly found: string } & ByPlanned<string>>>;
}

/** Times are RFC 3339. */
export interface Pause {
  /** Everything that succeeded until then had been handled. */
  readonly readTo: string;
  /** Payments charged since then are listed. */
  readonly listedFrom: string;
}

export function pauseOf(readTo: number): Pause {
  const timeOf = (seconds: number) => new Date(seconds * 1000).toISOString();
  return { readTo: timeOf(readTo), listedFrom: timeOf(listedAfterPause(readTo)) };
}

/** One of them, with --json. */
export interface PlannedPayment {
  readonly paymentIntentId: string;
  readonly outcome: PlannedOutcome;
  /** Minor units; 0 where Stripe gave no exact amount. */
  readonly amount: string;
  readonly currency: string | null;
  readonly reason: string | null;
}

export function toPlan(
  instanceId: string,
  scope: Scope,
  { counts, amounts, reasons }: Tally,
  isLookedUp: boolean,
): Plan {
  return {
    instanceId,
    scope,
    recordsFound: counts.found,
    recordsToPost: counts.posted,
    recordsAlreadyPosted: counts.alreadyPosted,
    recordsToSetAside: counts.quarantined,
    recordsBeforeSince: counts.beforeSince,
    reasons,
    ...(!isLookedUp && { notLookedUp: true }),
    amounts: Object.fromEntries(
      Object.entries(amounts).map(([currency, sums]) => [
        currency,
        { found: sums.found, ...asPlanned(sums) },
      ]),
    ),
  };
}
