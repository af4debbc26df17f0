/**
 * sendPage: the pay-ins of one page to the ledger. The page is looked up first, then posted,
 * several at a time; each outcome is written as it is known, so a retry goes on where the rows say.
 * A page that the ledger does not take, while it answers everything else, steps aside for the others.
 */
import { keptAside } from '../domain/closing';
import { decide, type Found } from '../domain/decide';
import { may } from '../domain/permissions';
import { judge, type Posting } from '../domain/posting';
import { tailStartOfListing } from '../domain/window';
import type { ReasonCode } from '../domain/reasons';
import { assertInForce } from '../store/access';
import type { InstanceRow } from '../store/instances';
import { noteTried, stagedPayIns, type Outcome, type PayInRow } from '../store/pay-ins';
import type { SourceRow } from '../store/sources';
import { assertOpen } from '../store/syncs';
import type { Attempt } from './attempt';
import type { EngineDeps, Connection } from './deps';
import { lookUpAll } from './look-up';
import { createOutcomeWriter } from './outcome-writer';
import { patienceWithPage } from './page-patience';
import { createPermit } from './permit';
import { postOne, type PostingPlace, type There } from './post-one';
import { postInRounds } from './posting-rounds';
import { checkInstance, checkSource, sinceOf } from './source';

export interface SendInput {
  readonly instanceId: string;
  readonly syncId: string;
  readonly pageId: string;
  /** Whether the page may step aside. Absent: the workflow knows nothing of that, and it waits. */
  readonly mayStepAside?: boolean;
  /** Nothing else of this sync is under way: what waits now waits for itself. Default false. */
  readonly alone?: boolean;
  /** As the last page that stepped aside has said. */
  readonly failingSince?: number;
}

export type SendResult =
  | { readonly kind: 'done' }
  /** Some of it is still staged. Nothing has got through since then: milliseconds by the database's clock. */
  | { readonly kind: 'later'; readonly failingSince: number };

/** Postings of one page that are in flight or next in line at the ledger's limit. */
const CONCURRENCY = 16;

/** While nothing gets through at all, so many of a page are enough to see that. */
const SCOUTS = 2;

export async function sendPage(
  deps: EngineDeps,
  input: SendInput,
  connection: Connection,
  attempt: Attempt,
): Promise<SendResult> {
  const { db } = deps;
  // By this worker's own settings and keys, checked anew: it may have been restarted with others.
  const asking = { syncId: input.syncId, accept: false };
  const { source } = await checkSource(db, connection, asking, attempt.signal);
  const { instanceId, syncId, pageId } = input;
  const page = { instanceId, syncId, pageId, sourceId: source.sourceId };
  const rows = await stagedPayIns(db, page);
  const instance = await checkInstance(db, connection.config);
  const { ledger } = connection;
  const context = postingContext(syncId, source, instance);

  const mayRead = may(connection.grants, 'data:read');
  const permit = createPermit(() => assertInForce(db, instanceId, connection.installId));
  const writer = createOutcomeWriter(db, page, instance);
  const rowOf = new Map(rows.map((row) => [row.id, row]));
  const patience = patienceWithPage(deps, { ...input, sourceId: source.sourceId }, attempt);
  let handled = 0;
  const done = (outcome: Outcome, binds = outcome.kind === 'posted') => {
    writer.add(outcome, binds);
    handled += 1;
    attempt.handled(handled);
  };
  const setAside = (paymentIntentId: string, reason: ReasonCode) =>
    done({ kind: 'quarantined', paymentIntentId, reason });
  const there = (posting: Posting, decision: There, found: Found | undefined) => {
    const { ours, reference, transactionId } = decision;
    const paymentIntentId = posting.metadata.stripe_payment_intent_id;
    const kind = ours ? 'posted' : 'already_posted';
    const entry = found?.get(reference);
    const bookedAt = entry?.bookedAt ?? null;
    // Whichever sync of ours has posted it did so by settings that bind.
    const binds = typeof entry?.syncId === 'string';
    done({ kind, paymentIntentId, reference, transactionId, bookedAt }, ours || binds);
  };
  const place: PostingPlace = { ledger, syncId, mayRead, rowOf, done, there, setAside };

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
        ? decide(posting, found, syncId)
        : { kind: 'post' as const, reference: posting.reference };
      const row = rowOf.get(posting.metadata.stripe_payment_intent_id);
      const kept = row ? keptAside(row) : null;
      if (decision.kind === 'post' && kept !== null)
        setAside(posting.metadata.stripe_payment_intent_id, kept);
      else if (decision.kind === 'post') toPost.set(posting, decision.reference);
      else if (decision.kind === 'there') there(posting, decision, found);
      else setAside(posting.metadata.stripe_payment_intent_id, decision.reason);
    }
    if (toPost.size === 0) return { kind: 'done' };

    // Whoever has lost the lease since the look-up posts nothing more.
    await assertOpen(db, syncId);
    const isSilent = await patience.isSilent();
    const rowOfPosting = ({ metadata }: Posting) => rowOf.get(metadata.stripe_payment_intent_id);
    const left = await postInRounds([...toPost.keys()], {
      attempt: async (posting) => {
        await permit();
        const reference = toPost.get(posting) ?? posting.reference;
        await postOne(place, posting, reference, patience.signal);
        patience.succeeded();
      },
      giveUp: (posting, reason) => setAside(posting.metadata.stripe_payment_intent_id, reason),
      signOfLife: async () => {
        // A look-up takes the ledger's own database. A key that may not read can only be probed.
        if (mayRead) await ledger.lookUp(references.slice(0, 1), attempt.signal);
        else await ledger.probeWrite(attempt.signal);
      },
      faulted: () => patience.faulted(),
      gotThrough: () => patience.gotThrough(),
      wasTried: (posting) => wasTried(rowOfPosting(posting), syncId),
      hasWaitedLongEnough: async (posting) => {
        if (input.mayStepAside !== true) return true;
        if (input.alone !== true) return false;
        // What was set aside before goes back there at once.
        return typeof rowOfPosting(posting)?.quarantinedBy === 'string' || patience.isOver();
      },
      waitsMs: isSilent ? [] : deps.patience.roundWaitsMs,
      concurrency: CONCURRENCY,
      inVain: isSilent ? SCOUTS : CONCURRENCY,
      signal: patience.signal,
    });
    const [first] = left;
    if (!first) return { kind: 'done' };
    // Also those behind what waited in vain: the next sync tries each before it says anything of them.
    if (left.some(({ tried }) => tried)) {
      const ids = left.map(({ posting }) => posting.metadata.stripe_payment_intent_id);
      await noteTried(db, page, ids);
    }
    const { error } = left.find(({ tried }) => tried) ?? first;
    // What an earlier sync has tried in vain no longer speaks against the ledger.
    const isBlamed = left.some(({ posting }) => !wasTried(rowOfPosting(posting), syncId));
    return await patience.verdict(error, isBlamed);
  } catch (error) {
    throw await patience.judged(error);
  } finally {
    patience.stop();
    // Also when the page failed: what is known of the others must not be asked again.
    await writer.finish();
  }
}

function postingContext(syncId: string, source: SourceRow, instance: InstanceRow) {
  const since = sinceOf(instance);
  return {
    syncId,
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
}

/** By an earlier sync: this one may have noted a try of its own, and then tries again. */
function wasTried(row: PayInRow | undefined, syncId: string): boolean {
  return row !== undefined && row.attempts > Number(row.triedBy === syncId);
}
