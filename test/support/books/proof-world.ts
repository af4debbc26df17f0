/**
 * A small world to prove: Stripe's balance and its list, kept apart; our rows and movements; a ledger with postings,
 * and a running balance of its own.
 */
import { PAYMENTS, type BalanceReading } from '../../../src/domain/proof/balance-reading';
import type { LedgerPosting, ListedRow } from '../../../src/domain/proof/proof-search';
import { EDGE } from '../../../src/domain/proof/reading-judgement';
import {
  addTurnovers,
  NO_TURNOVER,
  subtractTurnover,
  turnoverOf,
  type Turnover,
} from '../../../src/domain/proof/turnover';

export interface WorldRow extends ListedRow {
  /** Unix seconds from which Stripe lists it. */
  readonly listedFrom: number;
  /** Booked as a leg of its own. */
  readonly fee: bigint;
  /** It is the charge of this pay-in, which is booked whether the row is listed or not. */
  readonly payIn: string | null;
  readonly isSetAside: boolean;
}

export interface Movement {
  readonly currency: string;
  readonly amount: bigint;
  readonly rowId: string | null;
  readonly isSetAside: boolean;
  /** Of a pay-in: when it was booked. */
  readonly payInAt: number | null;
}

export interface ProofWorld {
  readonly readAt: number;
  /** What Stripe held at the cut-over, by currency. */
  readonly opened: ReadonlyMap<string, bigint>;
  /** What Stripe lists, and what its balance counts. */
  readonly listed: Map<string, WorldRow>;
  readonly counted: Map<string, WorldRow>;
  readonly rows: Map<string, WorldRow>;
  readonly movements: Map<string, Movement>;
  /** Postings of others that a person has accepted, by reference. */
  readonly accepted: Map<string, LedgerPosting>;
  readonly postings: Map<string, LedgerPosting>;
  readonly stated: Map<string, Turnover>;
}

export function proofWorld(readAt: number, opened: ReadonlyMap<string, bigint>): ProofWorld {
  const world: ProofWorld = {
    readAt,
    opened,
    listed: new Map(),
    counted: new Map(),
    rows: new Map(),
    movements: new Map(),
    accepted: new Map(),
    postings: new Map(),
    stated: new Map(),
  };
  for (const [currency, amount] of opened) {
    if (amount !== 0n) book(world, `opening.${currency}`, { currency, amount }, 0);
  }
  return world;
}

type Money = Pick<Movement, 'currency' | 'amount'>;

/** Makes a movement unless there is one, and posts it unless the ledger has it or it is set aside. */
export function book(
  world: ProofWorld,
  reference: string,
  fields: Partial<Movement> & Money,
  at: number,
): void {
  if (world.movements.has(reference)) return;
  const movement = { rowId: null, isSetAside: false, payInAt: null, ...fields };
  world.movements.set(reference, movement);
  if (movement.isSetAside || world.postings.has(reference)) return;
  post(world, reference, movement, at);
}

export function post(
  world: ProofWorld,
  reference: string,
  { currency, amount }: Money,
  bookedAt: number,
): LedgerPosting {
  const id = `blnk_${reference}`;
  const posting = { id, reference, currency, amount, bookedAt, description: null };
  world.postings.set(reference, posting);
  state(world, currency, turnoverOf(amount));
  return posting;
}

/** Takes a posting out of the ledger and out of its balance, as a restored backup does. */
export function unpost(world: ProofWorld, reference: string): LedgerPosting {
  const posting = world.postings.get(reference);
  if (!posting) throw new Error(`nothing is posted under ${reference}`);
  world.postings.delete(reference);
  state(world, posting.currency, subtractTurnover(NO_TURNOVER, turnoverOf(posting.amount)));
  return posting;
}

/** Moves the running balance alone. */
export function state({ stated }: ProofWorld, currency: string, by: Turnover): void {
  stated.set(currency, addTurnovers([stated.get(currency) ?? NO_TURNOVER, by]));
}

/** A row that Stripe's balance counts and its list shows. */
export function happen(world: ProofWorld, row: WorldRow): void {
  world.listed.set(row.id, row);
  world.counted.set(row.id, row);
  if (row.payIn !== null) bookPayIn(world, row.payIn, row);
}

function bookPayIn(
  world: ProofWorld,
  payIn: string,
  { id, currency, net, fee, created }: WorldRow,
) {
  const money = { currency, amount: net + fee };
  book(world, payIn, { ...money, rowId: id, payInAt: created }, created + 5);
}

/** Every movement of a row; what the ledger has already is not posted again. */
export function bookRow(world: ProofWorld, row: WorldRow): void {
  const { id, currency, net, fee, payIn, isSetAside, created } = row;
  const leg = (reference: string, amount: bigint, isAside = false) =>
    book(world, reference, { currency, amount, rowId: id, isSetAside: isAside }, created + 5);
  if (payIn === null) leg(id, net + fee, isSetAside);
  else bookPayIn(world, payIn, row);
  if (fee !== 0n) leg(`${id}.fee`, -fee);
}

export function listedAt({ listed }: ProofWorld, now: number): WorldRow[] {
  return inOrder(listed).filter(({ created, listedFrom }) => created <= now && listedFrom <= now);
}

/** Takes what Stripe lists by then and we do not have. @param from Unix seconds of the oldest row that is asked for */
export function feed(world: ProofWorld, now: number, from = 0): void {
  for (const row of listedAt(world, now)) {
    if (world.rows.has(row.id) || row.created < from) continue;
    world.rows.set(row.id, row);
    bookRow(world, row);
  }
}

/** Oldest first, as Stripe lists them. */
export function inOrder(rows: ReadonlyMap<string, WorldRow>): WorldRow[] {
  return [...rows.values()].sort((a, b) => a.created - b.created || (a.id < b.id ? -1 : 1));
}

/** What Stripe says of its balance. @param share of the rows in the seconds around it that it counts, 0 to 1 */
export function readBalance(
  { readAt, opened, counted }: ProofWorld,
  share: number,
): BalanceReading {
  const all = inOrder(counted);
  const near = all.filter(({ created }) => Math.abs(created - readAt) <= EDGE);
  const sure = all.filter(({ created }) => created < readAt - EDGE);
  const taken = [...sure, ...near.slice(0, Math.round(near.length * share))];
  const currencies = new Set([...opened.keys(), ...taken.map(({ currency }) => currency)]);
  const parts = [...currencies].map((currency) => {
    const own = taken.filter((row) => row.currency === currency);
    const total = own.reduce((sum, { net }) => sum + net, opened.get(currency) ?? 0n);
    const pending = own.at(-1)?.net ?? 0n;
    return { currency: currency.toLowerCase(), available: total - pending, pending };
  });
  return {
    at: readAt,
    // Stripe leaves out a currency without money.
    parts: parts
      .filter(({ available, pending }) => available !== 0n || pending !== 0n)
      .map((part) => ({ type: PAYMENTS, ...part })),
  };
}
