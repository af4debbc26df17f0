/**
 * provePostings: before a sync completes, the ledger is asked again for what it has acknowledged. A ledger
 * whose own database fails over to a replica, crashes or is restored forgets without a word; what is gone
 * is staged again, and the workflow plans once more.
 */
import { SyncError } from '../../domain/errors';
import { may } from '../../domain/permissions';
import {
  dateBookings,
  everyPosting,
  hasPostings,
  hasUnplaced,
  markProven,
  newestInLedger,
  postingsOf,
  stageAgain,
  unprovenSyncs,
  type Part,
} from '../../store/proof';
import { siblingsOf, type SourceRow } from '../../store/sources';
import { findSync, type SyncRow } from '../../store/syncs';
import type { Attempt } from '../attempt';
import type { EngineDeps, Connection } from '../deps';
import { findGone, NEWEST } from './gone';
import { checkSource } from '../source';

export interface ProveInput {
  readonly instanceId: string;
  readonly syncId: string;
  /** null: from the beginning. */
  readonly from: ProofCursor | null;
}

/** How far the postings have been asked for. */
export interface ProofCursor {
  /** All of the source by their ids, or those of the syncs that are not proven by their pages. */
  readonly of: 'source' | 'syncs';
  readonly after: string;
}

export type ProveResult =
  /** Those up to here are there, or staged again. */
  | { readonly kind: 'more'; readonly next: ProofCursor }
  /** Some were not there, and are staged again: plan again, and prove again. */
  | { readonly kind: 'again' }
  | { readonly kind: 'proven' };

export async function provePostings(
  deps: EngineDeps,
  input: ProveInput,
  connection: Connection,
  attempt: Attempt,
): Promise<ProveResult> {
  const { db, log } = deps;
  const { syncId, instanceId } = input;
  // A key that may not read cannot see that something is gone.
  if (!may(connection.grants, 'data:read')) return { kind: 'proven' };
  // A worker that was restarted with other settings must not ask another ledger.
  const { source } = await checkSource(db, connection, { syncId, accept: false }, attempt.signal);
  const sync = await findSync(db, syncId);
  if (sync?.status !== 'running') throw new SyncError('SYNC_NOT_OPEN', { sync: syncId });

  const { of, part, earlier } = await nextPart(deps, sync, source, input.from);
  const dated: { id: string; bookedAt: Date }[] = [];
  let asked = 0;
  const idOf = new Map(part.postings.map(({ id, reference }) => [reference, id]));
  const gone = await findGone(connection.ledger, [...part.postings, ...earlier], {
    signal: attempt.signal,
    waitsMs: deps.patience.roundWaitsMs,
    repeats: true,
    // Once it is certain that the ledger forgets, the rest of a large loss is told sooner.
    confirm: !sync.notes.includes('LEDGER_REWOUND'),
    onFound(found, count) {
      attempt.succeeded();
      asked += count;
      attempt.handled(asked);
      for (const { reference, bookedAt } of found) {
        const id = idOf.get(reference);
        if (id !== undefined && bookedAt && part.undated.has(id)) dated.push({ id, bookedAt });
      }
    },
  });
  await dateBookings(db, { syncId, instanceId }, dated);
  if (gone.length > 0 || part.leftBehind.length > 0) {
    // Where all are asked for, each one that is gone is found by itself.
    const doubtRest = gone.length > 0 && of === 'syncs';
    const ids = gone.map(({ id }) => id);
    const { sourceId } = source;
    const { leftBehind } = part;
    await stageAgain(db, { syncId, instanceId, sourceId, gone: ids, leftBehind, doubtRest });
    if (gone.length > 0) {
      log.error(
        { syncId, instanceId, code: 'LEDGER_REWOUND', gone: gone.length },
        'ledger.rewound',
      );
    }
    if (doubtRest) return { kind: 'again' };
  }
  if (part.after !== null) return { kind: 'more', next: { of, after: part.after } };
  if (await hasUnplaced(db, source.sourceId)) return { kind: 'again' };
  if (sync.scope.kind === 'full') {
    await markProven(db, { syncId, instanceId, sourceId: source.sourceId });
  }
  return { kind: 'proven' };
}

interface Next {
  readonly of: ProofCursor['of'];
  readonly part: Part;
  /** Of syncs that are proven: the newest ones. */
  readonly earlier: Part['postings'];
}

async function nextPart(
  { db }: EngineDeps,
  { syncId, instanceId, scope }: SyncRow,
  source: SourceRow,
  from: ProofCursor | null,
): Promise<Next> {
  const { sourceId } = source;
  // A run of a range or a payment answers for what it has posted itself.
  const isFull = scope.kind === 'full';
  const of = isFull && source.provenAt === null ? 'source' : 'syncs';
  // A repeat after the last part finds everything proven, and another way to ask.
  const after = from?.of === of ? from.after : null;
  if (of === 'source') {
    const siblings = await siblingsOf(db, source);
    return {
      of,
      part: await everyPosting(db, { instanceId, sourceId, siblings, after }),
      earlier: [],
    };
  }
  const syncIds = isFull ? await unprovenSyncs(db, instanceId) : [syncId];
  // Set back after the look in the beginning and before the first posting: one more look at what was newest.
  const looksBack = after === null && (await hasPostings(db, syncId));
  return {
    of,
    part: await postingsOf(db, syncIds, sourceId, after),
    earlier: looksBack ? await newestInLedger(db, sourceId, NEWEST, syncIds) : [],
  };
}
