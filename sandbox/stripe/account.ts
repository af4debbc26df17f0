/**
 * The state of the one Stripe account: a value that everything shares which happens in it (changes/) or
 * reads it (endpoints/). What a history computes instead of storing stands in front of what was stored.
 */
import type { Clock } from '../clock';
import {
  createBalanceBook,
  type BalanceBook,
  type BalanceView,
  type ComputedBalance,
} from './balance';
import { createCollection, type Collection, type Feed } from './feed';
import { createIds, type Ids } from './ids';
import { objectAt, type AnyObject, type Kind, type ObjectOf, type ObjectRow } from './objects/any';
import type { TransactionRow } from './objects/balance-transaction';
import type { ChargeRow } from './objects/charge';
import type { EventRow, ObjectEventRow } from './objects/event';
import type { Intent, IntentRow, Version } from './objects/intent';
import type { Settlement } from './settlement';

/** A history that is computed instead of stored. All of it succeeded before the stand-in started. */
export interface ComputedHistory {
  readonly size: number;
  readonly intents: Feed<IntentRow>;
  readonly events: Feed<EventRow>;
  readonly charges: Feed<ChargeRow>;
  readonly transactions: Feed<TransactionRow>;
  /** The only one that a charge of the history has. */
  transactionOf(chargeId: string): TransactionRow | undefined;
  readonly balance: ComputedBalance;
  totals(): { readonly succeeded: number; readonly amounts: Map<string, bigint> };
}

export interface Account {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly history: ComputedHistory | undefined;
  readonly intents: Collection<IntentRow>;
  readonly charges: Collection<ChargeRow>;
  readonly events: Collection<EventRow>;
  readonly objectEvents: Collection<ObjectEventRow>;
  readonly transactions: Collection<TransactionRow>;
  addTransaction(row: TransactionRow): void;
  /** Those with this source, oldest first. */
  transactionsOf(source: string): readonly TransactionRow[];
  /** Refunds, disputes, payouts and the like. */
  readonly objects: Collection<ObjectRow>;
  addObject(row: ObjectRow): void;
  /** Refunds and disputes of a charge, oldest first. */
  objectsOf(chargeId: string): readonly ObjectRow[];
  readonly balance: BalanceBook;
  /** Set by a person; replaced as a whole. */
  settlement: Settlement;
  balanceView: BalanceView;
  /** New ids of what is no payment. Their numbers are their own, so that those of payments stay. */
  readonly minter: Minter;
  /**
   * The changes so far. Orders rows of one second, and numbers the ids, so that those made after a
   * replay continue where the journal ends.
   */
  readonly changes: { count(): number; next(): number };
  /** Resolves once the change is kept. */
  keep(change: object): Promise<void>;
}

export interface AccountOptions {
  readonly clock: Clock;
  /** Makes the ids; two accounts with different seeds share none. */
  readonly seed: string;
  readonly history?: ComputedHistory | undefined;
  readonly keep: (change: object) => Promise<void>;
}

export function createAccount({ clock, seed, history, keep }: AccountOptions): Account {
  let changes = history?.size ?? 0;
  const invented = createIds(`${seed}:invented`);
  const later = createIds(`${seed}:later`);
  const transactions = createCollection(history?.transactions);
  const bySource = new Map<string, TransactionRow[]>();
  const objects = createCollection<ObjectRow>();
  const byCharge = new Map<string, ObjectRow[]>();
  return {
    clock,
    ids: createIds(seed),
    history,
    intents: createCollection(history?.intents),
    charges: createCollection(history?.charges),
    events: createCollection(history?.events),
    objectEvents: createCollection(),
    transactions,
    addTransaction: (row) => {
      transactions.stored.insert(row);
      const { source } = row.transaction;
      if (source !== null) put(bySource, source, row);
    },
    transactionsOf: (source) => {
      const computed = history?.transactionOf(source);
      const stored = bySource.get(source) ?? [];
      return computed === undefined ? stored : [computed, ...stored];
    },
    objects,
    addObject: (row) => {
      objects.stored.insert(row);
      const object = row.versions.at(-1)?.object;
      if (object && 'charge' in object) put(byCharge, object.charge, row);
    },
    objectsOf: (chargeId) => byCharge.get(chargeId) ?? [],
    balance: createBalanceBook(history?.balance),
    settlement: {},
    balanceView: {},
    minter: createMinter(invented, later),
    changes: { count: () => changes, next: () => (changes += 1) },
    keep,
  };
}

function put<T>(lists: Map<string, T[]>, key: string, row: T): void {
  const known = lists.get(key);
  if (known === undefined) lists.set(key, [row]);
  else known.push(row);
}

export interface Minter {
  next(prefix: string): string;
  count(): number;
  /** Goes on behind so many. */
  continueAt(count: number): void;
  /**
   * From now on ids are of what a user did, not of the invented history: that may have more of them in a
   * later version, and none may be the same.
   */
  leaveHistory(): void;
}

function createMinter(invented: Ids, later: Ids): Minter {
  let ids = invented;
  let minted = 0;
  return {
    next: (prefix) => ids.id(prefix, (minted += 1)),
    count: () => minted,
    continueAt: (count) => void (minted = Math.max(minted, count)),
    leaveHistory: () => {
      ids = later;
      minted = 0;
    },
  };
}

/** An object as it is now. */
export function objectNow(account: Account, id: string): AnyObject | undefined {
  const row = account.objects.find(id);
  return row && objectAt(row, account.clock.nowSeconds());
}

/** @throws Error where there is none of that kind */
export function needObject<K extends Kind>(account: Account, kind: K, id: string): ObjectOf<K> {
  const newest = account.objects.find(id)?.versions.at(-1)?.object;
  if (newest?.object !== kind) throw new Error(`There is no ${kind} ${id}.`);
  return newest as ObjectOf<K>;
}

/** The intent as it is now, whether or not lists show it already. */
export function intentNow({ intents, clock }: Account, id: string): Intent | undefined {
  const now = clock.nowSeconds();
  return intents.find(id)?.versions.findLast(({ at }) => at <= now)?.intent;
}

/** The intent of a charge as it was left with it: a later attempt is another charge. */
export function intentOfCharge(
  { intents, clock }: Account,
  { id, intentId }: ChargeRow,
  moment: 'at' | 'visibleAt',
): Intent | undefined {
  const now = clock.nowSeconds();
  const versions = intentId === null ? undefined : intents.find(intentId)?.versions;
  const isOfCharge = (version: Version) => version.intent.charge?.id === id;
  return versions?.findLast((one) => one[moment] <= now && isOfCharge(one))?.intent;
}
