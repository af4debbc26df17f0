/** `repair --apply`: shown and confirmed, then done one by one, while no sync posts. */
import type { AssignmentNote } from '../domain/movements/assignment';
import { SyncError } from '../domain/errors';
import type { ProofItem } from '../domain/proof/proof-items';
import type { Remedy, Repair } from '../domain/proof/remedies';
import type { Connection } from '../engine/deps';
import {
  findPosting,
  noteInLedger,
  postReversal,
  reversalOf,
  type Reversal,
} from '../engine/proof/posting-of-others';
import { recountBalance, type Recounted } from '../engine/proof/recount';
import { EXIT } from '../exit';
import { acceptNamed } from '../store/acceptances';
import type { Db } from '../store/db';
import type { StoredProof } from '../store/proofs';
import { assertNoSync } from '../store/purge';
import { stageGone } from '../store/staged-again';
import { listSyncs } from '../store/syncs';
import { confirmed, type ConfirmOptions } from './confirm';
import type { CommonOptions, Context } from './context';
import { movementPlace, type MovementPlace } from './movement-place';
import { noteOf } from './quarantine-choice';
import {
  describeItem,
  headOf,
  leftText,
  linesOf,
  nothingText,
  notForeign,
  repairToJson,
  titleOf,
} from './repair-text';
import { notOurs, undecided } from './repair-undecided';
import { CALLED } from './verb';

const NEVER = new AbortController().signal;

export interface ApplyOptions extends CommonOptions, ConfirmOptions {
  readonly reverse?: readonly string[];
  readonly note?: string;
  readonly by?: string;
}

export async function applyRepairs(
  context: Context,
  stored: StoredProof,
  repairs: readonly Repair[],
  options: ApplyOptions,
): Promise<number> {
  const { output } = context;
  const place = await movementPlace(context);
  // Before anybody reads a plan in vain: a sync may be mending all of it itself.
  await assertNoSync(place.db, place.instanceId);
  const plan = await planOf(context, place, repairs, options);
  const left = plan.left.map(repairToJson);
  const lines = linesOfPlan(plan);
  if (lines.length === 0) {
    output.data(
      { ...headOf(stored), ...NOTHING_DONE, left },
      plan.left.length === 0 ? nothingText(stored, repairs) : leftText(stored, plan.left),
    );
    return left.length === 0 ? EXIT.done : EXIT.problems;
  }
  output.say([`${titleOf(stored)} This will:`, ...lines].join('\n'));
  await confirmed(context, 'Do it?', options);
  const done = await carryOut(context, place, plan);
  output.data(
    { ...headOf(stored), ...done, left },
    [...doneTexts(done), ...leftTexts(plan)].join('\n'),
  );
  const failed =
    done.recounted.some(({ outcome }) => outcome !== 'agrees') ||
    done.reversed.some(({ transactionId }) => transactionId === null);
  return failed || left.length > 0 ? EXIT.problems : EXIT.done;
}

interface Plan {
  readonly recounts: readonly (readonly [ProofItem, ...ProofItem[]])[];
  /** References of what is posted again. */
  readonly gone: readonly string[];
  readonly reversals: readonly PlannedReversal[];
  /** What a person has to decide or to do. */
  readonly left: readonly Repair[];
}

async function planOf(
  context: Context,
  place: MovementPlace,
  repairs: readonly Repair[],
  options: ApplyOptions,
): Promise<Plan> {
  const { reverse } = options;
  const from = { ends: await context.ends(), source: place.balances.source };
  // Of all that are named: taking one back accepts it first, and is run again if it has ended in between.
  const reversals = reverse
    ? await reversalsOf(from, await notOurs(place, repairs), reverse, noteFor(options))
    : [];
  return {
    recounts: byBalance(repairs),
    gone: repairs.filter(needs('post_again')).map(({ item }) => item.reference),
    reversals,
    left: (await undecided(place, repairs)).filter(
      ({ item, remedy }) => !DONE_HERE.has(remedy) && !reversals.some((one) => one.item === item),
    ),
  };
}

function linesOfPlan({ recounts, gone, reversals }: Plan): string[] {
  return [
    ...recounts.map(([{ reference, currency }]) => `  count ${reference} (${currency}) again`),
    ...gone.map((reference) => `  post ${reference} again, with the next sync`),
    ...reversals.map(({ item, reversal: { posting, from, to } }) => {
      const way = `from ${from} to ${to}`;
      return `  take back ${describeItem(item)}: ${way}, under ${posting.reference}`;
    }),
  ];
}

interface RecountedJson {
  readonly balanceId: string;
  readonly outcome: Recounted;
}

interface Done {
  readonly recounted: readonly RecountedJson[];
  /** Ids of movements. */
  readonly stagedAgain: readonly string[];
  readonly reversed: readonly ReversedJson[];
}

const NOTHING_DONE: Done = { recounted: [], stagedAgain: [], reversed: [] };

async function carryOut(
  context: Context,
  { db, instanceId, balances, source }: MovementPlace,
  { recounts, gone, reversals }: Plan,
): Promise<Done> {
  if (!source) return NOTHING_DONE;
  const ends = await context.ends();
  const place = { instanceId, sourceId: source.sourceId };
  const newest = await newestSync(db, instanceId);
  // Again: the schedule may have begun one while somebody read the plan.
  await assertNoSync(db, instanceId);
  // Balances first: Core adds what is posted again to what it holds.
  const recounted: RecountedJson[] = [];
  for (const items of recounts) {
    const outcome = await recountBalance(ends.ledger, balances.source, items, NEVER);
    // No sync is kept from beginning while the ledger counts, and a posting on its way undoes what was counted.
    const isAlone = (await newestSync(db, instanceId)) === newest;
    const isSure = outcome !== 'agrees' || isAlone;
    recounted.push({ balanceId: items[0].reference, outcome: isSure ? outcome : 'differs' });
  }
  const stagedAgain = gone.length === 0 ? [] : await stageGone(db, place, gone);
  const reversed: ReversedJson[] = [];
  for (const one of reversals) reversed.push(await reverse({ db, ends, balances, ...place }, one));
  return { recounted, stagedAgain, reversed };
}

async function newestSync(db: Db, instanceId: string): Promise<string | undefined> {
  return (await listSyncs(db, instanceId, 1))[0]?.syncId;
}

function doneTexts({ recounted, stagedAgain, reversed }: Done): string[] {
  return [
    ...recounted.map(({ balanceId, outcome }) => `${balanceId}: ${RECOUNTED[outcome]}`),
    ...(stagedAgain.length === 0 ? [] : [`Staged again: ${stagedAgain.join(', ')}`]),
    ...reversed.map(reversedText),
  ];
}

function leftTexts({ left }: Plan): string[] {
  const texts = left.length === 0 ? [] : ['Left, for a person:', ...linesOf(left)];
  return [...texts, `The next sync proves it. To do so now: ${CALLED} reconcile`];
}

const RECOUNTED: Record<Recounted, string> = {
  agrees: 'counted again, and now the sum of its postings',
  differs:
    'counted again, and not surely the sum of its postings: something may have been posted since the proof; `reconcile` tells',
  not_allowed: 'not counted: this takes the master key of Core (`BLNK_API_KEY`)',
};

/** What an apply does without being told which. */
const DONE_HERE: ReadonlySet<Remedy> = new Set(['recount', 'post_again', 'sync']);

const needs = (wanted: Remedy) => (one: Repair) => one.remedy === wanted;

function byBalance(repairs: readonly Repair[]): [ProofItem, ...ProofItem[]][] {
  const balances = new Map<string, [ProofItem, ...ProofItem[]]>();
  for (const { item } of repairs.filter(needs('recount'))) {
    const known = balances.get(item.reference);
    if (known) known.push(item);
    else balances.set(item.reference, [item]);
  }
  return [...balances.values()];
}

function noteFor({ note = '', by }: ApplyOptions): AssignmentNote {
  return noteOf({ reason: note, ...(by !== undefined && { by }) }, '--note');
}

interface PlannedReversal {
  readonly item: ProofItem;
  /** All that the proof names as wrong. */
  readonly items: readonly ProofItem[];
  readonly reversal: Reversal;
  readonly note: AssignmentNote;
}

/** @throws SyncError NOT_FOUND: all of them are found before anything is done */
async function reversalsOf(
  { ends, source }: { readonly ends: Connection; readonly source: string },
  repairs: readonly Repair[],
  references: readonly string[],
  note: AssignmentNote,
): Promise<PlannedReversal[]> {
  const planned: PlannedReversal[] = [];
  const all = repairs.map(({ item }) => item);
  for (const reference of new Set(references)) {
    const items = repairs.filter(needs('decide')).map(({ item }) => item);
    const item = items.find((one) => one.reference === reference);
    if (!item) throw notForeign(reference);
    const line = await findPosting(ends.ledger, source, item, NEVER);
    const { livemode } = ends.stripe;
    const reversal = line && (await reversalOf(ends.ledger, line, note, livemode, NEVER));
    if (!reversal) {
      const next =
        'The ledger does not say exactly what it is, or has it no more: post back by hand.';
      throw new SyncError('NOT_FOUND', { posting: reference }, { next });
    }
    planned.push({ item, items: all, reversal, note });
  }
  return planned;
}

interface ReversedJson {
  readonly reference: string;
  readonly under: string;
  /** null: it is not there any more, or something else stands under its reference. */
  readonly transactionId: string | null;
}

function reversedText({ reference, under, transactionId }: ReversedJson): string {
  return transactionId === null
    ? `${reference}: not taken back, since the ledger has it no more, or holds something else under ${under}`
    : `${reference}: taken back under ${under} (${transactionId}), and both are accepted`;
}

/** Accepted once it is posted: a command that ends in between is run again, and finds it in the ledger. */
async function reverse(
  place: {
    readonly db: Db;
    readonly ends: Connection;
    readonly balances: Pick<MovementPlace['balances'], 'source'>;
    readonly instanceId: string;
    readonly sourceId: string;
  },
  { item, items, reversal, note }: PlannedReversal,
): Promise<ReversedJson> {
  const { ledger } = place.ends;
  const { reference, currency, amount, at: bookedAt } = item;
  const under = reversal.posting.reference;
  // Again: the ledger may have been set back while somebody read the plan.
  const isThere = await findPosting(ledger, place.balances.source, item, NEVER);
  const done = isThere && (await postReversal(ledger, reversal, NEVER));
  if (done?.kind !== 'done') return { reference, under, transactionId: null };
  const { transactionId } = done;
  const theirs = { reference, id: reversal.of.transactionId, currency, amount, bookedAt };
  const ours = { reference: under, id: transactionId, currency, amount: -amount, bookedAt: null };
  await place.db.transaction((tx) => acceptNamed(tx, place, [theirs, ours], { ...note, items }));
  // Both, since either of them alone would be named again after a lost database.
  for (const { id } of [theirs, ours]) await noteInLedger(ledger, id, note, NEVER);
  return { reference, under, transactionId };
}
