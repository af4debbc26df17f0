/** `quarantine list` and `quarantine retry`: pay-ins that were set aside, and another try for them. */
import type { Command } from 'commander';
import { SyncError } from '../domain/errors';
import { formatAmount } from '../domain/money';
import { isReasonCode, REASONS, type ReasonInfo } from '../domain/reasons';
import { count, formatTime } from '../domain/text';
import { EXIT } from '../exit';
import { countPayIns } from '../store/pay-in-totals';
import { findPayIn, listQuarantine, makeDue, type PayInRow } from '../store/pay-ins';
import type { CommonOptions, Context } from './context';
import { runSync } from './follow';
import { table } from './output';
import { paymentIntentId } from './sync';
import { limitOf } from './syncs';
import { CALLED, group, verb, type Run } from './verb';

interface ListOptions extends CommonOptions {
  readonly limit: string;
}

export function addQuarantine(program: Command, run: Run): void {
  const quarantine = group(program, 'quarantine', 'Pay-ins that were set aside, with reasons');
  verb(quarantine, 'list', 'List the pay-ins that are set aside', 'quarantine list')
    .option('--limit <n>', 'how many', '100')
    .action((options: ListOptions) => run(options, (context) => list(context, options)));
  verb(
    quarantine,
    'retry [payment]',
    'Try one (or all) of them again, in a sync that is followed',
    'quarantine retry',
    'quarantine retry pi_3Abc…',
  ).action((payment: string | undefined, options: CommonOptions) =>
    run(options, (context) => retry(context, payment)),
  );
}

async function list(context: Context, options: ListOptions): Promise<number> {
  const limit = limitOf(options.limit);
  const rows = await listQuarantine(await context.db(), await context.instanceId(), limit);
  context.output.data(rows.map(toJson), rows.length === 0 ? 'Nothing is set aside.' : asText(rows));
  return EXIT.done;
}

async function retry(context: Context, payment: string | undefined): Promise<number> {
  const id = payment === undefined ? undefined : paymentIntentId(payment);
  const due = await makeDue(await context.db(), await context.instanceId(), id);
  if (due === 0) {
    if (id !== undefined) throw new SyncError('NOT_FOUND', { quarantined: id });
    context.output.data({ due }, 'Nothing is set aside.');
    return EXIT.done;
  }
  context.output.say(`Trying ${count(due, 'pay-in')} again.`);
  const ended = await runSync(context, {
    scope: { kind: 'full' },
    acceptSource: false,
    anew: true,
  });
  const left = await countLeft(context, id);
  if (left > 0) context.output.notice(`Still set aside: ${left}; see ${CALLED} quarantine list`);
  return ended;
}

/** The report counts only what is newly set aside. */
async function countLeft(context: Context, id: string | undefined): Promise<number> {
  const db = await context.db();
  const instanceId = await context.instanceId();
  if (id !== undefined)
    return (await findPayIn(db, instanceId, id))?.state === 'quarantined' ? 1 : 0;
  return (await countPayIns(db, instanceId)).quarantined ?? 0;
}

function toJson(row: PayInRow) {
  const { id, amount, currency, reason, attempts, retryAt, updatedAt, syncId } = row;
  const info = infoOf(reason);
  return {
    paymentIntentId: id,
    amount: amount?.toString() ?? null,
    currency: currency?.toUpperCase() ?? null,
    reason,
    what: info?.what ?? null,
    next: info?.next ?? null,
    attempts,
    lastTriedAt: updatedAt.toISOString(),
    retryAt: retryAt?.toISOString() ?? null,
    syncId,
  };
}

/** Rows, and below them what each reason means, once. */
function asText(rows: readonly PayInRow[]): string {
  const reasons = new Set(rows.flatMap(({ reason }) => (reason === null ? [] : [reason])));
  return [
    table(
      ['payment', 'amount', '', 'reason', 'tries', 'last try', 'next try'],
      rows.map((row) => [
        row.id,
        row.amount === null ? '?' : formatAmount(row.amount, row.currency?.toUpperCase() ?? ''),
        row.currency?.toUpperCase() ?? '?',
        row.reason ?? '?',
        String(row.attempts),
        formatTime(row.updatedAt),
        row.retryAt === null ? 'by retry only' : formatTime(row.retryAt),
      ]),
    ),
    '',
    ...[...reasons].map(
      (reason) => `${reason}: ${infoOf(reason)?.what ?? '?'}. ${infoOf(reason)?.next ?? ''}`,
    ),
  ].join('\n');
}

/** A database may hold a reason of another version. */
function infoOf(reason: string | null): ReasonInfo | undefined {
  return reason !== null && isReasonCode(reason) ? REASONS[reason] : undefined;
}
