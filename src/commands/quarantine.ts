/** `quarantine`: pay-ins and movements that were set aside, another try for them, and an end for what was dealt with. */
import type { Command } from 'commander';
import { formatAmount } from '../domain/money';
import { formatTime } from '../domain/text';
import { EXIT } from '../exit';
import { listQuarantine, type SetAsideRow } from '../store/movements';
import { choiceOf, NO_PAY_IN } from './quarantine-choice';
import { addClose } from './quarantine-close';
import { listMovements } from './quarantine-movements';
import { reasonInfo, tellReasons } from './quarantine-reasons';
import { addPost, retry } from './quarantine-retry';
import type { CommonOptions, Context } from './context';
import { table } from './output';
import { limitOf } from './syncs';
import { group, verb, type Run } from './verb';

interface RetryOptions extends CommonOptions {
  readonly of?: string;
}

interface ListOptions extends CommonOptions {
  readonly limit: string;
  readonly closed?: boolean;
  readonly movements?: boolean;
}

export function addQuarantine(program: Command, run: Run): void {
  const quarantine = group(program, 'quarantine', 'What was set aside, with reasons');
  verb(quarantine, 'list', 'List the pay-ins that are set aside', 'quarantine list')
    .option('--limit <n>', 'how many', '100')
    .option('--closed', 'those that were closed, with who, when and why')
    .option('--movements', 'fees, refunds, payouts and all else that is no pay-in, instead')
    .action((options: ListOptions) => run(options, (context) => list(context, options)));
  verb(
    quarantine,
    'retry [payment]',
    'Try one (or all pay-ins) of them again, in a sync that is followed',
    'quarantine retry',
    'quarantine retry pi_3Abc…',
    'quarantine retry txn_3Abc….fee',
    'quarantine retry --of CURRENCY_UNKNOWN',
  )
    .option('--of <reason>', 'all that are set aside for this reason')
    .action((payment: string | undefined, options: RetryOptions) =>
      run(options, (context) => retry(context, choiceOf(payment, options))),
    );
  addPost(quarantine, run);
  addClose(quarantine, run);
}

async function list(context: Context, options: ListOptions): Promise<number> {
  const limit = limitOf(options.limit);
  if (options.movements === true) return listMovements(context, limit);
  const which = options.closed === true ? 'closed' : 'open';
  const rows = await listQuarantine(await context.db(), await context.instanceId(), limit, which);
  const none = which === 'closed' ? 'No pay-in was closed.' : NO_PAY_IN;
  const text = which === 'closed' ? closedText(rows) : asText(rows);
  context.output.data(rows.map(toJson), rows.length === 0 ? none : text);
  return EXIT.done;
}

function toJson(row: SetAsideRow) {
  const { id, amount, currency, reason, attempts, retryAt, updatedAt, syncId } = row;
  const { leftAccount, closedAt, closedBy, closedNote } = row;
  const info = reasonInfo(reason);
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
    ...tellReasons(rows),
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
