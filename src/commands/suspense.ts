/** `suspense list`: what moved Stripe's balance and nobody knows what for; `suspense assign` is in its own file. */
import type { Command } from 'commander';
import type { BalanceTransaction } from '../domain/movements/balance-transaction';
import {
  ofTheNewest,
  suspenseMoney,
  suspenseNumber,
  suspenseOf,
  type SuspenseReport,
} from '../domain/movements/suspense-sum';
import { formatAmount } from '../domain/money';
import { formatTime } from '../domain/text';
import { EXIT } from '../exit';
import { rowsById } from '../store/balance-transactions';
import type { LegRow } from '../store/legs';
import { legsInSuspense, suspenseSums } from '../store/suspense';
import type { CommonOptions, Context } from './context';
import { HOW_TO_ENABLE, movementPlace, NOT_ENABLED } from './movement-place';
import { table } from './output';
import { addAssign, signedAmount } from './suspense-assign';
import { limitOf } from './syncs';
import { CALLED, group, verb, type Run } from './verb';

interface ListOptions extends CommonOptions {
  readonly limit: string;
}

export function addSuspense(program: Command, run: Run): void {
  const suspense = group(program, 'suspense', 'Movements of which nobody knows what they are for');
  verb(suspense, 'list', 'List what is in suspense, newest first', 'suspense list')
    .option('--limit <n>', 'how many', '100')
    .action((options: ListOptions) => run(options, (context) => list(context, options)));
  addAssign(suspense, run);
}

async function list(context: Context, options: ListOptions): Promise<number> {
  const limit = limitOf(options.limit);
  const { db, instanceId, source, enabled } = await movementPlace(context);
  const legs = source ? await legsInSuspense(db, source.sourceId, limit) : [];
  const rows = await rowsById(
    db,
    instanceId,
    legs.flatMap(({ btId }) => btId ?? []),
  );
  const known = new Map(rows.map((row) => [row.id, row]));
  const lines = legs.map((leg) => ({ leg, bt: known.get(leg.btId ?? '') }));
  const sums = suspenseOf(source ? await suspenseSums(db, source.sourceId) : []);
  const none = enabled ? 'Nothing is in suspense.' : `${NOT_ENABLED} ${HOW_TO_ENABLE}`;
  context.output.data(
    { ...sums, rows: lines.map(toJson) },
    lines.length === 0 ? none : asText(lines, sums),
  );
  return EXIT.done;
}

interface Line {
  readonly leg: LegRow;
  /** Stripe's row; undefined: it was not kept. */
  readonly bt: BalanceTransaction | undefined;
}

function toJson({ leg, bt }: Line) {
  return {
    reference: leg.reference,
    balanceTransactionId: leg.btId,
    kind: leg.kind,
    amount: signedAmount(leg)?.toString() ?? null,
    currency: leg.currency?.toUpperCase() ?? null,
    at: timeOf(leg)?.toISOString() ?? null,
    from: leg.from,
    to: leg.to,
    blnkTransactionId: leg.transactionId,
    stripe: bt
      ? {
          type: bt.type,
          category: bt.category,
          description: bt.description ?? null,
          source: bt.source.id,
          fault: bt.fault,
        }
      : null,
  };
}

const timeOf = ({ datedAt }: LegRow) => (datedAt === null ? null : new Date(datedAt * 1000));

function asText(lines: readonly Line[], sums: SuspenseReport) {
  const shown = table(
    ['reference', 'amount', '', 'when', 'Stripe says'],
    lines.map(({ leg, bt }) => {
      const amount = signedAmount(leg);
      const currency = leg.currency?.toUpperCase() ?? '?';
      const time = timeOf(leg);
      return [
        leg.reference,
        amount === null ? '?' : formatAmount(amount, currency),
        currency,
        time === null ? '?' : formatTime(time),
        saidOf(bt),
      ];
    }),
  );
  return [
    shown,
    '',
    `${suspenseNumber(sums.count)} in suspense${ofTheNewest(sums.count)}: ${suspenseMoney(sums)}. Once you know what one is:`,
    `${CALLED} suspense assign <reference> --to <balance> --note "…"`,
  ].join('\n');
}

function saidOf(bt: BalanceTransaction | undefined): string {
  if (!bt) return 'the row is not kept here any more';
  const words = [bt.category, bt.type === bt.category ? null : bt.type].filter(
    (one) => one !== null,
  );
  const from = bt.source.id;
  const described = bt.description ? `: ${bt.description}` : '';
  return `${words.join(', ') || 'nothing'}${from === null ? '' : ` (${from})`}${described}`;
}
