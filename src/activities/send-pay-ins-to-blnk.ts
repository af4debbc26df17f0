/**
 * sendPayInsToBlnk: the pay-ins of one page to the ledger. The page is looked up first, then posted,
 * several at a time; each outcome is written as it is known, so a retry goes on where the rows say.
 */
import { decide, decideUnread, type Decision, type Found } from '../domain/decide';
import { SyncError } from '../domain/errors';
import { may } from '../domain/permissions';
import { judge, type Posting } from '../domain/posting';
import { tailStartOfListing } from '../domain/window';
import type { ReasonCode } from '../domain/reasons';
import { assertInForce } from '../store/access';
import { freezeInstance } from '../store/instances';
import { stagedPayIns } from '../store/pay-ins';
import type { Attempt } from './boundary';
import type { ActivityDeps, Connection } from './deps';
import { lookUpAll } from './look-up';
import { createOutcomeWriter } from './outcome-writer';
import { createPermit } from './permit';
import { postInRounds } from './posting-rounds';
import { checkInstance, checkSource, sinceOf } from './source-check';

export interface SendInput {
  readonly instanceId: string;
  readonly syncId: string;
  readonly pageId: string;
}

/** Postings of one page that are in flight or next in line at the ledger's limit. */
const CONCURRENCY = 16;

export async function sendPayInsToBlnk(
  deps: ActivityDeps,
  input: SendInput,
  connection: Connection,
  attempt: Attempt,
): Promise<void> {
  const { db } = deps;
  // By this worker's own settings and keys, checked anew: it may have been restarted with others.
  const asking = { syncId: input.syncId, accept: false };
  const { source } = await checkSource(db, connection, asking, attempt.signal);
  const page = { ...input, sourceId: source.sourceId };
  const rows = await stagedPayIns(db, page);
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

  const mayRead = may(connection.grants, 'data:read');
  const permit = createPermit(() => assertInForce(db, input.instanceId, connection.installId));
  const writer = createOutcomeWriter(db, page);
  const rowOf = new Map(rows.map((row) => [row.id, row]));
  let handled = 0;
  const done = (outcome: Parameters<typeof writer.add>[0]) => {
    writer.add(outcome);
    handled += 1;
    attempt.handled(handled);
  };
  const setAside = (paymentIntentId: string, reason: ReasonCode) =>
    done({ kind: 'quarantined', paymentIntentId, reason });
  const there = (posting: Posting, decision: Extract<Decision, { kind: 'there' }>, found?: Found) =>
    done({
      kind: decision.ours ? 'posted' : 'already_posted',
      paymentIntentId: posting.metadata.stripe_payment_intent_id,
      reference: decision.reference,
      transactionId: decision.transactionId,
      bookedAt: found?.get(decision.reference)?.bookedAt ?? null,
    });

  try {
    const postings: Posting[] = [];
    for (const row of rows) {
      const verdict = judge(row, context);
      if (verdict.kind === 'post') postings.push(verdict.posting);
      else if (verdict.kind === 'set_aside') setAside(row.id, verdict.reason);
      else done({ kind: 'before_since', paymentIntentId: row.id });
    }
    const references = postings.map(({ reference }) => reference);
    const found = mayRead ? await lookUpAll(ledger, references, attempt.signal) : undefined;
    const toPost = new Map<Posting, string>();
    for (const posting of postings) {
      const decision = found
        ? decide(posting, found, input.syncId)
        : { kind: 'post' as const, reference: posting.reference };
      if (decision.kind === 'post') toPost.set(posting, decision.reference);
      else if (decision.kind === 'there') there(posting, decision, found);
      else setAside(posting.metadata.stripe_payment_intent_id, decision.reason);
    }
    if (toPost.size > 0) {
      if (!instance.frozen) await freezeInstance(db, input.syncId, instance);
      await postInRounds([...toPost.keys()], {
        attempt: async (posting) => {
          await permit();
          await postOne(posting, toPost.get(posting) ?? posting.reference);
        },
        giveUp: (posting, reason) => setAside(posting.metadata.stripe_payment_intent_id, reason),
        signOfLife: async () => {
          // A look-up takes the ledger's own database. A key that may not read can only be probed.
          if (mayRead) await ledger.lookUp(references.slice(0, 1), attempt.signal);
          else await ledger.probeWrite(attempt.signal);
        },
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

  /** @param reference the posting's own, or its second one */
  async function postOne(posting: Posting, reference: string): Promise<void> {
    const outcome = await ledger.post({ ...posting, reference }, attempt.signal);
    const id = posting.metadata.stripe_payment_intent_id;
    switch (outcome.kind) {
      case 'applied':
        attempt.succeeded();
        done({
          kind: 'posted',
          paymentIntentId: id,
          reference,
          transactionId: outcome.transactionId,
          bookedAt: outcome.bookedAt,
        });
        return;
      case 'refused':
        throw new SyncError('BLNK_REFUSED', { status: 400 });
      case 'duplicate':
      case 'not_applied': {
        if (!mayRead) {
          attempt.succeeded();
          const verdict = decideUnread(outcome.kind, rowOf.get(id));
          if (verdict.kind === 'there') there(posting, verdict);
          else setAside(id, verdict.reason);
          return;
        }
        const found = await lookUpAll(ledger, [posting.reference], attempt.signal);
        const decision = decide(posting, found, input.syncId);
        const first = reference === posting.reference;
        // Rejected in queued mode since it was looked up.
        if (first && decision.kind === 'post' && decision.reference !== reference) {
          return postOne(posting, decision.reference);
        }
        attempt.succeeded();
        if (decision.kind === 'there') there(posting, decision, found);
        else if (decision.kind === 'set_aside') setAside(id, decision.reason);
        else if (outcome.kind === 'not_applied') setAside(id, 'NOT_APPLIED');
        // Taken, and yet not there: a read that lags behind. It is asked again.
        else throw new SyncError('BLNK_BAD_ANSWER', { status: 409 });
      }
    }
  }
}
