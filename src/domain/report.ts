/** The report of a sync: one maker for its JSON, text and Markdown forms. */
import { describeError, type ErrorCode, type ErrorDetails } from './errors';
import { formatAmount } from './money';
import {
  describeOutcomes,
  OUTCOME_TEXT,
  withTexts,
  type AmountsByCurrency,
  type Counts,
} from './outcomes';
import { movementTexts, type MovementParts } from './movements/movements-report';
import { isReasonCode, REASONS } from './reasons';
import type { SyncStatus, Trigger } from './sync';
import type { Tally } from './tally';
import { count, formatNumber } from './text';

export interface Report extends MovementParts {
  readonly syncId: string;
  readonly instanceId: string;
  readonly status: SyncStatus;
  readonly trigger: Trigger;
  readonly recordsFound: number;
  readonly recordsPosted: number;
  readonly recordsAlreadyPosted: number;
  readonly recordsQuarantined: number;
  readonly recordsBeforeSince: number;
  readonly reasons: Readonly<Record<string, number>>;
  readonly amounts: AmountsByCurrency;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly completedAt: string | null;
  readonly workflowId: string;
  readonly runId: string;
  readonly webUiUrl: string | null;
  readonly error?: { readonly code: ErrorCode; readonly message: string };
}

/** A sync's row, as far as the report needs it. */
export interface ReportSource extends Pick<Tally, 'counts' | 'amounts' | 'reasons'> {
  readonly syncId: string;
  readonly instanceId: string;
  readonly status: SyncStatus;
  readonly trigger: Trigger;
  readonly startedAt: Date;
  readonly completedAt: Date | null;
  readonly workflowId: string;
  readonly firstRunId: string;
  readonly error: ErrorCode | null;
  readonly errorDetails: ErrorDetails | null;
}

/**
 * @param webUiUrl link to the run in the Temporal Web UI, when its address is known
 * @param parts of an instance whose movements are carried over
 */
export function toReport(
  sync: ReportSource,
  webUiUrl: string | null,
  parts: MovementParts = {},
): Report {
  return {
    syncId: sync.syncId,
    instanceId: sync.instanceId,
    status: sync.status,
    trigger: sync.trigger,
    recordsFound: sync.counts.found,
    recordsPosted: sync.counts.posted,
    recordsAlreadyPosted: sync.counts.alreadyPosted,
    recordsQuarantined: sync.counts.quarantined,
    recordsBeforeSince: sync.counts.beforeSince,
    reasons: sync.reasons,
    amounts: sync.amounts,
    startedAt: sync.startedAt.toISOString(),
    completedAt: sync.completedAt?.toISOString() ?? null,
    workflowId: sync.workflowId,
    runId: sync.firstRunId,
    webUiUrl,
    ...parts,
    ...(sync.error !== null && {
      error: { code: sync.error, message: describeError(sync.error, sync.errorDetails ?? {}) },
    }),
  };
}

/** The counts of a report, whose fields are flat. */
export function countsOf(report: Report): Counts {
  return {
    found: report.recordsFound,
    posted: report.recordsPosted,
    alreadyPosted: report.recordsAlreadyPosted,
    quarantined: report.recordsQuarantined,
    beforeSince: report.recordsBeforeSince,
  };
}

const STATUS_TEXT: Record<SyncStatus, string> = {
  running: 'running',
  completed: 'completed',
  completed_with_problems: 'completed',
  failed: 'failed',
  cancelled: 'cancelled',
  skipped: 'skipped',
};

/** @param took behind the word that it belongs to */
function statusText({ status }: Report, took = ''): string {
  const but = status === 'completed_with_problems' ? ', with pay-ins set aside' : '';
  return `${STATUS_TEXT[status]}${took}${but}`;
}

export function reportAsText(report: Report): string {
  const lines = [`Sync ${statusText(report, duration(report))}: ${countsText(report)}`];
  for (const row of amountRows(report)) {
    lines.push(`  ${row.currency}  ${row.found.padStart(16)}  ${row.rest}`);
  }
  for (const [reason, number] of Object.entries(report.reasons)) {
    lines.push(`  ${formatNumber(number)} x ${reason}: ${reasonText(reason)}`);
  }
  lines.push(...movementTexts(report).map((line) => `  ${line}`));
  if (report.error) lines.push(`  ${report.error.code}: ${report.error.message}`);
  return lines.join('\n');
}

export function reportAsMarkdown(report: Report): string {
  const lines = [
    `## Sync ${report.syncId}: ${statusText(report)}`,
    '',
    `${countsText(report)}${duration(report)}.`,
    '',
    '| Currency | Found | Where it is |',
    '| --- | ---: | --- |',
    ...amountRows(report).map((row) => `| ${row.currency} | ${row.found} | ${row.rest} |`),
  ];
  const reasons = Object.entries(report.reasons);
  if (reasons.length > 0) lines.push('');
  for (const [reason, number] of reasons) {
    lines.push(`- ${formatNumber(number)} × \`${reason}\`: ${reasonText(reason)}`);
  }
  const texts = movementTexts(report);
  if (texts.length > 0) lines.push('', ...texts.map((line) => `- ${line}`));
  if (report.error) lines.push('', `**${report.error.code}**: ${report.error.message}`);
  return lines.join('\n');
}

function countsText(report: Report): string {
  const counts = countsOf(report);
  const found = `${count(counts.found, 'pay-in')} found`;
  return [found, ...describeOutcomes(counts)].join(', ');
}

function amountRows(report: Report): { currency: string; found: string; rest: string }[] {
  return Object.entries(report.amounts).map(([currency, amounts]) => {
    const shown = withTexts(amounts, OUTCOME_TEXT).filter(([amount]) => amount !== '0');
    const rest = shown.every(([amount]) => amount === amounts.found)
      ? shown.map(([, what]) => what)
      : shown.map(([amount, what]) => `${formatAmount(BigInt(amount), currency)} ${what}`);
    return {
      currency,
      found: formatAmount(BigInt(amounts.found), currency),
      rest: rest.join(', '),
    };
  });
}

function reasonText(reason: string): string {
  return isReasonCode(reason) ? REASONS[reason].what : 'a reason of another version';
}

function duration(report: Report): string {
  if (report.completedAt === null) return '';
  const ms = Date.parse(report.completedAt) - Date.parse(report.startedAt);
  return ` in ${ms < 10_000 ? (ms / 1000).toFixed(1) : Math.round(ms / 1000)} s`;
}
