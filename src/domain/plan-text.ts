/** A plan as text: of `sync --plan` and of `npm start -- --plan`. */
import { formatAmount } from './money';
import { isReasonCode, REASONS } from './reasons';
import type { Pause, Plan } from './plan';
import { count, formatNumber, formatTime } from './text';

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
  const { afterPause } = plan;
  if (afterPause) lines.push(`  ${afterPauseText(afterPause)}.`);
  for (const [currency, { toPost }] of Object.entries(plan.amounts)) {
    if (toPost === '0') continue;
    const amount = formatAmount(BigInt(toPost), currency).padStart(16);
    lines.push(`  ${currency}  ${amount}  would be posted`);
  }
  if (plan.notLookedUp) {
    lines.push(
      '  The key may not look up (data:read): what is in the ledger already is counted as to be posted.',
    );
  }
  for (const [reason, number] of Object.entries(plan.reasons)) {
    const what = isReasonCode(reason) ? REASONS[reason].what : '';
    lines.push(`  ${formatNumber(number)} x ${reason}: ${what}`);
  }
  if (plan.movementsLeftOut) lines.push(LEFT_OUT[plan.movementsLeftOut]);
  return lines.join('\n');
}

const LEFT_OUT: Record<NonNullable<Plan['movementsLeftOut']>, string> = {
  begin:
    'Of movements, which begin with the first sync, it says nothing: `movements plan` shows them.',
  carried_over:
    'Of movements, which are carried over besides, it says nothing: `explain` tells of a single one.',
};

/** What is listed after a pause. */
export function afterPauseText({ readTo, listedFrom }: Pause): string {
  const [read, listed] = [formatTime(new Date(readTo)), formatTime(new Date(listedFrom))];
  return `After the pause since ${read} payments charged since ${listed} are listed, not everything`;
}
