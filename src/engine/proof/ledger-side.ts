/** The ledger's side of a proof: what its source balance states, and what its postings add up to. */
import { SyncError } from '../../domain/errors';
import type { LedgerBalance } from '../../domain/ledger-balances';
import { corruption } from '../../domain/proof/proof-search';
import type { ProofItem } from '../../domain/proof/proof-items';
import type { Turnover } from '../../domain/proof/turnover';
import type { Silence } from '../reading/silence';
import type { ProofWork } from './proof-work';

export interface LedgerSide {
  /** The source balance, by currency as the ledger writes it; an unused one is absent. */
  readonly balances: ReadonlyMap<string, LedgerBalance>;
  /** Balances that are not what their postings add up to. */
  readonly corrupt: readonly ProofItem[];
  /** The postings of each were added up. */
  readonly isCounted: boolean;
}

/**
 * A key without the right, and a form of the ledger that does not tell of balances, or has no such request: it has
 * answered look-ups by then, so it is the right one.
 */
export const NOT_READ: ReadonlySet<string> = new Set([
  'BLNK_PERMISSION_MISSING',
  'BLNK_BAD_ANSWER',
  'BLNK_REFUSED',
]);

/** Of several millions of rows a ledger may not make the sum in time. */
const NOT_COUNTED: ReadonlySet<string> = new Set([...NOT_READ, 'BLNK_UNAVAILABLE']);

/** Postings are added up to their date: those that somebody has dated ahead as well. */
export const WITHOUT_END = new Date('2999-01-01T00:00:00Z');

/** @returns null: it cannot be read */
export async function readLedger(work: ProofWork, counts: boolean): Promise<LedgerSide | null> {
  const { ledger, balances, attempt } = work;
  const read = () => ledger.turnoversOf([balances.source], attempt.signal);
  const stated = await orNull(work, NOT_READ, read);
  attempt.succeeded();
  if (stated === null) return null;
  const counted = counts ? await orNull(work, NOT_COUNTED, () => countAll(work, stated)) : null;
  const differing = counted?.some(({ corrupt }) => corrupt.length > 0) ?? false;
  const byCurrency = (all: readonly LedgerBalance[]) =>
    new Map(all.map((balance) => [balance.currency, balance]));
  if (!differing || counted === null) {
    return { balances: byCurrency(stated), corrupt: [], isCounted: counted !== null };
  }
  // What was posted in between is in one of the two alone.
  const restated = await orNull(work, NOT_READ, read);
  if (restated === null) return null;
  const again = byCurrency(restated);
  const same = counted.filter(({ balance }) => isSame(balance, again.get(balance.currency)));
  return {
    balances: byCurrency(stated),
    corrupt: same.flatMap(({ corrupt }) => corrupt),
    isCounted: same.length === counted.length,
  };
}

interface Counted {
  readonly balance: LedgerBalance;
  readonly corrupt: readonly ProofItem[];
}

async function countAll(
  { ledger, attempt }: ProofWork,
  balances: readonly LedgerBalance[],
): Promise<Counted[]> {
  const all: Counted[] = [];
  for (const balance of balances) {
    const { balanceId, currency } = balance;
    const counted = await ledger.turnoversAt(balanceId, WITHOUT_END, attempt.signal);
    attempt.succeeded();
    const corrupt = counted
      ? corruption({ balanceId, currency, stated: turnoverIn(balance), counted })
      : [];
    all.push({ balance, corrupt });
  }
  return all;
}

export function turnoverIn({ debits, credits }: Turnover): Turnover {
  return { debits, credits };
}

export function isSame(before: Turnover, after: Turnover | undefined): boolean {
  return before.debits === after?.debits && before.credits === after.credits;
}

/** What a ledger does not tell, or not in the time of a search, leaves a proof open, and fails no run. */
export async function orNull<T>(
  { log, sync: { syncId, instanceId }, search }: ProofWork,
  codes: ReadonlySet<string>,
  read: () => Promise<T>,
): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    const isTold = error instanceof SyncError && codes.has(error.code);
    if (!isTold && !isOutOfTime(error, search)) throw error;
    const code = isTold ? error.code : 'TIMED_OUT';
    log.warn({ syncId, instanceId, code }, 'proof.ledger_not_read');
    return null;
  }
}

/** A wait that a signal ends fails with an error of its own. */
function isOutOfTime(error: unknown, search: Silence | undefined): boolean {
  if (search?.isOver !== true) return false;
  const reason: unknown = search.signal.reason;
  return error === reason || (error as { cause?: unknown } | null)?.cause === reason;
}
