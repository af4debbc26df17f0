/** What judging a pay-in needs to know of its sync: one maker, so that whoever judges decides the same. */
import type { PostingContext } from '../../domain/posting';
import { tailStartOfListing } from '../../domain/window';
import type { InstanceSettings } from '../../store/instances';
import type { SourceRow } from '../../store/sources';
import { sinceOf } from '../instance-settings';

/** A source as far as it decides about postings; `listingStartedAt`: of the full listing under way. */
export type JudgedSource = Pick<SourceRow, 'livemode' | 'stripeAccount' | 'listingStartedAt'>;

/** @throws SyncError SYNC_SINCE_REQUIRED */
export function postingContextOf(
  syncId: string,
  { livemode, stripeAccount, listingStartedAt }: JudgedSource,
  instance: InstanceSettings,
): PostingContext {
  const { balances } = instance;
  const since = sinceOf(instance);
  return {
    ...{ syncId, livemode, balances, since },
    eventsReachSince:
      since !== null &&
      listingStartedAt !== null &&
      tailStartOfListing(listingStartedAt, since) <= since,
    ...(stripeAccount !== null && { stripeAccount }),
  };
}
