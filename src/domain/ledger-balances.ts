/**
 * What the proof reads of a ledger: what went out of a balance and came into it, and which postings stand on
 * it. Amounts are exact, whatever their size.
 */

export interface Turnovers {
  /** Minor units that went out of it: it was the source. */
  readonly debits: bigint;
  /** Minor units that came into it: it was the destination. */
  readonly credits: bigint;
}

/** One balance in one currency, as the ledger keeps it running. */
export interface LedgerBalance extends Turnovers {
  /** Another one after a restored backup that is older than the balance: not for keeping. */
  readonly balanceId: string;
  readonly name: string;
  readonly currency: string;
  /** By the ledger's own word; credits - debits, unless it is corrupt. */
  readonly balance: bigint;
}

/** A transaction with all that a person wants to know of it; null where the answer does not carry the field. */
export interface LedgerRow {
  readonly transactionId: string;
  readonly reference: string;
  readonly status: string;
  /** Minor units. */
  readonly amount: bigint | null;
  readonly precision: number | null;
  readonly currency: string | null;
  /** Ids of the balances. */
  readonly source: string | null;
  readonly destination: string | null;
  readonly description: string | null;
  /** When the ledger took it, by its own clock. */
  readonly bookedAt: Date | null;
  readonly effectiveAt: Date | null;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** A posting as one balance sees it. */
export interface LedgerLine extends LedgerRow {
  readonly direction: 'debit' | 'credit';
}

/**
 * As it moves what Stripe holds: what goes out of the source balance has come to Stripe.
 * @returns null: the answer does not carry the amount
 */
export function movedBy({ amount, direction }: LedgerLine): bigint | null {
  return amount === null || direction === 'debit' ? amount : -amount;
}

/** The oldest first; those that the ledger took in the same moment as they are. */
export function asTaken<T extends Pick<LedgerRow, 'bookedAt'>>(lines: Iterable<T>): T[] {
  const at = ({ bookedAt }: T) => bookedAt?.getTime() ?? 0;
  return [...lines].sort((a, b) => at(a) - at(b));
}

/** A posting may name a balance by its id and say any currency: there it moves that of the balance. */
export function inCurrencyOf(
  { currency }: Pick<LedgerBalance, 'currency'>,
  line: LedgerLine,
): LedgerLine {
  return { ...line, currency };
}

export interface LinesPage {
  /** May be empty before the last page. */
  readonly lines: readonly LedgerLine[];
  /** Where the next page begins; null: this was the last one. */
  readonly next: string | null;
}

export interface LedgerBalances {
  /**
   * The balances of these names in every currency; what was never used, or not since a restored backup, is absent.
   * A row that was deleted from the ledger's database still counts: see `turnoversAt`.
   * @throws SyncError BLNK_*
   */
  turnoversOf(names: readonly string[], signal: AbortSignal): Promise<LedgerBalance[]>;
  /**
   * What the rows themselves add up to, by their effective dates up to this instant: all of them are read, never
   * a snapshot, which misses what was posted later with an earlier date. Some 4 s for a million rows.
   * @returns undefined: there is no such balance
   * @throws SyncError BLNK_*
   */
  turnoversAt(balanceId: string, at: Date, signal: AbortSignal): Promise<Turnovers | undefined>;
  /**
   * What was applied to a balance from a time on, by when the ledger took it, page by page. A line may come twice;
   * one that the ledger was taking meanwhile may be missing: begin the next walk some minutes earlier.
   * @param from the time, or the `next` of the page before
   * @throws SyncError BLNK_*
   */
  linesOn(balanceId: string, from: Date | string, signal: AbortSignal): Promise<LinesPage>;
  /**
   * Rows under these references, of whatever status: a few of them, with all that `lookUp` leaves out.
   * @throws SyncError BLNK_*
   */
  rowsUnder(references: readonly string[], signal: AbortSignal): Promise<LedgerRow[]>;
  /**
   * Rows whose metadata has this value under this key, of whatever status.
   * @param key at the top of the metadata: ledgers find nothing that is nested
   * @throws SyncError BLNK_*
   */
  rowsWith(key: string, value: string, signal: AbortSignal): Promise<LedgerRow[]>;
  /**
   * Adds to the metadata of a transaction or a balance. Safe to repeat; what is nested is replaced as a whole.
   * @throws SyncError BLNK_*
   */
  annotate(
    id: string,
    metadata: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): Promise<void>;
  /**
   * Makes the ledger count a balance again from its rows. A posting that is on its way meanwhile undoes it: look
   * at the turnovers afterwards.
   * @throws SyncError BLNK_*
   */
  recount(balanceId: string, signal: AbortSignal): Promise<void>;
}
