/**
 * sendPayInsToBlnk: the pay-ins of one page to the ledger. The page is looked up first, then posted,
 * several at a time; each outcome is written as it is known, so a retry goes on where the rows say.
 */
import { decide, referencesOf, type Decision } from '../domain/decide';
import { SyncError } from '../domain/errors';
import type { Ledger, LedgerEntry } from '../domain/ledger';
import { judge, type Posting } from '../domain/posting';
import { tailStartOfListing } from '../domain/window';
import type { ReasonCode } from '../domain/reasons';
import { freezeInstance } from '../store/instances';
import { stagedPayIns } from '../store/pay-ins';
import type { Attempt } from './boundary';
import type { ActivityDeps, Connection } from './deps';
import { createOutcomeWriter } from './outcome-writer';
import { postInRounds } from './posting-rounds';
import { checkInstance, checkSource, sinceOf } from './source-check';

export interface SendInput {
  readonly instanceId: string;
  readonly syncId: string;
  readonly pageId: string;
}

/**
 * Postings in flight. A Core takes 150 to 220 a second on one source balance from 8 up; above 16 it
 * only adds waiting for its lock.
 */
const CONCURRENCY = 8;

export async function sendPayInsToBlnk(
  deps: ActivityDeps,
  input: SendInput,
  connection: Connection,
  attempt: Attempt,
): Promise<void> {
  const { db } = deps;
  const rows = await stagedPayIns(db, input.pageId);
  // By this worker's own settings and keys, checked anew: it may have been restarted with others.
  const { source } = await checkSource(db, connection, undefined, attempt.signal);
  const instance = await checkInstance(db, connection.config);
  const { ledger } = connection;
  const since = sinceOf(instance);
  const context = {
    syncId: input.syncId,
    livemode: source.livemode,
    sourceBalance: instance.sourceBalance,
    guestBalance: instance.guestBalance,
    since,
    eventsReachSince:
      since !== null &&
      source.listingStartedAt !== null &&
      tailStartOfListing(source.listingStartedAt, since) <= since,
    ...(source.stripeAccount !== null && { stripeAccount: source.stripeAccount }),
  };

  const writer = createOutcomeWriter(db, input);
  let handled = 0;
  const done = (outcome: Parameters<typeof writer.add>[0]) => {
    writer.add(outcome);
    handled += 1;
    attempt.handled(handled);
  };
  const setAside = (paymentIntentId: string, reason: ReasonCode) =>
    done({ kind: 'quarantined', paymentIntentId, reason });
  const there = (posting: Posting, decision: Extract<Decision, { kind: 'there' }>) =>
    done({
      kind: decision.ours ? 'posted' : 'already_posted',
      paymentIntentId: posting.metadata.stripe_payment_intent_id,
      reference: posting.reference,
      transactionId: decision.transactionId,
    });

  try {
    const postings: Posting[] = [];
    for (const row of rows) {
      const verdict = judge(row, context);
      if (verdict.kind === 'post') postings.push(verdict.posting);
      else if (verdict.kind === 'set_aside') setAside(row.id, verdict.reason);
      else done({ kind: 'before_since', paymentIntentId: row.id });
    }
    const found = await lookUpAll(ledger, postings, attempt.signal);
    const toPost: Posting[] = [];
    for (const posting of postings) {
      const decision = decide(posting, found, input.syncId);
      if (decision.kind === 'post') toPost.push(posting);
      else if (decision.kind === 'there') there(posting, decision);
      else setAside(posting.metadata.stripe_payment_intent_id, decision.reason);
    }
    if (toPost.length > 0) {
      if (!instance.frozen) await freezeInstance(db, instance);
      await postInRounds(toPost, {
        attempt: (posting) => postOne(posting),
        giveUp: (posting, reason) => setAside(posting.metadata.stripe_payment_intent_id, reason),
        waitsMs: deps.patience.roundWaitsMs,
        concurrency: CONCURRENCY,
        // Pay-ins that have all failed before would look like a sick ledger for ever.
        mayBlameLedger: rows.some((row) => row.attempts === 0),
        signal: attempt.signal,
      });
    }
  } finally {
    // Also when the page failed: what is known of the others must not be asked again.
    await writer.finish();
  }

  async function postOne(posting: Posting): Promise<void> {
    const outcome = await ledger.post(posting, attempt.signal);
    const id = posting.metadata.stripe_payment_intent_id;
    switch (outcome.kind) {
      case 'applied':
        attempt.succeeded();
        done({
          kind: 'posted',
          paymentIntentId: id,
          reference: posting.reference,
          transactionId: outcome.transactionId,
        });
        return;
      case 'refused':
        throw new SyncError('BLNK_REFUSED', { status: 400 });
      case 'duplicate':
      case 'not_applied': {
        const decision = decide(
          posting,
          await lookUpAll(ledger, [posting], attempt.signal),
          input.syncId,
        );
        attempt.succeeded();
        if (decision.kind === 'there') there(posting, decision);
        else if (decision.kind === 'set_aside') setAside(id, decision.reason);
        else if (outcome.kind === 'not_applied') setAside(id, 'NOT_APPLIED');
        // Taken, and yet not there: a read that lags behind. It is asked again.
        else throw new SyncError('BLNK_BAD_ANSWER', { status: 409 });
      }
    }
  }
}

/** Every entry under any reference of these postings, by reference. */
export async function lookUpAll(
  ledger: Ledger,
  postings: readonly Posting[],
  signal: AbortSignal,
): Promise<Map<string, LedgerEntry>> {
  const references = postings.flatMap((posting) => referencesOf(posting));
  const found = await ledger.lookUp(references, signal);
  return new Map(found.map((entry) => [entry.reference, entry]));
}
