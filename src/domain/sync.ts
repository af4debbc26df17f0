/** What a sync is asked to do, and how it can end. */
import { formatTime } from './text';

export type Trigger = 'schedule' | 'cli' | 'start' | 'portal';

/** `full`: everything new. The other two never touch the watermark. */
export type Scope =
  | { readonly kind: 'full' }
  /** Creation times, Unix seconds: from inclusive, to exclusive. */
  | { readonly kind: 'range'; readonly from: number; readonly to: number }
  | { readonly kind: 'payment'; readonly paymentIntentId: string };

export type SyncStatus =
  'running' | 'completed' | 'completed_with_problems' | 'failed' | 'cancelled' | 'skipped';

/** What a sync is limited to, to be appended; nothing where it is not. */
export function describeScope(scope: Scope): string {
  switch (scope.kind) {
    case 'full':
      return '';
    case 'payment':
      return `, only ${scope.paymentIntentId}`;
    case 'range':
      return `, created from ${formatTime(new Date(scope.from * 1000))} to ${formatTime(new Date(scope.to * 1000))}`;
  }
}
