/** What can happen to Stripe's money, and around an instance that carries it over. */
import type { FaultRule } from '../../sandbox/faults';
import type { Interruption } from '../support/worlds/driven-run';
import type { Fault } from './money-faults';

/** How the row of something comes about. */
export interface Timing {
  readonly afterSeconds: number;
  readonly lagSeconds: number;
  readonly fee?: number;
  /** They add up to the fee, or not; of types that are known, or not. */
  readonly feeDetails?: { type: string; amount: number }[];
}

export type MoneyAction =
  | {
      readonly do: 'pay';
      readonly as: 'customer' | 'guest';
      readonly amount: number;
      readonly currency: string;
      readonly timing: Timing;
      /** Of its row: it comes, never does with its money, or is not listed. */
      readonly row: 'comes' | 'never' | 'unlisted';
      /** So much of it was not captured. */
      readonly left: number;
      /** The ledger does not take it. */
      readonly isBad: boolean;
      /** No event tells of it. */
      readonly isUntold: boolean;
    }
  | {
      readonly do: 'debit';
      readonly amount: number;
      readonly currency: string;
      readonly timing: Timing;
    }
  | { readonly do: 'authorise'; readonly amount: number; readonly currency: string }
  | {
      readonly do: 'capture';
      readonly which: number;
      readonly isFinal: boolean;
      readonly timing: Timing;
    }
  | {
      readonly do: 'end debit';
      readonly which: number;
      readonly how: 'succeeds' | 'fails' | 'fails, at a cost';
      readonly timing: Timing;
    }
  | {
      readonly do: 'charge';
      readonly amount: number;
      readonly currency: string;
      readonly status: 'succeeded' | 'pending';
      readonly timing: Timing;
    }
  | { readonly do: 'end charge'; readonly which: number; readonly how: 'succeeds' | 'fails' }
  | {
      readonly do: 'refund';
      readonly which: number;
      readonly parts: number;
      readonly waits: boolean;
      readonly rate: string;
      readonly timing: Timing;
    }
  | {
      readonly do: 'end refund';
      readonly which: number;
      readonly as: 'refund_failure' | 'payment_refund' | 'adjustment';
      readonly rate: string;
      readonly timing: Timing;
    }
  | {
      readonly do: 'dispute';
      readonly which: number;
      readonly parts: number;
      readonly isInquiry: boolean;
      readonly rate: string;
      readonly timing: Timing;
    }
  | {
      readonly do: 'end dispute';
      readonly which: number;
      readonly how: 'won' | 'lost' | 'partly';
      readonly rate: string;
      readonly timing: Timing;
    }
  /** Of one that was lost as a whole; it is won. */
  | {
      readonly do: 'appeal';
      readonly which: number;
      readonly rate: string;
      readonly timing: Timing;
    }
  /** Money of a dispute that moves late, whether it is decided or not. */
  | {
      readonly do: 'adjust dispute';
      readonly which: number;
      readonly amount: number;
      readonly timing: Timing;
    }
  | { readonly do: 'reverse'; readonly which: number; readonly timing: Timing }
  | {
      readonly do: 'payout';
      readonly currency: string;
      readonly how: 'automatic' | 'by hand' | 'instant';
      readonly pairs: number;
    }
  | { readonly do: 'end payout'; readonly which: number; readonly how: 'paid' | 'failed' }
  | { readonly do: 'fee'; readonly kind: 'fee' | 'fx' | 'tax' | 'network'; readonly amount: number }
  | { readonly do: 'transfer'; readonly amount: number; readonly timing: Timing }
  | { readonly do: 'reverse transfer'; readonly which: number; readonly timing: Timing }
  | { readonly do: 'earn'; readonly amount: number; readonly back: number }
  | { readonly do: 'top up'; readonly amount: number; readonly currency: string }
  | {
      readonly do: 'reserve';
      readonly way: 'risk' | 'reserve' | 'network' | 'connect';
      readonly amount: number;
      readonly timing: Timing;
    }
  | {
      readonly do: 'row';
      readonly type: string;
      readonly category: string;
      readonly balanceType: string;
      readonly source: string | null;
      readonly amount: number;
      readonly currency: string;
      readonly timing: Timing;
      readonly unlisted: boolean;
    }
  /** The ledger does not take the legs of a row. */
  | { readonly do: 'refuse'; readonly which: number }
  /** It takes everything again. */
  | { readonly do: 'heal' }
  | { readonly do: 'clock'; readonly by: number }
  | { readonly do: 'rights'; readonly without: readonly string[] }
  | { readonly do: 'fault'; readonly side: 'stripe' | 'blnk'; readonly rule: FaultRule };

export interface PlannedInterruption {
  readonly after: number;
  readonly how: Interruption['how'];
  /** For `meanwhile`. */
  readonly action?: MoneyAction;
}

export type Action =
  | MoneyAction
  | { readonly do: 'sync'; readonly interruptions: readonly PlannedInterruption[] }
  | { readonly do: 'resume' }
  /** Another deployment goes on with an empty database, on the same ledger. */
  | { readonly do: 'lose database' };

export interface Story {
  /** The currencies in which Stripe keeps a balance; null: each as itself. */
  readonly settlesIn: readonly string[] | null;
  /** SYNC_SINCE in days after the beginning; null: the whole history. */
  readonly since: number | null;
  /** Days from the beginning, or from SYNC_SINCE, to the cut-over; null: since the account began. */
  readonly cutOver: number | null;
  /** Before the movements are carried over. */
  readonly before: readonly Action[];
  readonly actions: readonly Action[];
  /** What is wrong in the end. */
  readonly faults: readonly Fault[];
}
