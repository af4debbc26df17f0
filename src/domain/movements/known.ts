/** What else must be known to book a balance transaction: the state of the pay-in behind it, as one value. */

export interface Known {
  readonly payIn: KnownPayIn;
  /**
   * What it belongs to has moved the balance before the cut-over already: the charge of a debit that fails, the
   * dispute that is won. The opening balance holds that, so what follows goes against it.
   */
  readonly begunBefore: boolean;
}

export type KnownPayIn = BookedPayIn | OpenPayIn | EarlierPayIn;

/** It is in the ledger, and the opening balance does not count it. */
export interface BookedPayIn {
  readonly state: 'booked';
  /** `pi_…` */
  readonly id: string;
  /** The charge that succeeded, of several tries; null: not known. */
  readonly chargeId: string | null;
  /** null: a guest. */
  readonly payer: string | null;
  readonly amount: bigint;
  /** Lower case. */
  readonly currency: string;
  /** Unix seconds; null: not told. */
  readonly createdAt: number | null;
  /** Unix seconds: the date of its posting. */
  readonly datedAt: number;
}

/** It is not booked, or not yet: the debit is pending, captures are under way, it is set aside, or there is none. */
export interface OpenPayIn {
  readonly state: 'open';
  /** null: a guest; undefined: not known. */
  readonly payer: string | null | undefined;
}

/** It succeeded before the cut-over: never booked, or booked and counted in the opening balance. */
export interface EarlierPayIn {
  readonly state: 'earlier';
  readonly chargeId: string | null;
  readonly payer: string | null | undefined;
  /** Whether its payer was credited in the ledger. */
  readonly isInLedger: boolean;
}

export const NOTHING_KNOWN: Known = {
  payIn: { state: 'open', payer: undefined },
  begunBefore: false,
};
