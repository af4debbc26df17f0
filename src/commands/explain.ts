/** `explain`: what Stripe, our own record and the ledger say about one payment, and what follows. */
import type { Command } from 'commander';
import { SyncError } from '../domain/errors';
import type { LedgerEntry } from '../domain/ledger';
import { formatAmount } from '../domain/money';
import type { PayIn } from '../domain/pay-in';
import { rfc3339 } from '../domain/posting';
import { isReasonCode, REASONS } from '../domain/reasons';
import { formatTime } from '../domain/text';
import { gatherEvidence, type Evidence } from '../engine/evidence';
import { EXIT } from '../exit';
import type { PayInRow } from '../store/movements';
import type { CommonOptions, Context } from './context';
import { explainCharge, isChargeId } from './explain-charge';
import {
  explainMovements,
  isMovementId,
  movementsToJson,
  movementsToText,
  readMovements,
  withoutLeg,
} from './explain-movements';
import { explainOpening, isOpening } from './explain-opening';
import { HOW_TO_ENABLE } from './movement-place';
import { fields } from './output';
import { isPaymentIntentId } from './sync';
import { reach } from './verdict';
import { verb, type Run } from './verb';

export function addExplain(program: Command, run: Run): void {
  verb(
    program,
    'explain <id>',
    'Show what all sides say about one payment or movement',
    'explain pi_3Abc…',
    'explain ch_3Abc…',
    'explain re_3Abc…',
    'explain du_3Abc…',
    'explain po_3Abc…',
    'explain tr_3Abc…',
    'explain txn_3Abc…',
  ).action((text: string, options: CommonOptions) =>
    run(options, (context) => {
      const of = (payment: string) => explain(context, payment);
      const id = withoutLeg(text);
      if (isPaymentIntentId(id)) return of(id);
      if (isChargeId(id)) return explainCharge(context, id, of, money);
      if (isMovementId(id)) return explainMovements(context, id);
      if (isOpening(id)) return explainOpening(context, id);
      throw new SyncError('USAGE', { id: TAKEN });
    }),
  );
}

const TAKEN =
  'must be one of Stripe’s (pi_…, ch_…, py_…, re_…, du_…, po_…, tr_… or txn_…), or the reference of a posting (txn_….fee, opening.…)';

const NEVER = new AbortController().signal;

async function explain(context: Context, id: string): Promise<number> {
  const { evidence, context: posting } = await gatherEvidence(
    await context.db(),
    await context.ends(),
    id,
    NEVER,
  );
  const { atStripe, row, found } = evidence;
  const entries = [...(found?.values() ?? [])].filter((entry) => entry !== null);
  if (!atStripe && !row && entries.length === 0) throw new SyncError('NOT_FOUND', { payment: id });
  const movements = await readMovements(context, id);
  const hasMovements = movements.isEnabled || movements.rows.length > 0;
  const reached = reach(evidence, posting);
  const leavesRefunds = !movements.isEnabled && isRefund(atStripe?.refunded);
  const verdict = leavesRefunds ? `${reached} ${REFUNDS}` : reached;
  context.output.data(
    {
      paymentIntentId: id,
      verdict,
      stripe: atStripe
        ? {
            status: atStripe.status,
            payIn: atStripe.payIn && payInToJson(atStripe.payIn),
            refunded: atStripe.refunded?.toString() ?? null,
          }
        : null,
      record: row ? rowToJson(row) : null,
      // null: nobody could ask.
      ledger: found ? entries.map(entryToJson) : null,
      ...(hasMovements && movementsToJson(movements)),
    },
    [
      fields([
        ['Payment', id],
        ['Stripe', stripeText(atStripe)],
        ['Record', rowText(row)],
        ['Ledger', ledgerText(found, entries)],
        ['Verdict', verdict],
      ]),
      ...(movements.rows.length > 0 ? [movementsToText(movements)] : []),
    ].join('\n\n'),
  );
  return EXIT.done;
}

function stripeText(atStripe: Evidence['atStripe']): string {
  if (!atStripe) return 'knows no such payment (with this key)';
  const { status, payIn, refunded } = atStripe;
  if (!payIn) return status;
  const created = payIn.created === null ? '' : `, created ${rfc3339(payIn.created)}`;
  const succeeded = payIn.succeededAt === null ? '' : `, paid ${rfc3339(payIn.succeededAt)}`;
  const alias = payIn.payerAlias ? ` (also ${payIn.payerAlias})` : '';
  const payer = payIn.payer === null ? ', guest' : `, ${payIn.payer}${alias}`;
  const back = isRefund(refunded) ? `, ${money(refunded, payIn.currency)} refunded` : '';
  return `${status}, ${money(payIn.amount, payIn.currency)}${back}${payer}${created}${succeeded}`;
}

function rowText(row: PayInRow | undefined): string {
  if (!row) return 'none: no sync has seen it as succeeded';
  const { state, reason, attempts, retryAt, closedAt } = row;
  const words = state.replaceAll('_', ' ');
  const when = `${formatTime(row.updatedAt)} by ${row.syncId}`;
  if (reason === null) return `${words}, ${when}`;
  if (closedAt !== null && state === 'quarantined') {
    const by = `by ${row.closedBy ?? 'nobody'}: ${row.closedNote ?? ''}`;
    return `${words}: ${reason}, closed ${formatTime(closedAt)} ${by}`;
  }
  const next = retryAt === null ? 'by `quarantine retry` only' : formatTime(retryAt);
  const what = isReasonCode(reason) ? REASONS[reason].what : 'a reason of another version';
  return `${words}: ${reason} (${what}), tries ${attempts}, next try ${next}; ${when}`;
}

const REFUNDS = `Refunds are booked with movements alone: ${HOW_TO_ENABLE} Else book what went back by hand.`;

function isRefund(refunded: bigint | null | undefined): refunded is bigint {
  return typeof refunded === 'bigint' && refunded > 0n;
}

function ledgerText(found: Evidence['found'], entries: readonly LedgerEntry[]): string {
  if (!found) return 'was not asked: the key may not look up (data:read)';
  if (entries.length === 0) return 'holds nothing under this reference';
  return entries.map(entryText).join('; ');
}

function entryText(entry: LedgerEntry): string {
  const { status, amount, currency, transactionId, customerId, source, destination } = entry;
  const payer = customerId === null ? '' : `, ${customerId}`;
  const known = source !== null || destination !== null;
  const way = known
    ? `, from ${source ?? 'an unknown balance'} to ${destination ?? 'an unknown one'}`
    : '';
  return `${status}, ${money(amount, currency)}${payer}${way}, ${transactionId} under ${entry.reference}`;
}

function money(amount: bigint | null, currency: string | null): string {
  const code = currency?.toUpperCase() ?? '';
  return amount === null ? 'no exact amount' : `${formatAmount(amount, code)} ${code}`;
}

function payInToJson(payIn: PayIn) {
  return { ...payIn, amount: payIn.amount?.toString() ?? null };
}

function rowToJson(row: PayInRow) {
  const { state, reason, attempts, reference, transactionId, syncId, retryAt, updatedAt } = row;
  const { closedAt, closedBy, closedNote } = row;
  return {
    ...{ state, reason, attempts, reference, transactionId, syncId, retryAt, updatedAt },
    ...{ closedAt, closedBy, closedNote },
  };
}

function entryToJson(entry: LedgerEntry) {
  return { ...entry, amount: entry.amount?.toString() ?? null };
}
