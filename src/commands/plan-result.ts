/** What `sync --plan` found out, as JSON and as text. */
import { formatAmount } from '../domain/money';
import { isReasonCode, REASONS } from '../domain/reasons';
import type { Scope } from '../domain/sync';
import type { Tally } from '../domain/tally';
import { count, formatNumber } from '../domain/text';

export interface Plan {
  readonly instanceId: string;
  readonly scope: Scope;
  readonly recordsFound: number;
  readonly recordsToPost: number;
  readonly recordsAlreadyPosted: number;
  readonly recordsToSetAside: number;
  readonly recordsBeforeSince: number;
  readonly reasons: Readonly<Record<string, number>>;
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

export function planAsText(plan: Plan): string {
  const parts = [
    [plan.recordsToPost, 'would be posted'],
    [plan.recordsAlreadyPosted, 'in the ledger already'],
    [plan.recordsToSetAside, 'would be set aside'],
    [plan.recordsBeforeSince, 'before SYNC_SINCE'],
  ] as const;
  const shown = parts
    .filter(([number]) => number > 0)
    .map(([number, what]) => `${formatNumber(number)} ${what}`);
  const lines = [
    `Plan, nothing was posted: ${[count(plan.recordsFound, 'new pay-in'), ...shown].join(', ')}`,
  ];
  for (const [currency, { toPost }] of Object.entries(plan.amounts)) {
    if (toPost === '0') continue;
    const amount = formatAmount(BigInt(toPost), currency).padStart(16);
    lines.push(`  ${currency}  ${amount}  would be posted`);
  }
  for (const [reason, number] of Object.entries(plan.reasons)) {
    const what = isReasonCode(reason) ? REASONS[reason].what : '';
    lines.push(`  ${number} x ${reason}: ${what}`);
  }
  return lines.join('\n');
}
