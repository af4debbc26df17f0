/** What the table of errors holds of a code. */
import type { CodeText } from './code-text';

/** Whose answer or key it is about. */
export type Side = 'stripe' | 'blnk' | 'ours';

export interface ErrorInfo extends CodeText {
  readonly side: Side;
  /** Whether trying again without a person's help can succeed. */
  readonly retryable: boolean;
  /** Whether the schedule is paused, since every further run would fail the same way. */
  readonly pauses?: true;
  /** What that side does not take: the key at all, or for this. */
  readonly refuses?: 'key' | 'permission';
}
