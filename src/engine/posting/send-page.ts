/**
 * sendPage: the movements of one page to the ledger, pay-ins and legs alike. The page is looked up first, then posted,
 * several at a time; each outcome is written as it is known, so a retry goes on where the rows say.
 * A page that the ledger does not take, while it answers everything else, steps aside for the others.
 */
import { decideOpen } from '../../domain/decide';
import { judge as judgeLeg } from '../../domain/movements/chart';
import { KINDS } from '../../domain/kinds/table';
import { may } from '../../domain/permissions';
import type { Posting, PostingContext } from '../../domain/posting';
import { assertMayPost } from '../../store/access';
import { stagedLegs, type LegRow } from '../../store/legs';
import { noteTried, stagedPayIns, type PageOfSource, type PayInRow } from '../../store/movements';
import type { Attempt } from '../attempt';
import type { EngineDeps, Connection } from '../deps';
import { lookUpAll } from './look-up';
import { createOutcomeWriter } from './outcome-writer';
import { createPageOutcomes, type PageOutcomes } from './page-outcomes';
import {
  patienceWithPage,
  type Later,
  type PagePatience,
  type Waiting,
} from '../reading/page-patience';
import { MOST_PLACES, takeTurn } from './page-turns';
import { createPermit } from './permit';
import { postOne } from './post-one';
import { postingContextOf } from './posting-context';
import { postInRounds, type Left } from './posting-rounds';
import { checkInstance } from '../instance-settings';
import { checkSource } from '../source';

export interface SendInput extends Waiting {
  readonly instanceId: string;
  readonly syncId: string;
  readonly pageId: string;
}

export type SendResult = { readonly kind: 'done' } | Later;

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
  const rows = [...(await stagedPayIns(db, page)), ...(await stagedLegs(db, page))];
  const instance = await checkInstance(db, connection.config);
  const writer = createOutcomeWriter(db, page, instance);
  const patience = patienceWithPage(deps, { ...input, sourceId: source.sourceId }, attempt);
  const work: PageWork = {
    ...{ deps, input, page, rows, connection, attempt, patience },
    context: postingContextOf(syncId, source, instance),
    mayRead: may(connection.grants, 'data:read'),
    rowOf: new Map(rows.map((row) => [row.id, row])),
    outcomes: createPageOutcomes(writer, attempt),
  };
  try {
    const toPost = await settleKnown(work, judgeRows(work));
    return toPost.size === 0 ? { kind: 'done' } : await postRest(work, toPost);
  } catch (error) {
    throw await patience.judged(error);
  } finally {
    patience.stop();
    // Also when the page failed: what is known of the others must not be asked again.
    await writer.finish();
  }
}

/** A pay-in, or a leg of what else has moved Stripe's balance. */
export type StagedRow = PayInRow | LegRow;

interface PageWork {
  readonly deps: EngineDeps;
  readonly input: SendInput;
  readonly page: PageOfSource;
  readonly rows: readonly StagedRow[];
  readonly rowOf: ReadonlyMap<string, StagedRow>;
  readonly connection: Connection;
  /** Whether the key may look things up. */
  readonly mayRead: boolean;
  readonly context: PostingContext;
  readonly attempt: Attempt;
  readonly patience: PagePatience;
  readonly outcomes: PageOutcomes;
}

/** @returns what can be booked; the rest has its outcome */
function judgeRows({ rows, context, outcomes }: PageWork): Posting[] {
  const postings: Posting[] = [];
  for (const row of rows) {
    const verdict = 'leg' in row ? judgeLeg(row, context) : KINDS.pay_in.judge(row, context);
    if (verdict.kind === 'post') postings.push(verdict.posting);
    else if (verdict.kind === 'set_aside') outcomes.setAside(row.id, verdict.reason);
    else outcomes.beforeSince(row.id);
  }
  return postings;
}

/** @returns what the ledger does not hold, with the reference to post it under; the rest has its outcome */
async function settleKnown(
  { connection, input, mayRead, rows, rowOf, attempt, outcomes }: PageWork,
  postings: readonly Posting[],
): Promise<Map<Posting, string>> {
  const references = postings.map(({ reference }) => reference);
  const found = mayRead
    ? await lookUpAll(connection.ledger, references, attempt.signal, rows.map(heldAs))
    : undefined;
  const toPost = new Map<Posting, string>();
  for (const posting of postings) {
    const { movementId } = posting;
    const row = rowOf.get(movementId);
    const decision = decideOpen(posting, found, input.syncId, row, row ? heldAs(row) : null);
    if (decision.kind === 'post') toPost.set(posting, decision.reference);
    else if (decision.kind === 'there') outcomes.there(posting, decision, found);
    else outcomes.setAside(movementId, decision.reason);
  }
  return toPost;
}

/** Under which the ledger has held it by our row; null: it never has. */
function heldAs(row: StagedRow): string | null {
  return 'leg' in row ? row.heldAs : row.reference;
}

async function postRest(work: PageWork, toPost: ReadonlyMap<Posting, string>): Promise<SendResult> {
  const { deps, input, page, connection, mayRead, rowOf, attempt, patience, outcomes } = work;
  const { db } = deps;
  const { syncId, instanceId } = page;
  const { ledger, installId } = connection;
  const permit = createPermit(() => assertMayPost(db, { syncId, instanceId, installId }));
  const isSilent = await patience.isSilent();
  const postings = [...toPost.keys()];
  const isTried = ({ movementId }: Posting) => wasTried(rowOf.get(movementId), syncId);
  const left = await postInRounds(postings, {
    attempt: async (posting) => {
      await permit();
      const reference = toPost.get(posting) ?? posting.reference;
      await postOne(
        { ledger, syncId, mayRead, rowOf, outcomes },
        posting,
        reference,
        patience.signal,
      );
      patience.succeeded();
    },
    giveUp: ({ movementId }, reason) => outcomes.setAside(movementId, reason),
    signOfLife: async () => {
      // A look-up takes the ledger's own database. A key that may not read can only be probed.
      const [{ reference }] = postings as [Posting];
      if (mayRead) await ledger.lookUp([reference], attempt.signal);
      else await ledger.probeWrite(attempt.signal);
    },
    faulted: () => patience.faulted(),
    gotThrough: () => patience.gotThrough(),
    wasTried: isTried,
    hasWaitedLongEnough: async ({ movementId }) => {
      if (input.mayStepAside !== true) return true;
      if (input.alone !== true) return false;
      // What was set aside before goes back there at once.
      return typeof rowOf.get(movementId)?.quarantinedBy === 'string' || patience.isOver();
    },
    waitsMs: isSilent ? [] : deps.patience.roundWaitsMs,
    concurrency: MOST_PLACES,
    takeTurn: (onPlaces) => takeTurn(ledger.address, onPlaces),
    inVain: isSilent ? SCOUTS : MOST_PLACES,
    signal: patience.signal,
  });
  return left.length === 0 ? { kind: 'done' } : stepAside(work, left, isTried);
}

/** @throws SyncError when the page has to wait, or the patience is over */
async function stepAside(
  { deps, page, patience }: PageWork,
  left: readonly Left[],
  isTried: (posting: Posting) => boolean,
): Promise<SendResult> {
  const tried = left.find((one) => one.tried);
  // Also those behind what waited in vain: the next sync tries each before it says anything of them.
  if (tried) {
    await noteTried(
      deps.db,
      page,
      left.map(({ posting }) => posting.movementId),
    );
  }
  const { error } = tried ?? (left as [Left])[0];
  // What an earlier sync has tried in vain no longer speaks against the ledger.
  const isBlamed = left.some(({ posting }) => !isTried(posting));
  return patience.verdict(error, isBlamed);
}

/** By an earlier sync: this one may have noted a try of its own, and then tries again. */
function wasTried(row: StagedRow | undefined, syncId: string): boolean {
  return row !== undefined && row.attempts > Number(row.triedBy === syncId);
}
