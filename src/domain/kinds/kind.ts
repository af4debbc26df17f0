/** What makes a kind of movement special: one file of this folder each, or one line of the table. */
import type { Account } from '../movements/accounts';
import type { Booking, Leg } from '../movements/leg';
import type { PostingContext, Verdict } from '../posting';

export interface Kind<Facts> {
  /** What people read. */
  readonly text: string;
  /** A total function: how it is booked, or why not. */
  readonly judge: (facts: Facts, context: PostingContext) => Verdict;
}

/** A kind that is booked from a balance transaction. */
export interface SettledKind {
  /** What people read. */
  readonly text: string;
  /** Where Stripe's own fee inside such a row goes. */
  readonly fees: Extract<Account, 'fees' | 'feesDisputes' | 'feesServices'>;
  /** The legs of its amount, without those of its fee. Total as well. */
  readonly legs: (booking: Booking) => readonly Leg[];
}
