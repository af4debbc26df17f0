/** Blnk's answers about balances and what stands on them, as we rely on them. */
import { z } from 'zod';
import { SyncError } from '../domain/errors';
import type { LedgerBalance, LedgerLine, LedgerRow, Turnovers } from '../domain/ledger-balances';
import type { BlnkAnswer } from './http';
import { assertRead } from './posting';
import { exactInteger, momentOf, nonEmpty, parseAnswer, toEntry, transaction } from './schema';

const exact = z.unknown().transform((value, context) => {
  const amount = exactInteger(value);
  if (amount !== null) return amount;
  context.addIssue({ code: 'custom', message: 'no exact integer' });
  return z.NEVER;
});

const turnover = z.looseObject({
  balance_id: z.string().min(1),
  indicator: z.string(),
  currency: z.string().min(1),
  balance: exact,
  debit_balance: exact,
  credit_balance: exact,
});

export const turnovers = z.array(turnover);
export const turnoversPage = z.looseObject({ data: turnovers.nullish(), total: z.int() });

/** @throws SyncError BLNK_BAD_ANSWER for a balance that nobody has asked for: the filter was not understood */
export function toBalance(row: z.infer<typeof turnover>, names: readonly string[]): LedgerBalance {
  if (!names.includes(row.indicator))
    throw new SyncError('BLNK_BAD_ANSWER', { field: 'indicator' });
  return {
    balanceId: row.balance_id,
    name: row.indicator,
    currency: row.currency,
    debits: row.debit_balance,
    credits: row.credit_balance,
    balance: row.balance,
  };
}

const past = z.looseObject({
  balance: z.looseObject({ debit_balance: exact, credit_balance: exact }),
  /** Whatever answers without having read the rows must not be believed. */
  from_source: z.literal(true),
});

/** undefined: there is no such balance. */
export function pastOf(answer: BlnkAnswer): Turnovers | undefined {
  if (answer.status === 404 && answer.code === 'BAL_NOT_FOUND') return undefined;
  assertRead(answer);
  const { balance } = parseAnswer(past, answer.body);
  return { debits: balance.debit_balance, credits: balance.credit_balance };
}

const row = transaction.extend({
  description: z.unknown().optional(),
  effective_date: z.unknown().optional(),
  meta_data: z.record(z.string(), z.unknown()).nullish().catch(null),
});

type Row = z.infer<typeof row>;

export const rows = z.array(row);
export const rowsPage = z.looseObject({ data: rows.nullish(), total: z.int() });

export function toRow(one: Row): LedgerRow {
  const { transactionId, reference, status, amount, precision, currency, ...entry } = toEntry(one);
  return {
    ...{ transactionId, reference, status, amount, precision, currency },
    source: entry.source,
    destination: entry.destination,
    description: nonEmpty(one.description),
    bookedAt: entry.bookedAt,
    effectiveAt: momentOf(one.effective_date),
    metadata: one.meta_data ?? {},
  };
}

/** @throws SyncError BLNK_BAD_ANSWER for a posting that is not on the balance: the filter was not understood */
export function toLine(one: Row, balanceId: string): LedgerLine {
  const found = toRow(one);
  const direction = found.source === balanceId ? 'debit' : 'credit';
  if (direction === 'credit' && found.destination !== balanceId) {
    throw new SyncError('BLNK_BAD_ANSWER', { field: 'source' });
  }
  return { ...found, direction };
}

/** When the ledger took it, as it writes that: to the microsecond, which a Date does not hold, and in UTC. */
export function takenAt(one: Row): string {
  const { created_at } = one;
  if (typeof created_at === 'string' && created_at.endsWith('Z') && momentOf(created_at)) {
    return created_at;
  }
  throw new SyncError('BLNK_BAD_ANSWER', { field: 'created_at' });
}
