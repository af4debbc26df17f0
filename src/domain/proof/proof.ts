/**
 * The proof: whether Stripe's balance, our rows and the ledger agree, currency by currency. Decided here
 * from sums alone. A proof that says "proven" by mistake is worse than none.
 */
import { totalOf, type Held } from './balance-reading';
import { isClosed, PROOF_ITEMS, type Gaps, type ItemKind, type ProofItem } from './proof-items';
import type { OpeningWait } from '../opening/opening-wait';
import type { Judgement } from './reading-judgement';
import type { UnreadRows } from './unread-rows';
import { addTurnovers, heldBy, subtractTurnover, turnoverOf, type Turnover } from './turnover';

/** From what is worst to what is best: the proof of several currencies is that of its worst one. */
export const PROOF_STATES = ['broken', 'waiting', 'not_read', 'explained', 'proven'] as const;

export type ProofState = (typeof PROOF_STATES)[number];

/** Seconds: a pay-in that Stripe's balance lacks for longer is named by itself. */
export const NOT_YET_FOR = 24 * 60 * 60;

/** What is known of a currency when a run has read and posted everything that it could. */
export interface CurrencyFacts {
  readonly currency: string;
  /** The reading that is believed. null: there is none, or the key may not read balances. */
  readonly stripe: (Held & { readonly at: number; readonly judgement: Judgement }) | null;
  /** What Stripe held at the cut-over, and the net of every row since. */
  readonly entered: bigint;
  /** Turnover of the source balance. null: the key may not read it. */
  readonly ledger: Turnover | null;
  /** The same by our movements that are in the ledger: pay-ins, legs of rows, the opening and what it absorbed. */
  readonly booked: Turnover;
  /** Booked pay-ins whose charge Stripe has no row of. */
  readonly notYet: NotYet;
  /** Movements that are neither in the ledger nor set aside: then the run is not over. */
  readonly staged: number;
  /**
   * Every movement that is set aside, every accepted posting of others, what an account that was left has
   * brought, and what was found wrong.
   */
  readonly items: readonly ProofItem[];
  readonly movements: number;
  /** What its opening balance waits for. Default: it is frozen. */
  readonly opening?: OpeningWait | null;
  /** Why the run has not read all rows that are new. Default: it has. */
  readonly unread?: UnreadRows | null;
}

export interface NotYet {
  readonly count: number;
  readonly amount: bigint;
  /** Unix seconds when the oldest was booked. */
  readonly oldest: number | null;
}

export interface CurrencyProof {
  readonly currency: string;
  readonly state: ProofState;
  /** Unix seconds: the time at which Stripe's balance is what it says. null: it was not read. */
  readonly asOf: number | null;
  readonly stripe: Held | null;
  readonly ledger: bigint | null;
  readonly notYet: NotYet;
  readonly setAside: bigint;
  readonly accepted: bigint;
  /** Net of what Stripe lists after the reading. null: not known yet. */
  readonly movedSince: bigint | null;
  /** What Stripe holds and nothing above tells why. null: not known yet. */
  readonly unexplained: bigint | null;
  readonly gaps: Gaps;
  /** The reading left no cut to choose. */
  readonly exact: boolean;
  readonly items: readonly ProofItem[];
  readonly movements: number;
  /** What its opening balance waits for, so that nothing can be proven yet. Absent: for nothing. */
  readonly opening?: OpeningWait;
  /** Why the rows were not read to their end, so that nothing can be proven. Absent: they were. */
  readonly unread?: UnreadRows;
}

export interface Proof {
  /** Unix seconds. */
  readonly at: number;
  /** Unix seconds of the cut-over; null: since the account began. */
  readonly since: number | null;
  readonly state: ProofState;
  readonly currencies: readonly CurrencyProof[];
}

/** What it names, of all currencies. */
export function itemsIn({ currencies }: Pick<Proof, 'currencies'>): ProofItem[] {
  return currencies.flatMap(({ items }) => items);
}

/** @param none what it is where there is no currency at all: `proven` takes that all sides were read, and have no money */
export function prove(
  at: number,
  since: number | null,
  facts: readonly CurrencyFacts[],
  none: ProofState = 'not_read',
): Proof {
  const currencies = facts.map((one) => proveCurrency(at, one));
  return { at, since, state: stateOfAll(currencies, none), currencies };
}

function stateOfAll(currencies: readonly CurrencyProof[], none: ProofState): ProofState {
  const has = (state: ProofState) => currencies.some((one) => one.state === state);
  return PROOF_STATES.find(has) ?? none;
}

export function isSound(state: ProofState): boolean {
  return state === 'proven' || state === 'explained';
}

function proveCurrency(at: number, facts: CurrencyFacts): CurrencyProof {
  const { currency, stripe, ledger, notYet, items, movements } = facts;
  const judgement = stripe?.judgement.kind === 'judged' ? stripe.judgement : null;
  const gaps = gapsOf(facts);
  const setAside = sumOf(items, 'set_aside');
  const accepted = sumOf(items, 'accepted') + sumOf(items, 'left_account');
  const movedSince = judgement?.since ?? null;
  const held = ledger && heldBy(ledger);
  const unexplained =
    stripe && held !== null && movedSince !== null
      ? totalOf(stripe) + movedSince - (held - notYet.amount + setAside - accepted)
      : null;
  return {
    currency,
    state: stateOf(at, facts, gaps),
    asOf: stripe?.at ?? null,
    stripe: stripe && { available: stripe.available, pending: stripe.pending },
    ledger: held,
    notYet,
    setAside,
    accepted,
    movedSince,
    unexplained,
    gaps,
    exact: judgement?.exact ?? false,
    items,
    movements,
    ...(facts.opening && { opening: facts.opening }),
    ...(facts.unread && { unread: facts.unread }),
  };
}

/** Their sum is what is unexplained; each of them has to be closed, so that no two can cancel. */
function gapsOf({ stripe, entered, ledger, booked, notYet, items }: CurrencyFacts): Gaps {
  const setAside = sumOf(items, 'set_aside');
  const accepted = items.filter(({ kind }) => kind === 'accepted' || kind === 'left_account');
  const allowed = addTurnovers([booked, ...accepted.map(({ amount }) => turnoverOf(amount))]);
  return {
    stripe:
      stripe?.judgement.kind === 'judged'
        ? totalOf(stripe) + stripe.judgement.since - entered
        : null,
    rows: entered - (heldBy(booked) - notYet.amount + setAside),
    ledger: ledger && subtractTurnover(ledger, allowed),
  };
}

function stateOf(at: number, facts: CurrencyFacts, gaps: Gaps): ProofState {
  const { stripe, ledger, staged, notYet, items, unread = null } = facts;
  const has = (is: 'fault' | 'expected') => items.some(({ kind }) => PROOF_ITEMS[kind].is === is);
  if (staged > 0) return unread ? 'not_read' : 'waiting';
  if (!isClosed(gaps) || has('fault')) return 'broken';
  if (stripe === null || ledger === null || unread) return 'not_read';
  if (stripe.judgement.kind === 'waits') return 'waiting';
  const isOld = notYet.oldest !== null && at - notYet.oldest > NOT_YET_FOR;
  return isOld || has('expected') ? 'explained' : 'proven';
}

function sumOf(items: readonly ProofItem[], wanted: ItemKind): bigint {
  return items.reduce((sum, { kind, amount }) => (kind === wanted ? sum + amount : sum), 0n);
}
