/** What a dry run found out: what a sync would do, and nothing was done. */
import type { Scope } from './sync';
import type { Tally } from './tally';

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
  /** Minor units as decimal strings, by currency. */
  readonly amounts: Readonly<Record<string, AmountsOfPlan>>;
}

/** One of them, with --json. */
export interface PlannedPayment {
  readonly paymentIntentId: string;
  readonly outcome: 'to_post' | 'already_posted' | 'to_set_aside' | 'before_since';
  /** Minor units; 0 where Stripe gave no exact amount. */
  readonly amount: string;
  readonly currency: string | null;
  readonly reason: string | null;
}

interface AmountsOfPlan {
  readonly found: string;
  readonly toPost: string;
  readonly alreadyPosted: string;
  readonly toSetAside: string;
  readonly beforeSince: string;
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
      Object.entries(amounts).map(([currency, sums]) => {
        const { found, posted, alreadyPosted, quarantined, beforeSince } = sums;
        return [
          currency,
          { found, toPost: posted, alreadyPosted, toSetAside: quarantined, beforeSince },
        ];
      }),
    ),
  };
}
