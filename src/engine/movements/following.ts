/** What the makers of legs that follow work with, what each of them finds, and how they ask Stripe about one thing. */
import type { SyncError } from '../../domain/errors';
import type { Leg } from '../../domain/movements/leg';
import { FOLLOW_UPS_NOT_READ } from '../../domain/notes';
import type { FollowUps, SettledPage } from '../../store/settled-staging';
import { addNote, assertOpenAlone } from '../../store/syncs';
import { askStripe, isFailing, type Answer } from '../reading/ask-stripe';
import type { Attempt } from '../attempt';
import type { Connection, EngineDeps } from '../deps';
import type { SettledPlace } from './known-of';

/** That is made of what a step has found. */
export type OwnPage = Pick<SettledPage, 'pageId' | 'syncId' | 'instanceId' | 'window'>;

export interface Following {
  readonly deps: EngineDeps;
  readonly place: SettledPlace;
  readonly page: OwnPage;
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

type Asking = Pick<Following, 'deps' | 'connection' | 'attempt'> & {
  readonly page: Pick<OwnPage, 'syncId' | 'instanceId'>;
};

/**
 * Asks about one dispute, row or payment. What Stripe fails on is noted, and the others go on.
 * @param of what is asked about
 */
export async function askAbout<T>(
  { deps: { db, log }, page: { syncId, instanceId }, connection, attempt }: Asking,
  of: string,
  ask: () => Promise<T>,
): Promise<Answer<T>> {
  const answer = await askStripe(connection, attempt, ask);
  attempt.handled(1);
  if ('told' in answer) return answer;
  const { untold } = answer;
  log.warn({ syncId, instanceId, of, code: untold.code, ...untold.details }, 'follow_ups.not_read');
  if (isFailing(untold)) {
    await db.transaction(async (tx) => {
      await assertOpenAlone(tx, syncId);
      await addNote(tx, syncId, FOLLOW_UPS_NOT_READ);
    });
  }
  return answer;
}

/** What the key may not read of one, it may not read of any. */
export function isOfAll({ code }: SyncError): boolean {
  return code === 'STRIPE_PERMISSION_MISSING';
}
