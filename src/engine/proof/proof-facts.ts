/** What is known of each currency when a run has read and posted everything that it could: the facts of its proof. */
import { currenciesOf } from '../../domain/proof/balance-reading';
import { NOT_YET_FOR, type CurrencyFacts } from '../../domain/proof/proof';
import {
  besideNote,
  isCorrupt,
  isTogether,
  mergeItems,
  more,
  namedAtStripe,
  type ProofItem,
} from '../../domain/proof/proof-items';
import { addTurnovers, NO_TURNOVER, turnoverOf, type Turnover } from '../../domain/proof/turnover';
import { undecided } from '../../domain/proof/undecided';
import { listAcceptances } from '../../store/acceptances';
import { sumsOfLeft, type LeftSum } from '../../store/left-sums';
import { legsSetAside } from '../../store/legs';
import { notYetSince, readNotYet } from '../../store/not-yet';
import { readOpenings, type KeptOpening } from '../../store/openings';
import { namesPostedAgain } from '../../store/own-postings';
import { settledSums, type SettledSums } from '../../store/settled-sums';
import { ownAmong } from './foreign-postings';
import { judgeReadings, type JudgedReadings, type Readings } from './judged-readings';
import { turnoverIn, type LedgerSide } from './ledger-side';
import type { ProofWork } from './proof-work';

/** Of a kind, so many are named one by one: of movements that are set aside, and postings made again, the rest is a sum. */
const NAMED = 1_000;

const NOTHING: Omit<SettledSums, 'currency'> = {
  entered: 0n,
  rows: 0,
  booked: NO_TURNOVER,
  movements: 0,
  setAside: 0n,
  aside: 0,
  staged: 0,
};

export interface ProofFacts {
  readonly facts: readonly CurrencyFacts[];
  readonly judged: readonly JudgedReadings[];
}

/**
 * @param at Unix seconds of the proof
 * @param found what the search has found wrong
 */
export async function readFacts(
  work: ProofWork,
  at: number,
  {
    readings,
    ledger,
    found,
  }: { readings: Readings; ledger: LedgerSide | null; found: readonly ProofItem[] },
): Promise<ProofFacts> {
  const { db, sync } = work;
  const sums = byCurrency(await settledSums(db, sync.sourceId));
  const inLedger = byCurrency(work.heldOpenings);
  const openings = new Map<string, KeptOpening>([
    ...inLedger,
    ...byCurrency(await readOpenings(db, sync.sourceId)),
  ]);
  const notYet = await readNotYet(db, sync.sourceId);
  const left = await sumsOfLeft(db, sync.sourceId);
  const expected = await expectedItems(work, at, { sums, left });
  // As it is now, where it was looked at.
  const stands = ledger?.isCounted ? found.filter((item) => !isCorrupt(item)) : found;
  const standing = undecided(stands, expected);
  const again = work.isRewound ? await againItems(work, standing) : [];
  const items = [...expected, ...mergeItems([...again, ...standing], ledger?.corrupt ?? [])];
  const newest = readings.all.at(-1) ?? null;
  const others = [sums, openings, notYet, ledger?.balances ?? new Map<string, unknown>()];
  const currencies = currenciesOf(newest, [
    ...others.flatMap((one) => [...one.keys()]),
    ...items.map(({ currency }) => currency),
  ]);
  const facts: CurrencyFacts[] = [];
  const judged: JudgedReadings[] = [];
  for (const currency of currencies) {
    const own = items.filter((item) => item.currency === currency);
    const opening = openings.get(currency);
    const held = opening?.held ?? 0n;
    const one = await judgeReadings(work, readings, { currency, held, named: namedAtStripe(own) });
    judged.push(one);
    const { entered, booked, movements, staged } = sums.get(currency) ?? NOTHING;
    const stated = ledger?.balances.get(currency);
    facts.push({
      ...{ currency, stripe: one.stripe, movements, staged, items: own },
      entered: held + entered,
      ledger: ledger && (stated ? turnoverIn(stated) : NO_TURNOVER),
      booked: addTurnovers([booked, ...begunWith(currency, { opening, inLedger, left })]),
      notYet: notYet.get(currency) ?? { count: 0, amount: 0n, oldest: null },
      ...{ opening: work.enabled.awaits, unread: work.unread },
    });
  }
  return { facts, judged };
}

interface Begun {
  readonly opening: KeptOpening | undefined;
  /** Whose posting is no movement of ours yet. */
  readonly inLedger: ReadonlyMap<string, KeptOpening>;
  readonly left: readonly LeftSum[];
}

/** What stood on the balance already when this began, and counts as ours. */
function begunWith(currency: string, { opening, inLedger, left }: Begun): Turnover[] {
  const counted = left.filter((one) => one.isCounted && one.currency === currency);
  return [
    turnoverOf(inLedger.get(currency)?.amount ?? 0n),
    opening?.absorbed ?? NO_TURNOVER,
    ...counted.map(({ booked }) => booked),
  ];
}

/** What is no fault: every movement that is set aside, what others have posted, pay-ins that Stripe lacks for long. */
async function expectedItems(
  work: ProofWork,
  at: number,
  { sums, left }: { sums: ReadonlyMap<string, SettledSums>; left: readonly LeftSum[] },
): Promise<ProofItem[]> {
  const { db, sync } = work;
  const { instanceId, sourceId } = sync;
  const acceptances = await listAcceptances(db, sourceId);
  // One that has become a movement of ours since then is nobody else's.
  const isOwn = await ownAmong(db, instanceId, acceptances);
  const notes = new Map(acceptances.map(({ reference, note }) => [reference, note]));
  const late = await notYetSince(db, sourceId, at - NOT_YET_FOR, NAMED);
  return [
    ...(await setAsideItems(work, sums)),
    ...acceptances
      .filter(({ reference }) => !isOwn(reference))
      .map(({ reference, currency, amount, bookedAt, note }) =>
        itemOf('accepted', reference, currency, amount, { at: bookedAt, note }),
      ),
    ...left
      .filter(({ isCounted }) => !isCounted)
      .flatMap(({ account, currency, booked: { debits, credits } }) => [
        ...(debits === 0n ? [] : [itemOf('left_account', account, currency, debits)]),
        ...(credits === 0n ? [] : [itemOf('left_account', `${account}, back`, currency, -credits)]),
      ]),
    ...late.map(({ id, currency, amount, bookedAt }) =>
      itemOf('not_yet_in_stripe', id, (currency ?? '').toUpperCase(), amount ?? 0n, {
        at: bookedAt,
        note: notes.get(id) ?? null,
      }),
    ),
  ];
}

/**
 * Whoever has found them gone: the search of this proof, or the run before it.
 * @param standing what the search has found: where it has a sum of those that are not named, there is no other
 */
async function againItems(
  { db, sync: { syncId } }: ProofWork,
  standing: readonly ProofItem[],
): Promise<ProofItem[]> {
  const names = await namesPostedAgain(db, syncId, NAMED);
  const summed = standing.filter((item) => item.kind === 'posted_again' && isTogether(item));
  const isSummed = (currency: string) => summed.some((item) => item.currency === currency);
  return names
    .filter(({ reference, currency }) => reference !== null || !isSummed(currency))
    .map(({ reference, currency, amount, beside, count }) =>
      itemOf('posted_again', reference ?? more(count), currency, amount, {
        note: besideNote(beside, currency),
      }),
    );
}

async function setAsideItems(
  { db, sync: { sourceId } }: ProofWork,
  sums: ReadonlyMap<string, SettledSums>,
): Promise<ProofItem[]> {
  const legs = await legsSetAside(db, sourceId, NAMED);
  const named = legs.map(({ reference, currency, moves, datedAt, reason }) =>
    itemOf('set_aside', reference, (currency ?? '').toUpperCase(), moves, {
      at: datedAt,
      note: reason,
    }),
  );
  const rest = [...sums].flatMap(([currency, { setAside, aside }]) => {
    const own = named.filter((item) => item.currency === currency);
    const amount = own.reduce((less, item) => less - item.amount, setAside);
    const left = aside - own.length;
    return left > 0 ? [itemOf('set_aside', more(left), currency, amount)] : [];
  });
  return [...named, ...rest];
}

function itemOf(
  kind: ProofItem['kind'],
  reference: string,
  currency: string,
  amount: bigint,
  { at = null, note = null }: Partial<Pick<ProofItem, 'at' | 'note'>> = {},
): ProofItem {
  return { kind, reference, currency, amount, theirs: null, at, note };
}

function byCurrency<T extends { readonly currency: string }>(all: readonly T[]): Map<string, T> {
  return new Map(all.map((one) => [one.currency, one]));
}
