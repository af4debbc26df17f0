/** What the makers of legs that follow work with, and what each of them finds. */
import type { Leg } from '../domain/leg';
import type { FollowUps } from '../store/settled-staging';
import type { Attempt } from './attempt';
import type { Connection, EngineDeps } from './deps';
import type { SettledPlace } from './known-of';

export interface Following {
  readonly deps: EngineDeps;
  readonly syncId: string;
  readonly place: SettledPlace;
  readonly connection: Connection;
  readonly attempt: Attempt;
  /** Whether Stripe is asked: it may have failed for as long as it is waited for. */
  readonly asks: boolean;
}

export interface Followed extends Partial<FollowUps> {
  readonly legs: readonly Leg[];
  /** Rows and disputes that were looked at. */
  readonly taken: number;
}
