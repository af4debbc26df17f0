/** The ledger as the sync needs it; Blnk has two forms of it, Cloud and Core (src/blnk). */
import type { LedgerBalances } from './ledger-balances';
import type { Posting } from './posting';

/** A transaction as the ledger shows it; null where the answer does not carry the field. */
export interface LedgerEntry {
  readonly reference: string;
  readonly transactionId: string;
  /** Blnk's word: APPLIED, QUEUED, REJECTED, INFLIGHT, … (open list). */
  readonly status: string;
  /** Minor units; null when the number was not exact, which never equals ours. */
  readonly amount: bigint | null;
  readonly currency: string | null;
  readonly precision: number | null;
  readonly customerId: string | null;
  /** Names of the balances, or their ids until `indicatorsOf` has told the names. */
  readonly source: string | null;
  readonly destination: string | null;
  /** The sync that posted it, from our own metadata. */
  readonly syncId: string | null;
  /** Unix seconds, from our own metadata: when the pay-in succeeded, as far as that was known. */
  readonly succeededAt: number | null;
  /** When the ledger took it, by its own clock. */
  readonly bookedAt: Date | null;
}

export type PostOutcome =
  | {
      readonly kind: 'applied';
      readonly transactionId: string;
      /** By the ledger's own clock. */
      readonly bookedAt: Date | null;
    }
  /** The reference is taken: look it up and compare. */
  | { readonly kind: 'duplicate' }
  /** A 201 that promises nothing (any status but APPLIED): look it up. */
  | { readonly kind: 'not_applied' }
  /** Blnk says that this posting is invalid. */
  | { readonly kind: 'refused' };

export interface Ledger extends LedgerBalances {
  /** Host and form, without credentials: part of what a watermark belongs to. */
  readonly address: string;
  /** Whether any HTTP answer has ever come from it in this process. */
  hasAnswered(): boolean;
  /**
   * Entries under these references, in any order; what is not there is absent from the answer.
   * @throws SyncError BLNK_*
   */
  lookUp(references: readonly string[], signal: AbortSignal): Promise<LedgerEntry[]>;
  /**
   * Names of balances by their ids; one without a name has its id for it. What the ledger does not know
   * is absent. undefined: the key may not read balances.
   * @throws SyncError BLNK_*
   */
  indicatorsOf(
    balanceIds: readonly string[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, string> | undefined>;
  /**
   * Posts one transaction. Safe to repeat: the reference is unique in the ledger.
   * @throws SyncError BLNK_* when the outcome is unknown or the ledger is out of order
   */
  post(posting: Posting, signal: AbortSignal): Promise<PostOutcome>;
  /**
   * Asks for the right to post without posting anything.
   * @throws SyncError BLNK_*
   */
  probeWrite(signal: AbortSignal): Promise<void>;
}
