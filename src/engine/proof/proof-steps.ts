/** The steps that are taken about a broken proof, and what has come of those that others had to finish. */
import { setTimeout as sleep } from 'node:timers/promises';
import { movementsBehind } from '../../domain/ids';
import { LATEST_SUCCESS } from '../../domain/kinds/pay-in';
import {
  bounded,
  isPerhapsOurs,
  isTogether,
  type ItemKind,
  type ProofItem,
} from '../../domain/proof/proof-items';
import type { Proof } from '../../domain/proof/proof';
import type { Step, Walk } from '../../domain/proof/proof-walk';
import { EDGE } from '../../domain/proof/reading-judgement';
import { EARLIEST } from '../../domain/window';
import type { Queries } from '../../store/db';
import { inLedgerOf } from '../../store/own-postings';
import {
  changedRows,
  planRowsAgain,
  windowsAgain,
  type ChangedRow,
  type Stretch,
} from '../../store/rows-again';
import { rowIds, unbookedOf, type UnbookedRow } from '../../store/unbooked-rows';
import type { Awaited } from '../../store/walks';
import { ownAmong } from './foreign-postings';
import { postAgain } from './healing';
import { NOT_READ, orNull, type LedgerSide } from './ledger-side';
import { listOthers, lookUpBeside, lookUpOwn, type LookedUp } from './ledger-search';
import type { JudgedReadings } from './judged-readings';
import type { ProofWork } from './proof-work';
import { takeReading } from './reading';

export interface Taken {
  readonly found: readonly ProofItem[];
  /** Others have to do something before it is known what has come of it; this plans it. */
  readonly awaits?: (tx: Queries) => Promise<Awaited>;
  /** From now on the ledger's own rows are added up. */
  readonly counts?: true;
  /** As in `LookedUp`. Absent: nothing was asked for. */
  readonly stoppedAt?: string | null;
}

/**
 * @param walk what was done before
 * @param side what the ledger's balance states; null: it cannot be read
 */
export async function take(
  work: ProofWork,
  step: Exclude<Step, { do: 'stop' }>,
  walk: Walk,
  proof: Proof,
  side: LedgerSide | null,
): Promise<Taken> {
  switch (step.do) {
    case 'reread':
      return readAgain(work, fromOf(work, step.seconds, proof), proof.at);
    case 'check_rows':
      return checkRows(work);
    case 'look_up':
      return side
        ? heal(work, await lookUpOwn(work, step.range, side, walk.lookedUpTo ?? ''))
        : { found: [] };
    case 'list_postings': {
      const found =
        side && (await orNull(work, NOT_READ, () => listOthers(work, step.range, side)));
      return { found: bounded(found ?? []), ...(step.range === 'all' && { counts: true }) };
    }
  }
}

const DAY = 24 * 60 * 60;

/** Rows to the newest, whatever this machine takes for the time. */
function readAgain({ sync, listedTo }: ProofWork, from: number, at: number): Taken {
  return {
    found: [],
    awaits: async (tx) => {
      const position = await planRowsAgain(tx, sync, [{ from, to: at + DAY }]);
      return { kind: 'rows', position, from, listedTo };
    },
  };
}

/** @param seconds before the reading that does not add up; null: all that the feed has read */
function fromOf({ enabled }: ProofWork, seconds: number | null, proof: Proof): number {
  const start = enabled.cutOver === null ? EARLIEST : enabled.cutOver - LATEST_SUCCESS;
  if (seconds === null) return start;
  const open = proof.currencies.filter(({ gaps }) => gaps.stripe !== null && gaps.stripe !== 0n);
  const times = open.map(({ asOf }) => asOf ?? proof.at);
  return Math.max(start, Math.min(proof.at, ...times) - seconds);
}

/** Rows of one query. */
const PART = 1_000;

async function checkRows(work: ProofWork): Promise<Taken> {
  const unbooked = await unbookedRows(work);
  const found = bounded(unbooked.map(unbookedItem));
  if (unbooked.length === 0) return { found };
  const ids = new Set(found.filter((item) => !isTogether(item)).map(({ reference }) => reference));
  return {
    found,
    awaits: async (tx) => {
      await planRowsAgain(tx, work.sync, stretchesOf(unbooked.flatMap(({ times }) => times)));
      return { kind: 'movements', rows: [...ids] };
    },
  };
}

async function unbookedRows({ db, sync, attempt }: ProofWork): Promise<UnbookedRow[]> {
  const rows = new Map<string, UnbookedRow>();
  let checked = 0;
  for (let after: string | undefined = ''; after !== undefined;) {
    const ids: readonly string[] = await rowIds(db, sync, after, PART);
    for (const row of await unbookedOf(db, sync.instanceId, ids)) {
      rows.set(`${row.reference} ${row.currency}`, row);
    }
    checked += ids.length;
    attempt.succeeded();
    attempt.handled(checked);
    after = ids.length < PART ? undefined : ids.at(-1);
  }
  return [...rows.values()];
}

const unbookedItem = ({ reference, currency, amount, at }: UnbookedRow): ProofItem => ({
  ...{ kind: 'not_booked', reference, currency, amount, theirs: null, at, note: null },
});

/** Windows of one step at most. */
const STRETCHES = 20;

/** Seconds that are to be read again, those that lie nearest to each other together. */
function stretchesOf(times: readonly number[]): Stretch[] {
  const sorted = [...new Set(times)].sort((a, b) => a - b);
  const gaps = sorted.slice(1).map((time, index) => time - (sorted[index] ?? time));
  const widest = [...gaps].sort((a, b) => b - a)[STRETCHES - 1] ?? 0;
  const stretches: { from: number; to: number }[] = [];
  for (const [index, time] of sorted.entries()) {
    const last = stretches.at(-1);
    if (last && (gaps[index - 1] ?? 0) <= widest) last.to = time;
    else stretches.push({ from: time, to: time });
  }
  return stretches;
}

const SECOND_MS = 1_000;

/**
 * Stripe's balance and its newest rows once more, where the reading of this run did not tell by itself, since other rows
 * lay near it: of two chance decides less, and the second one mostly tells exactly.
 * @returns undefined: there is nothing to be told, or Stripe does not
 */
export async function lookAgain(
  work: ProofWork,
  { state, at }: Proof,
  currencies: readonly JudgedReadings[],
): Promise<Taken['awaits']> {
  const last = currencies
    .flatMap(({ judged }) => judged.at(-1) ?? [])
    .filter(({ isNear }) => isNear);
  if (state === 'broken' || last.length === 0) return undefined;
  const { signal } = work.attempt;
  const times = last.map(({ reading }) => reading.at);
  const read = () => takeReading(work, work.sync, work, signal);
  let second = await read();
  if (second && times.includes(second.at)) {
    // Of the same second it is the same reading: a short run takes less.
    await sleep(SECOND_MS, undefined, { signal });
    second = await read();
  }
  return second === null ? undefined : readAgain(work, Math.min(...times) - EDGE, at).awaits;
}

/** Of postings between two other balances no sum tells that one is gone. */
export async function lookBeside(work: ProofWork, side: LedgerSide): Promise<Taken> {
  return heal(work, await lookUpBeside(work, side));
}

async function heal(work: ProofWork, { items, gone, stoppedAt }: LookedUp): Promise<Taken> {
  const staged = await postAgain(work, gone);
  const taken = { found: [...bounded(items), ...staged], stoppedAt };
  if (staged.length === 0) return taken;
  const references = staged.map(({ reference }) => reference);
  return { ...taken, awaits: () => Promise.resolve({ kind: 'postings', references }) };
}

/** What has come of it. @returns undefined: it is not done yet */
export async function settledItems(
  work: ProofWork,
  awaited: Awaited,
  items: readonly ProofItem[],
): Promise<readonly ProofItem[] | undefined> {
  const settled = await outcomeOf(work, awaited, items);
  return settled && withoutOurs(work, settled);
}

/** What was listed as somebody else's while our own row of it was lost. */
async function withoutOurs(
  { db, sync: { instanceId } }: ProofWork,
  items: readonly ProofItem[],
): Promise<readonly ProofItem[]> {
  const isOwn = await ownAmong(db, instanceId, items.filter(isPerhapsOurs));
  return items.filter((item) => !isPerhapsOurs(item) || !isOwn(item.reference));
}

function outcomeOf(
  work: ProofWork,
  awaited: Awaited,
  items: readonly ProofItem[],
): Promise<readonly ProofItem[] | undefined> {
  switch (awaited.kind) {
    case 'rows':
      return readItems(work, awaited, items);
    case 'movements':
      return bookedItems(work, awaited.rows, items);
    case 'postings':
      return postedItems(work, awaited.references, items);
  }
}

/** More than these are a sum of all of them. */
const CHANGED = 100_000;

async function readItems(
  { db, sync: { syncId, sourceId } }: ProofWork,
  { position, from, listedTo = null }: Extract<Awaited, { kind: 'rows' }>,
  items: readonly ProofItem[],
): Promise<readonly ProofItem[] | undefined> {
  const { is, windowIds } = await windowsAgain(db, syncId, position);
  if (is === 'open') return undefined;
  // What was not read to its end does not tell what is missing.
  if (is === 'void') return items;
  const changed = await changedRows(db, sourceId, { windowIds, from, listedTo }, CHANGED);
  return [...items, ...bounded(changed.map(changedItem))];
}

const KIND_OF = {
  found: 'found_again',
  missing: 'missing_at_stripe',
  other: 'other_at_stripe',
} as const satisfies Record<ChangedRow['is'], ItemKind>;

function changedItem({ is, id, currency, net, told, created }: ChangedRow): ProofItem {
  return {
    ...{ kind: KIND_OF[is], reference: id, currency, amount: net },
    ...{ theirs: is === 'other' ? told : null, at: created, note: null },
  };
}

/** Those that were not named one by one are looked for among all rows: what is left of them is named now. */
async function bookedItems(
  work: ProofWork,
  rows: readonly string[],
  items: readonly ProofItem[],
): Promise<readonly ProofItem[]> {
  const known = items.filter(({ kind }) => kind === 'not_booked');
  const isWhole = !known.some(isTogether);
  const left = isWhole
    ? await unbookedOf(work.db, work.sync.instanceId, rows)
    : await unbookedRows(work);
  const isAmong = (all: readonly Pick<ProofItem, 'reference' | 'currency'>[]) => {
    const keys = new Set(all.map(({ reference, currency }) => `${reference} ${currency}`));
    return ({ reference, currency }: (typeof all)[number]) => keys.has(`${reference} ${currency}`);
  };
  const [isLeft, isNamed] = [isAmong(left), isAmong(known)];
  const others = isWhole ? [] : left.filter((row) => !isNamed(row)).map(unbookedItem);
  return [
    ...items.flatMap((item): ProofItem[] => {
      if (item.kind !== 'not_booked' || isLeft(item)) return [item];
      const isNamedNow = isTogether(item) && others.some((one) => one.currency === item.currency);
      return isNamedNow ? [] : [{ ...item, kind: 'booked_again' }];
    }),
    ...bounded(others),
  ];
}

/** One that is not there is staged still, or was set aside, and then named as such: it is no gap any more. */
async function postedItems(
  { db, sync: { instanceId } }: ProofWork,
  references: readonly string[],
  items: readonly ProofItem[],
): Promise<readonly ProofItem[]> {
  const staged = new Set(references);
  const ids = references.flatMap(movementsBehind);
  const booked = await inLedgerOf(db, instanceId, ids);
  return items.flatMap((item) => {
    if (item.kind !== 'missing_in_ledger' || !staged.has(item.reference)) return [item];
    const isThere =
      isTogether(item) || movementsBehind(item.reference).some((id) => booked.has(id));
    return isThere ? [{ ...item, kind: 'posted_again' as const }] : [];
  });
}
