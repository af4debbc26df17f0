/**
 * What a run does next about a broken proof: one step at a time, from what is cheap to what is long. After
 * each step the proof is made again with what the step has found, until every gap is named or nothing is left to ask.
 */
import {
  isClosed,
  isCorrupt,
  isPerhapsOurs,
  PROOF_ITEMS,
  withoutNamed,
  type Gaps,
  type ProofItem,
} from './proof-items';
import { itemsIn, type Proof } from './proof';
import { undecided } from './undecided';

const HOUR = 60 * 60;
const DAY = 24 * HOUR;

/** Seconds before the reading from which Stripe's rows are read again, in turn. null: all there are. */
const REACHES = [DAY, 7 * DAY, 35 * DAY, null] as const;

/** Times a day that all rows are read again, where the gaps are others each time: of a large account it takes hours. */
const MOST_WHOLES = 3;

/** From where the ledger is searched: from the last proof on, or whole. */
export type Range = 'since_proof' | 'all';

export type Step =
  /** Read Stripe's rows again and compare them with ours: what was missing is stored and booked. */
  | { readonly do: 'reread'; readonly seconds: number | null }
  /** Hold the movements of each row of ours against its net: what was not booked is staged and booked. */
  | { readonly do: 'check_rows' }
  /** Ask the ledger for our postings by their references. */
  | { readonly do: 'look_up'; readonly range: Range }
  /** Read the ledger's postings on the source balance, and with all of them hold the balance against them. */
  | { readonly do: 'list_postings'; readonly range: Range }
  | { readonly do: 'stop' };

type LedgerSearch = Extract<Step, { range: Range }>;

/** The steps that were taken for one broken proof. */
export interface Walk {
  /** How many of the reaches were read again, and how many may be. */
  readonly reread: number;
  readonly widest: number;
  readonly rowsChecked: boolean;
  readonly lookedUp: Range | null;
  readonly listed: Range | null;
  /** How often all of them were, since a day began in which something stayed wrong. Absent: never. */
  readonly wholes?: number;
  /** Where the time was up while all of our postings were asked for: the last one's id. null, or absent: it was not. */
  readonly lookedUpTo?: string | null;
  /** The same of balances that are counted anew: when what was posted again to them was, as the database writes it. */
  readonly recountedTo?: string | null;
}

export const NEW_WALK: Walk = {
  reread: 0,
  widest: REACHES.length,
  rowsChecked: false,
  lookedUp: null,
  listed: null,
};

/** Whether a proof that says nothing of what was searched for is to keep it: the next one that is broken goes on. */
export function isUnderWay({ wholes = 0, lookedUpTo = null, recountedTo = null }: Walk): boolean {
  return wholes > 0 || lookedUpTo !== null || recountedTo !== null;
}

/** @param hasProof there is an earlier proof that was no broken one: the fault is most likely newer */
export function nextStep(proof: Proof, walk: Walk, hasProof: boolean): Step {
  if (proof.state !== 'broken') return { do: 'stop' };
  const open = proof.currencies.map(({ gaps, items }) => withoutNamed(gaps, items));
  const isOpen = (part: Partial<Gaps>) =>
    !isClosed({ stripe: null, rows: 0n, ledger: null, ...part });
  // Rows come first: what a row makes right at Stripe's side is booked and may fill a gap of the ledger.
  const reach = walk.reread < walk.widest ? REACHES[walk.reread] : undefined;
  if (reach !== undefined && open.some(({ stripe }) => isOpen({ stripe }))) {
    return { do: 'reread', seconds: reach };
  }
  const isOursLost = itemsIn(proof).some(isPerhapsOurs);
  const mayBeAnywhere = isOursLost && walk.widest === REACHES.length;
  const isRowOpen = mayBeAnywhere || open.some(({ rows }) => isOpen({ rows }));
  if (isRowOpen && !walk.rowsChecked) return { do: 'check_rows' };
  if (isOursLost && reach !== undefined) return { do: 'reread', seconds: reach };
  if (!open.some(({ ledger }) => isOpen({ ledger }))) return { do: 'stop' };
  const holdsMore = open.some(
    ({ ledger }) => ledger && (ledger.debits > 0n || ledger.credits > 0n),
  );
  return searchLedger(walk, hasProof, holdsMore);
}

/**
 * @param holdsMore the ledger holds more than we have posted, on a side of a currency. Where it holds only less,
 *   postings of ours are gone: all of them are asked for before anything else is listed
 */
function searchLedger({ lookedUp, listed }: Walk, hasProof: boolean, holdsMore: boolean): Step {
  const ours = (range: Range): LedgerSearch => ({ do: 'look_up', range });
  const theirs = (range: Range): LedgerSearch => ({ do: 'list_postings', range });
  const steps = holdsMore
    ? [ours('since_proof'), theirs('since_proof'), theirs('all'), ours('all')]
    : [ours('since_proof'), ours('all'), theirs('since_proof'), theirs('all')];
  const isDone = (step: LedgerSearch) => {
    const done = step.do === 'look_up' ? lookedUp : listed;
    return done === 'all' || done === step.range || (!hasProof && step.range !== 'all');
  };
  return steps.find((step) => !isDone(step)) ?? { do: 'stop' };
}

/** @param stoppedAt where its time was up; null: it came to its end */
export function walked(walk: Walk, step: Step, stoppedAt: string | null = null): Walk {
  switch (step.do) {
    case 'reread':
      return {
        ...walk,
        reread: walk.reread + 1,
        ...(step.seconds === null && { wholes: (walk.wholes ?? 0) + 1 }),
      };
    case 'check_rows':
      return { ...walk, rowsChecked: true };
    case 'look_up':
      return {
        ...{ ...walk, lookedUp: step.range },
        ...(step.range === 'all' && { lookedUpTo: stoppedAt }),
      };
    case 'list_postings':
      return { ...walk, listed: step.range };
    case 'stop':
      return walk;
  }
}

/** The walk of an earlier run, at its end. */
export interface EarlierWalk {
  /** Unix seconds when it began anew. */
  readonly at: number;
  readonly walk: Walk;
  /** `gapsText` of the proof that it was made for. */
  readonly gaps: string;
  /** What it has named. */
  readonly items: readonly ProofItem[];
}

/**
 * With what a run begins. What was walked in vain is not walked again by every run: to read all rows of a
 * large account takes hours. While the gaps stay the same, what was named stands, the newest rows are read again
 * each time, and everything once a day: what had no time to come to its end goes on there. Where the gaps are others
 * each time, all rows are read a few times a day.
 * @param isCounted the ledger's rows were added up: what they leave of its balance is a gap as well, and the only one
 *   where an amount was changed in its database
 */
export function beginWalk(
  proof: Proof,
  earlier: EarlierWalk | null,
  isCounted: boolean,
): Omit<EarlierWalk, 'gaps'> {
  const today = earlier !== null && proof.at - earlier.at < DAY ? earlier : null;
  if (today === null || !stands(today, proof, isCounted)) {
    const lookedUpTo = earlier?.walk.lookedUpTo ?? null;
    const walk = lookedUpTo === null ? NEW_WALK : { ...NEW_WALK, lookedUpTo };
    const wholes = today?.walk.wholes ?? 0;
    if (today === null || wholes === 0) return { at: proof.at, walk, items: [] };
    const widest = wholes < MOST_WHOLES ? walk.widest : 1;
    return { at: today.at, walk: { ...walk, wholes, widest }, items: [] };
  }
  const isFault = ({ kind }: ProofItem) => PROOF_ITEMS[kind].is === 'fault';
  const walk = { ...today.walk, reread: 0, widest: 1 };
  return { at: today.at, walk, items: today.items.filter(isFault) };
}

/** Sums that are the same say nothing where some of what was named has been decided: something else may have come. */
function stands({ gaps, items }: EarlierWalk, proof: Proof, isCounted: boolean): boolean {
  const named = itemsIn(proof);
  return (
    gaps === gapsText(proof) &&
    undecided(items, named).length === items.length &&
    (!isCounted || corruptText(items) === corruptText(named))
  );
}

/** By how much each balance is not what its postings add up to. */
function corruptText(items: readonly ProofItem[]): string {
  return items
    .filter(isCorrupt)
    .map(({ kind, reference, amount, theirs }) => `${kind} ${reference} ${(theirs ?? 0n) - amount}`)
    .sort()
    .join(', ');
}

/** Tells gaps apart; of a reading that was fitted the amount depends on the cut, and is left out. */
export function gapsText({ currencies }: Pick<Proof, 'currencies'>): string {
  return currencies
    .filter(({ gaps }) => !isClosed(gaps))
    .map(({ currency, exact, gaps: { stripe, rows, ledger } }) => {
      const ofStripe = exact || !stripe ? stripe : 'fitted';
      return [currency, ofStripe, rows, ledger?.debits, ledger?.credits].join(' ');
    })
    .join(', ');
}
