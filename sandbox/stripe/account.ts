/**
 * The state of the one Stripe account: a value that everything shares which happens in it (changes/) or
 * reads it (endpoints/). What a history computes instead of storing stands in front of what was stored.
 */
import type { Clock } from '../clock';
import { createCollection, type Collection, type Feed } from './feed';
import { createIds, type Ids } from './ids';
import type { ChargeRow } from './objects/charge';
import type { EventRow } from './objects/event';
import type { Intent, IntentRow } from './objects/intent';

/** A history that is computed instead of stored. All of it succeeded before the stand-in started. */
export interface ComputedHistory {
  readonly size: number;
  readonly intents: Feed<IntentRow>;
  readonly events: Feed<EventRow>;
  readonly charges: Feed<ChargeRow>;
  totals(): { readonly succeeded: number; readonly amounts: Map<string, bigint> };
}

export interface Account {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly history: ComputedHistory | undefined;
  readonly intents: Collection<IntentRow>;
  readonly charges: Collection<ChargeRow>;
  readonly events: Collection<EventRow>;
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
  return {
    clock,
    ids: createIds(seed),
    history,
    intents: createCollection(history?.intents),
    charges: createCollection(history?.charges),
    events: createCollection(history?.events),
    changes: { count: () => changes, next: () => (changes += 1) },
    keep,
  };
}

/** The intent as it is now, whether or not lists show it already. */
export function intentNow({ intents, clock }: Account, id: string): Intent | undefined {
  const now = clock.nowSeconds();
  return intents.find(id)?.versions.findLast(({ at }) => at <= now)?.intent;
}
