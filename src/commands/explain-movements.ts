/** `explain` of Stripe's rows: which there are, what was booked of each, and what there is to do about it. */
import { isInSuspense } from '../domain/movements/assignment';
import type { BalanceTransaction } from '../domain/movements/balance-transaction';
import { SyncError } from '../domain/errors';
import { kindOf } from '../domain/kinds/choice';
import { legReferenceOf } from '../domain/ids';
import { KINDS } from '../domain/kinds/table';
import type { Chart, Leg } from '../domain/movements/leg';
import { formatAmount } from '../domain/money';
import { isInLedger } from '../domain/outcomes';
import { isReasonCode, nextOfMovement, REASONS } from '../domain/reasons';
import { formatTime } from '../domain/text';
import {
  gatherMovements,
  isTransactionId,
  type LegEvidence,
  type MovementEvidence,
  type RowEvidence,
} from '../engine/movements/movement-evidence';
import { EXIT } from '../exit';
import type { Context } from './context';
import { HOW_TO_ENABLE, NOT_ENABLED } from './movement-place';
import { table } from './output';

const NEVER = new AbortController().signal;

/** Refunds, disputes, payouts, transfers and the rows themselves. */
export function isMovementId(text: string): boolean {
  return /^(re|pyr|du|dp|po|tr|txn)_[A-Za-z0-9_]{1,250}$/.test(text);
}

/** Whose leg it is: `txn_….fee`, `pi_….diff`, `ch_….fx1`, as proofs and conflicts name them; else as it is. */
export function withoutLeg(text: string): string {
  return text.replace(/^((?:txn|pi|ch|py)_\w+)\.[\w.]+$/, '$1');
}

export async function readMovements(context: Context, id: string): Promise<MovementEvidence> {
  return gatherMovements(await context.db(), await context.ends(), id, NEVER);
}

export async function explainMovements(context: Context, id: string): Promise<number> {
  const evidence = await readMovements(context, id);
  if (evidence.rows.length === 0) throw unknown(id, evidence);
  context.output.data({ id, ...movementsToJson(evidence) }, movementsToText(evidence));
  return EXIT.done;
}

function unknown(id: string, { isEnabled }: MovementEvidence): SyncError {
  if (isTransactionId(id)) return new SyncError('NOT_FOUND', { 'balance transaction': id });
  const next = isEnabled
    ? 'Check the id. If it is right: no sync has listed a balance transaction of it, so it may be newer than the last sync, or of another account.'
    : `${NOT_ENABLED} ${HOW_TO_ENABLE} Of one balance transaction \`explain\` tells it with its id (txn_…).`;
  return new SyncError('NOT_FOUND', { 'balance transaction of': id }, { next });
}

export function movementsToJson(evidence: MovementEvidence) {
  return {
    enabled: evidence.isEnabled,
    balanceTransactions: evidence.rows.map((row) => {
      const { bt, isKept, legs, wouldBook } = row;
      return {
        ...{ id: bt.id, kept: isKept, kind: kindOf(bt), type: bt.type, category: bt.category },
        description: bt.description ?? null,
        ...{ source: bt.source.id, of: paymentOf(bt) },
        currency: bt.currency?.toUpperCase() ?? null,
        ...{ amount: textOf(bt.amount), fee: textOf(bt.fee), net: textOf(bt.net) },
        createdAt: bt.created === null ? null : new Date(bt.created * 1000).toISOString(),
        verdict: rowVerdict(row, evidence),
        legs: legs.map(evidenceToJson),
        wouldBook: wouldBook.map(legToJson),
      };
    }),
  };
}

export function evidenceToJson({ row, decision }: LegEvidence) {
  const { state, reason, transactionId } = row;
  return {
    ...legToJson(row),
    ...{ state, reason, blnkTransactionId: transactionId, ledger: decision?.kind ?? null },
  };
}

function legToJson({ reference, from, to, amount, currency }: Leg) {
  return {
    ...{ reference, from, to, amount: textOf(amount) },
    currency: currency?.toUpperCase() ?? null,
  };
}

const textOf = (amount: bigint | null) => amount?.toString() ?? null;

export function movementsToText(evidence: MovementEvidence): string {
  return evidence.rows
    .map((row) => [headOf(row.bt), ...legLines(row), `  ${rowVerdict(row, evidence)}`].join('\n'))
    .join('\n\n');
}

function headOf(bt: BalanceTransaction): string {
  const { id, created, net, fee, currency, source } = bt;
  const payment = paymentOf(bt);
  const what = `${KINDS[kindOf(bt)].text}${source.id === null ? '' : ` (${source.id})`}`;
  const of = payment === null ? '' : ` of ${payment}`;
  const cost = fee === 0n || fee === null ? '' : `, fee ${money(fee, currency)}`;
  const when = created === null ? '' : `, ${formatTime(new Date(created * 1000))}`;
  const words = bt.description ? `\n  Stripe’s words: ${bt.description}` : '';
  return `${id}  ${what}${of}, net ${money(net, currency)}${cost}${when}${words}`;
}

/** What is refunded or disputed: a row of a charge is explained with its payment. */
function paymentOf({ source }: BalanceTransaction): string | null {
  if (source.object !== 'refund' && source.object !== 'dispute') return null;
  return source.paymentIntentId ?? source.chargeId;
}

export function legLines({ legs, wouldBook }: Pick<RowEvidence, 'legs' | 'wouldBook'>): string[] {
  const all = [...legs.map(({ row }) => row), ...wouldBook];
  if (all.length === 0) return [];
  const width = Math.max(...all.map(({ amount, currency }) => money(amount, currency).length));
  const rows = [
    ...legs.map((leg) => [...cellsOf(leg.row, width), stateOf(leg)]),
    ...wouldBook.map((leg) => [...cellsOf(leg, width), 'would be booked']),
  ];
  const [, ...lines] = table(['', '', '', '', ''], rows).split('\n');
  return lines.map((line) => `  ${line}`);
}

/** @param width of the widest amount: what is added up stands below each other */
function cellsOf({ reference, amount, currency, from, to }: Leg, width: number): string[] {
  return [reference, money(amount, currency).padStart(width), from, `to ${to}`];
}

function stateOf({ row, decision }: LegEvidence): string {
  const { state, reason, transactionId } = row;
  const words = state.replaceAll('_', ' ');
  const why = reason === null ? '' : ` (${reason})`;
  const id = transactionId === null ? '' : `, ${transactionId}`;
  const gone = isInLedger(state) && decision?.kind === 'post' ? ', NOT in the ledger any more' : '';
  const other = decision?.kind === 'set_aside' && isInLedger(state) ? `, ${decision.reason}` : '';
  return `${words}${why}${id}${gone}${other}`;
}

/** What became of a row, and what to do about it. */
function rowVerdict(row: RowEvidence, { isEnabled, chart }: MovementEvidence): string {
  if (!row.isOfPayments) {
    return `Of another of Stripe’s balances (${row.bt.balanceType ?? '?'}): nothing of it is booked.`;
  }
  if (row.legs.length > 0) {
    return row.legs.map((leg) => legVerdict(leg, row, chart)).find(isSaid) ?? 'Booked.';
  }
  if (row.isBefore) return 'From before the cut-over: what Stripe held then holds it.';
  if (!isEnabled) return `${NOT_ENABLED} ${HOW_TO_ENABLE}`;
  if (!row.isKept) return 'Not listed yet: the next sync books it.';
  return row.wouldBook.length === 0
    ? 'Nothing is booked of it: it is the money of its pay-in, or comes to nothing.'
    : 'Listed, and not staged yet: the next sync books it.';
}

const isSaid = (verdict: string) => verdict !== '';

/** Empty: it is as it should be. */
function legVerdict(leg: LegEvidence, { legs }: RowEvidence, { balances }: Chart): string {
  const { row } = leg;
  const assigned = legReferenceOf(row.reference, 'assigned');
  const isAssigned = legs.some((one) => one.row.reference === assigned);
  const found = ledgerVerdict(leg);
  const { by, note } = row.metadata.stripe_sync;
  if (found === '' && row.leg === 'assigned' && by !== undefined) {
    return `Booked; assigned by ${by}: ${note ?? ''}`;
  }
  if (found === '' && isInSuspense(row, balances) && !isAssigned) {
    return `In suspense: nothing tells what it is for. Once you know, \`suspense assign ${row.reference}\` books it on.`;
  }
  return found;
}

/** Empty: it is in the ledger as our record says, or nobody could ask. */
export function ledgerVerdict({ row, decision }: LegEvidence): string {
  const { state, reason } = row;
  if (state === 'quarantined') {
    const info = reason !== null && isReasonCode(reason) ? REASONS[reason] : undefined;
    return `Set aside: ${info?.what ?? 'a reason of another version'} (${reason ?? '?'}). ${info ? nextOfMovement(info) : ''}`.trimEnd();
  }
  if (state === 'staged') return 'Waits for the next sync, which posts it.';
  if (decision?.kind === 'post') {
    return 'It was in the ledger and is not any more: the next sync posts it again under its reference.';
  }
  if (decision?.kind === 'set_aside') {
    const info = REASONS[decision.reason];
    return `Booked by our record, and yet: ${info.what} (${decision.reason}). ${nextOfMovement(info)}`;
  }
  return '';
}

function money(amount: bigint | null, currency: string | null): string {
  const code = currency?.toUpperCase() ?? '';
  return amount === null ? 'no exact amount' : `${formatAmount(amount, code)} ${code}`;
}
