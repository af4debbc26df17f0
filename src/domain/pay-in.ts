/** A pay-in as it is staged: the few facts of a succeeded PaymentIntent that a posting needs. */
import type { Outcome } from './outcomes';
import type { ReasonCode } from './reasons';

export interface PayIn {
  /** PaymentIntent id (`pi_…`). */
  readonly id: string;
  /** amount_received in Stripe's minor unit; null when it was not an exact integer. */
  readonly amount: bigint | null;
  /** Lower case, as Stripe writes it. */
  readonly currency: string | null;
  /** customer, else customer_account; null for a guest. */
  readonly payer: string | null;
  /** The other id by which the same intent names its payer, if it has two. */
  readonly payerAlias?: string | null;
  /** Unix seconds. */
  readonly created: number | null;
  /** Unix seconds: the event's time, else that of a charge that succeeds as it is made; null when not known. */
  readonly succeededAt: number | null;
  /** Unix seconds: when the latest charge was made. A bank debit or a later capture succeeds after it. */
  readonly chargedAt: number | null;
  /** The charge that it came through (`ch_…`, `py_…`), the last of several tries; absent: not known. */
  readonly chargeId?: string | null;
  readonly livemode: boolean | null;
  /** A fact that could not be read exactly: the pay-in is set aside with this reason. */
  readonly fault: ReasonCode | null;
}

/** What happened to a pay-in of a page. `staged`: nothing yet. */
export type PayInState = 'staged' | Outcome;
