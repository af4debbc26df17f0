/** `quarantine`: pay-ins that were set aside, another try for them, and an end for what was dealt with. */
import type { Command } from 'commander';
import { SyncError, type ErrorDetails } from '../domain/errors';
import { formatAmount } from '../domain/money';
import { isReasonCode, REASONS, type ReasonInfo } from '../domain/reasons';
import { count, formatTime } from '../domain/text';
import { EXIT } from '../exit';
import { findPayIn, listQuarantine, makeDue, type SetAsideRow } from '../store/pay-ins';
import { countSetAside } from '../store/set-aside';
import { addClose } from './quarantine-close';
import type { CommonOptions, Context } from './context';
import { runSync } from './follow';
import { table } from './output';
import { paymentIntentId } from './sync';
import { limitOf } from './syncs';
import { CALLED, group, verb, type Run } from './verb';

interface ListOptions extends CommonOptions {
  readonly limit: string;
  readonly closed?: boolean;
}

export function addQuarantine(program: Command, run: Run): void {
  const quarantine = group(program, 'quarantine', 'Pay-ins that were set aside, with reasons');
  verb(quarantine, 'list', 'List the pay-ins that are set aside', 'quarantine list')
    .option('--limit <n>', 'how many', '100')
    .option('--closed', 'those that were closed, with who, when and why')
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
  addClose(quarantine, run);
}

async function list(context: Context, options: ListOptions): Promise<number> {
  const limit = limitOf(options.limit);
  const which = options.closed === true ? 'closed' : 'open';
  const rows = await listQuarantine(await context.db(), await context.instanceId(), limit, which);
  const none = which === 'closed' ? 'Nothing was closed.' : 'Nothing is set aside.';
  const text = which === 'closed' ? closedText(rows) : asText(rows);
  context.output.data(rows.map(toJson), rows.length === 0 ? none : text);
  return EXIT.done;
}

async function retry(context: Context, payment: string | undefined): Promise<number> {
  const id = payment === undefined ? undefined : paymentIntentId(payment);
  const due = await makeDue(await context.db(), await context.instanceId(), id);
  if (due === 0) {
    if (id !== undefined) throw new SyncError('NOT_FOUND', await whyNot(context, id));
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

/** One of an account that was left is there, and no sync can try it. */
async function whyNot(context: Context, id: string): Promise<ErrorDetails> {
  const row = await findPayIn(await context.db(), await context.instanceId(), id);
  const left = row?.state === 'quarantined';
  return { quarantined: id, ...(left && { of: 'an account that was left' }) };
}

/** The report counts only what is newly set aside. */
async function countLeft(context: Context, id: string | undefined): Promise<number> {
  const db = await context.db();
  const instanceId = await context.instanceId();
  if (id !== undefined)
    return (await findPayIn(db, instanceId, id))?.state === 'quarantined' ? 1 : 0;
  return (await countSetAside(db, instanceId)).quarantined;
}

function toJson(row: SetAsideRow) {
  const { id, amount, currency, reason, attempts, retryAt, updatedAt, syncId } = row;
  const { leftAccount, closedAt, closedBy, closedNote } = row;
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
    left: leftAccount !== null,
    leftAccount: leftAccount === '' ? null : leftAccount,
    ...(closedAt !== null && {
      closed: { at: closedAt.toISOString(), by: closedBy, reason: closedNote },
    }),
  };
}

const amountOf = ({ amount, currency }: SetAsideRow) =>
  amount === null ? '?' : formatAmount(amount, currency?.toUpperCase() ?? '');

/** Rows, and below them what each reason means, once. */
function asText(rows: readonly SetAsideRow[]): string {
  const reasons = new Set(rows.flatMap(({ reason }) => (reason === null ? [] : [reason])));
  return [
    table(
      ['payment', 'amount', '', 'reason', 'tries', 'last try', 'next try'],
      rows.map((row) => [
        row.id,
        amountOf(row),
        row.currency?.toUpperCase() ?? '?',
        row.reason ?? '?',
        String(row.attempts),
        formatTime(row.updatedAt),
        nextTry(row),
      ]),
    ),
    '',
    ...[...reasons].map(
      (reason) => `${reason}: ${infoOf(reason)?.what ?? '?'}. ${infoOf(reason)?.next ?? ''}`,
    ),
  ].join('\n');
}

function nextTry({ leftAccount, retryAt }: SetAsideRow): string {
  if (leftAccount !== null) return `never: of ${leftAccount || 'an account'} that was left`;
  return retryAt === null ? 'by retry only' : formatTime(retryAt);
}

function closedText(rows: readonly SetAsideRow[]): string {
  return table(
    ['payment', 'amount', '', 'reason', 'closed', 'by', 'why'],
    rows.map((row) => [
      row.id,
      amountOf(row),
      row.currency?.toUpperCase() ?? '?',
      row.reason ?? '?',
      row.closedAt === null ? '?' : formatTime(row.closedAt),
      row.closedBy ?? 'itself',
      row.closedNote ?? 'there was nothing to do',
    ]),
  );
}

/** A database may hold a reason of another version. */
function infoOf(reason: string | null): ReasonInfo | undefined {
  return reason !== null && isReasonCode(reason) ? REASONS[reason] : undefined;
}
