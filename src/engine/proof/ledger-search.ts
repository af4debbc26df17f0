/** Looks into the ledger for what a proof is broken by: our postings by reference, and all that stands on the balance. */
import { acceptanceOf } from '../../domain/proof/acceptance';
import { movementsBehind } from '../../domain/ids';
import type { LedgerEntry } from '../../domain/ledger';
import {
  asTaken,
  inCurrencyOf,
  movedBy,
  type LedgerBalance,
  type LedgerLine,
} from '../../domain/ledger-balances';
import { mergeItems, type ProofItem } from '../../domain/proof/proof-items';
import { absorbedAmong } from '../../domain/opening/opening';
import { againstLedger, strangers, type LedgerPosting } from '../../domain/proof/proof-search';
import type { Range } from '../../domain/proof/proof-walk';
import type { Turnover } from '../../domain/proof/turnover';
import { accept, listAcceptances } from '../../store/acceptances';
import { readOpenings } from '../../store/openings';
import {
  newOwnPostings,
  ownPostings,
  postingsBeside,
  type KeptPosting,
} from '../../store/own-postings';
import { assertOpen } from '../../store/syncs';
import { findGone } from '../posting/gone';
import { ownAmong } from './foreign-postings';
import { NOT_READ, orNull, type LedgerSide } from './ledger-side';
import type { ProofWork } from './proof-work';

/** Seconds before the last sound proof: a row is stored after the time that it carries. */
const MARGIN = 10 * 60;

/** Postings of a part: 100 look-ups at a Core. */
const PART = 10_000;

export interface LookedUp {
  /** Under our references, with another amount, direction or currency. */
  readonly items: readonly ProofItem[];
  readonly gone: readonly KeptPosting[];
  /** The id of the last that was asked for, where the ledger does not tell, or not in time; null: all were. */
  readonly stoppedAt: string | null;
}

/**
 * Asks for our postings on the source balance by their references.
 * @param from of all of them, those behind this id; empty: from the first on
 */
export function lookUpOwn(
  work: ProofWork,
  range: Range,
  side: LedgerSide,
  from: string,
): Promise<LookedUp> {
  const { db, sync } = work;
  const since = sinceOf(work, range);
  const read = (after: KeptPosting | null) =>
    since === null
      ? ownPostings(db, sync, after ?? { id: from }, PART)
      : newOwnPostings(db, sync, since, after, PART);
  return lookUpParts(work, side, read, from);
}

/** Asks for those between two other balances. */
export function lookUpBeside(work: ProofWork, side: LedgerSide): Promise<LookedUp> {
  const { db, sync } = work;
  return lookUpParts(work, side, (after) => postingsBeside(db, sync, after, PART));
}

/** What was found before the ledger stopped to tell is known all the same. */
async function lookUpParts(
  work: ProofWork,
  side: LedgerSide,
  read: (after: KeptPosting | null) => Promise<readonly KeptPosting[]>,
  from = '',
): Promise<LookedUp> {
  const items: ProofItem[] = [];
  const gone: KeptPosting[] = [];
  for (let after: KeptPosting | null | undefined = null; after !== undefined;) {
    const part: readonly KeptPosting[] = await read(after);
    const found = await orNull(work, NOT_READ, () => askFor(work, part, side));
    if (found === null) return { items, gone, stoppedAt: after?.id ?? from };
    items.push(...found.items);
    gone.push(...found.gone);
    after = part.length < PART ? undefined : part.at(-1);
  }
  return { items, gone, stoppedAt: null };
}

async function askFor(
  { ledger, patience, attempt }: ProofWork,
  part: readonly KeptPosting[],
  side: LedgerSide,
): Promise<Omit<LookedUp, 'stoppedAt'>> {
  const byReference = new Map(part.map((own) => [own.reference, own]));
  const found: LedgerPosting[] = [];
  let asked = 0;
  const gone = await findGone(ledger, part, {
    signal: attempt.signal,
    waitsMs: patience.roundWaitsMs,
    repeats: true,
    onFound(entries, count) {
      attempt.succeeded();
      asked += count;
      attempt.handled(asked);
      for (const entry of entries) {
        const own = byReference.get(entry.reference);
        const posting = own && postingOf(entry, own, side);
        if (posting) found.push(posting);
      }
    },
  });
  const lost = new Set(gone.map(({ reference }) => reference));
  const comparable = new Set(found.map(({ reference }) => reference));
  return {
    items: againstLedger(
      part.filter(({ reference }) => comparable.has(reference)),
      found,
    ),
    gone: part.filter(({ reference }) => lost.has(reference)),
  };
}

/** undefined: its answer does not carry what is to be compared */
function postingOf(
  entry: LedgerEntry,
  own: KeptPosting,
  { balances }: LedgerSide,
): LedgerPosting | undefined {
  const { transactionId: id, reference, amount, source, destination, bookedAt } = entry;
  const balance = balances.get(entry.currency ?? own.currency);
  if (amount === null || !balance || source === null || destination === null) return undefined;
  const isSource = (side: string) => side === balance.balanceId || side === balance.name;
  const moved = Number(isSource(source)) - Number(isSource(destination));
  return {
    ...{ id, reference, currency: balance.currency, amount: amount * BigInt(moved) },
    ...{ bookedAt: secondsOf(bookedAt), description: null },
  };
}

/** Reads what stands on the source balance: postings of others, and, of all, whether those that were accepted do. */
export async function listOthers(
  work: ProofWork,
  range: Range,
  side: LedgerSide,
): Promise<ProofItem[]> {
  const { db, sync } = work;
  const accepted = await listAcceptances(db, sync.sourceId);
  const names = new Set(accepted.map(({ reference }) => reference));
  const openings = await readOpenings(db, sync.sourceId);
  const known = new Set(accepted.map(asAccepted));
  const standing = new Set<string>();
  let items: readonly ProofItem[] = [];
  for (const balance of side.balances.values()) {
    const opening = openings.find(({ currency }) => currency === balance.currency);
    const absorbed = opening?.absorbed;
    const others = await othersOn(work, balance, isNone(absorbed) ? range : 'all');
    const taken = absorbedIds(others, absorbed);
    const left = others.filter(({ transactionId }) => !taken?.has(transactionId));
    for (const one of left.map(lineOf)) standing.add(asAccepted(one));
    const named = taken === null ? left.filter(isLaterThan(opening?.confirmedAt)) : left;
    const told = named.filter((line) => !names.has(nameOf(lineOf(line))));
    const readBack = new Set(await rememberAccepted(work, told));
    items = mergeItems(
      items,
      strangers(
        named.map(lineOf),
        (one) => known.has(asAccepted(one)) || readBack.has(nameOf(one)),
      ),
    );
  }
  if (range !== 'all') return [...items];
  const isOwn = await ownAmong(db, sync.instanceId, accepted);
  const gone = accepted.filter((one) => !standing.has(asAccepted(one)) && !isOwn(one.reference));
  return [
    ...items,
    ...againstLedger(
      gone.map((one) => ({ ...one, isAccepted: true })),
      [],
    ),
  ];
}

/** What a posting of others is accepted by. */
const nameOf = ({ reference, id }: Pick<LedgerPosting, 'reference' | 'id'>) => reference || id;

/** Nobody has said that another amount, direction or currency under the same name is right. */
function asAccepted(
  one: Pick<LedgerPosting, 'reference' | 'currency' | 'amount'> & { readonly id?: string },
): string {
  return [one.reference || one.id, one.currency, one.amount].join(' ');
}

/** Postings that are not ours, the oldest first, whatever order the ledger lists them in. */
async function othersOn(
  work: ProofWork,
  balance: LedgerBalance,
  range: Range,
): Promise<LedgerLine[]> {
  const { db, sync, heldOpenings } = work;
  const held = new Set(heldOpenings.flatMap(({ reference }) => reference ?? []));
  const others = new Map<string, LedgerLine>();
  for await (const lines of pagesOf(work, balance, range)) {
    const own = await ownAmong(db, sync.instanceId, lines);
    for (const line of lines) {
      const isHeld = movementsBehind(line.reference).some((id) => held.has(id));
      if (!isHeld && !own(line.reference)) {
        others.set(line.transactionId, inCurrencyOf(balance, line));
      }
    }
  }
  return asTaken(others.values());
}

/**
 * What the opening balance took in counts as ours, also where somebody has accepted it since.
 * @returns null: it is not all there any more. Then any of the older ones may be of it, and to decide about one would
 *   count it twice: only what came later is surely none
 */
function absorbedIds(
  others: readonly LedgerLine[],
  absorbed: Turnover | undefined,
): ReadonlySet<string> | null {
  if (absorbed === undefined || isNone(absorbed)) return new Set();
  const { debits, credits } = absorbed;
  const postings = others.map((line) => ({
    ...lineOf(line),
    isAccepted: acceptanceOf(line.transactionId, line.metadata) !== null,
  }));
  const taken = absorbedAmong(postings, (sum) => sum.debits === debits && sum.credits === credits);
  return taken && new Set(taken.map(({ id }) => id));
}

const isLaterThan =
  (time: Date | undefined) =>
  ({ bookedAt }: LedgerLine) =>
    time !== undefined && bookedAt !== null && bookedAt > time;

function isNone(turnover: Turnover | undefined): boolean {
  return !turnover || (turnover.debits === 0n && turnover.credits === 0n);
}

/**
 * What a person has accepted stands in the ledger as well, and there alone after a lost database.
 * @returns what the acceptances name
 */
async function rememberAccepted(
  { db, log, sync }: ProofWork,
  lines: readonly LedgerLine[],
): Promise<string[]> {
  const noted = lines.flatMap((line) => {
    const said = acceptanceOf(line.transactionId, line.metadata);
    return said ? [{ posting: lineOf(line), said }] : [];
  });
  if (noted.length === 0) return [];
  const { syncId, instanceId } = sync;
  await db.transaction(async (tx) => {
    await assertOpen(tx, syncId);
    for (const { posting, said } of noted) await accept(tx, sync, [posting], said);
  });
  log.info({ syncId, instanceId, count: noted.length }, 'acceptances.read_back');
  return noted.map(({ posting }) => nameOf(posting));
}

async function* pagesOf(
  work: ProofWork,
  { balanceId }: LedgerBalance,
  range: Range,
): AsyncGenerator<readonly LedgerLine[]> {
  const { ledger, attempt } = work;
  let from: Date | string | null = new Date((sinceOf(work, range) ?? 0) * 1000);
  for (let read = 0; from !== null;) {
    const page: { lines: readonly LedgerLine[]; next: string | null } = await ledger.linesOn(
      balanceId,
      from,
      attempt.signal,
    );
    attempt.succeeded();
    read += page.lines.length;
    attempt.handled(read);
    yield page.lines;
    from = page.next;
  }
}

function lineOf(line: LedgerLine): LedgerPosting {
  const { transactionId: id, reference, currency, bookedAt, description } = line;
  return {
    ...{ id, reference, currency: currency ?? '', description, bookedAt: secondsOf(bookedAt) },
    amount: movedBy(line) ?? 0n,
  };
}

function sinceOf({ soundAt }: ProofWork, range: Range): number | null {
  return range === 'all' || soundAt === null ? null : soundAt - MARGIN;
}

function secondsOf(time: Date | null): number | null {
  return time && Math.floor(time.getTime() / 1000);
}
