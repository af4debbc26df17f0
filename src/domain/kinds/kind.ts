/** What makes a kind of movement special: one file of this folder each. */
import type { PostingContext, Verdict } from '../posting';

export interface Kind<Facts> {
  /** What people read. */
  readonly text: string;
  /** A total function: how it is booked, or why not. */
  readonly judge: (facts: Facts, context: PostingContext) => Verdict;
}
