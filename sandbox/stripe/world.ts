/**
 * The state behind the Stripe stand-in: PaymentIntents, their charges, the events about them, and when
 * lists show them. Every change made after the start is in the journal before its promise resolves.
 */
import type { Clock } from '../clock';
import { draftCharge, type Charge, type ChargeOptions, type ChargeRow } from './charge';
import type { Change, IntentChange } from './changes';
import { createStoredFeed, type Feed, type Row } from './feed';
import { createIds } from './ids';
import {
  asDecimal,
  draftIntent,
  type CancelOptions,
  type CreateOptions,
  type Intent,
  type PayOptions,
  type SucceedOptions,
} from './intent';

/** An intent as it is from `at` on; lists show that from `visibleAt` on. */
export interface Version {
  readonly at: number;
  readonly visibleAt: number;
  readonly intent: Intent;
}

export interface IntentRow extends Row {
  /** Oldest first. */
  readonly versions: Version[];
}

export interface EventRow extends Row {
  readonly type: `payment_intent.${IntentChange['kind']}`;
  readonly visibleAt: number;
  /** The intent at the moment of the event. */
  readonly intent: Intent;
}

export interface Totals {
  readonly succeeded: number;
  readonly amounts: Record<string, string>;
}

/** A history that is computed instead of stored. All of it succeeded before the stand-in started. */
export interface ComputedHistory {
  readonly size: number;
  readonly intents: Feed<IntentRow>;
  readonly events: Feed<EventRow>;
  readonly charges: Feed<ChargeRow>;
  totals(): { readonly succeeded: number; readonly amounts: Map<string, bigint> };
}

export interface World {
  /** A pay-in: created and succeeded. */
  pay(options?: PayOptions): Promise<Intent>;
  /** An intent that has not succeeded. */
  create(options?: CreateOptions): Promise<Intent>;
  /** An intent that was created before succeeds, at any later time. */
  succeed(id: string, options?: SucceedOptions): Promise<Intent>;
  /** An intent that has not succeeded never will. */
  cancel(id: string, options?: CancelOptions): Promise<Intent>;
  /** A charge that no intent tells of: without one, or an attempt that failed. */
  charge(options?: ChargeOptions): Promise<Charge>;
  /** The intent as it is now, whether or not lists show it already. */
  find(id: string): Intent | undefined;
  /** What lists show as succeeded right now. */
  totals(): Totals;
  /** Ids of intents that could still succeed. */
  open(): string[];
  readonly intents: readonly Feed<IntentRow>[];
  readonly events: readonly Feed<EventRow>[];
  readonly charges: readonly Feed<ChargeRow>[];
}

/** What the start of the stand-in needs beyond what its users get. */
export interface WorldCore extends World {
  apply(change: IntentChange): void;
  applyCharge(charge: Charge): void;
  planPay(options: PayOptions): IntentChange[];
  planCreate(options: CreateOptions): IntentChange[];
}

interface WorldOptions {
  readonly clock: Clock;
  /** Makes the ids; two worlds with different seeds share none. */
  readonly seed: string;
  readonly history?: ComputedHistory | undefined;
  readonly journal: (change: Change) => Promise<void>;
}

export function createWorld({ clock, seed, history, journal }: WorldOptions): WorldCore {
  const ids = createIds(seed);
  const stored = createStoredFeed<IntentRow>();
  const storedEvents = createStoredFeed<EventRow>();
  const storedCharges = createStoredFeed<ChargeRow>();
  const charges = history === undefined ? [storedCharges] : [history.charges, storedCharges];
  const intents = history === undefined ? [stored] : [history.intents, stored];
  const events = history === undefined ? [storedEvents] : [history.events, storedEvents];
  // Also numbers the ids, so that those made after a replay continue where the journal ends.
  let sequence = history?.size ?? 0;

  function find(id: string): Intent | undefined {
    const now = clock.nowSeconds();
    for (const feed of intents) {
      const row = feed.find(id);
      if (row !== undefined) return row.versions.findLast(({ at }) => at <= now)?.intent;
    }
    return undefined;
  }

  function apply(change: IntentChange): void {
    const { intent, visibleAt, eventId, eventVisibleAt } = change;
    sequence += 1;
    const event = { id: eventId, sequence, visibleAt: eventVisibleAt };
    const { charge } = intent;
    if (charge !== null && storedCharges.find(charge.id) === undefined) {
      storedCharges.insert({ ...charge, sequence, intentId: intent.id });
    }
    switch (change.kind) {
      case 'created': {
        const version = { at: intent.created, visibleAt, intent };
        stored.insert({ id: intent.id, created: intent.created, sequence, versions: [version] });
        storedEvents.insert({
          ...event,
          created: intent.created,
          type: 'payment_intent.created',
          intent: newborn(intent),
        });
        return;
      }
      case 'succeeded':
      case 'canceled': {
        const row = stored.find(intent.id);
        if (row === undefined) throw new Error(`${intent.id} ended before it was created.`);
        row.versions.push({ at: change.at, visibleAt, intent });
        storedEvents.insert({
          ...event,
          created: change.at,
          type: `payment_intent.${change.kind}`,
          intent,
        });
        return;
      }
    }
  }

  function applyCharge(charge: Charge): void {
    sequence += 1;
    const { id, created, paymentIntent } = charge;
    storedCharges.insert({ id, created, sequence, intentId: paymentIntent, charge });
  }

  function planCreate(options: CreateOptions): IntentChange[] {
    const intent = draftIntent(options, sequence + 1, ids, clock.nowSeconds());
    const lag = options.lagSeconds ?? 0;
    return [
      {
        kind: 'created',
        intent,
        visibleAt: intent.created + lag,
        eventId: ids.id('evt_3', sequence + 1),
        eventVisibleAt: intent.created + (options.eventLagSeconds ?? lag),
      },
    ];
  }

  function planSuccess(intent: Intent, options: SucceedOptions, n: number): IntentChange {
    const at = options.at ?? clock.nowSeconds();
    const lag = options.lagSeconds ?? 0;
    const received = options.amountReceived;
    return {
      kind: 'succeeded',
      at,
      intent: {
        ...intent,
        status: 'succeeded',
        amountReceived: received === undefined ? intent.amount : asDecimal(received),
        charge: intent.charge ?? { id: ids.id('ch_3', n), created: at },
      },
      visibleAt: at + lag,
      eventId: ids.id('evt_3', n),
      eventVisibleAt: at + (options.eventLagSeconds ?? lag),
    };
  }

  function planCancel(intent: Intent, options: CancelOptions, n: number): IntentChange {
    const at = options.at ?? clock.nowSeconds();
    const visibleAt = at + (options.lagSeconds ?? 0);
    return {
      kind: 'canceled',
      at,
      intent: { ...intent, status: 'canceled' },
      visibleAt,
      eventId: ids.id('evt_3', n),
      eventVisibleAt: visibleAt,
    };
  }

  /** The intent as it was left, to end now. */
  function unended(id: string): Intent {
    const newest = stored.find(id)?.versions.at(-1)?.intent;
    if (newest === undefined) throw new Error(`${id} is not known.`);
    if (newest.status === 'succeeded' || newest.status === 'canceled') {
      throw new Error(`${id} is ${newest.status} already.`);
    }
    return newest;
  }

  function planPay(options: PayOptions): IntentChange[] {
    const { succeededAt, amountReceived, ...draft } = options;
    const { lagSeconds, eventLagSeconds } = options;
    return planCreate(draft).flatMap((created) => {
      const at = succeededAt ?? created.intent.created;
      const success = { at, amountReceived, lagSeconds, eventLagSeconds };
      return [created, planSuccess(created.intent, success, sequence + 2)];
    });
  }

  async function keep(changes: IntentChange[]): Promise<Intent> {
    // All are applied and queued before the first wait, so that the journal has them in this order.
    const written = changes.map((change) => {
      apply(change);
      return journal(change);
    });
    await Promise.all(written);
    const last = changes.at(-1);
    if (last === undefined) throw new Error('Nothing was changed.');
    return last.intent;
  }

  return {
    apply,
    applyCharge,
    planPay,
    planCreate,
    find,
    intents,
    events,
    charges,
    charge: async (options = {}) => {
      const charge = draftCharge(options, sequence + 1, ids, clock.nowSeconds());
      applyCharge(charge);
      await journal({ kind: 'charged', charge });
      return charge;
    },
    pay: (options = {}) => keep(planPay(options)),
    create: (options = {}) => keep(planCreate(options)),
    succeed: async (id, options = {}) => keep([planSuccess(unended(id), options, sequence + 1)]),
    cancel: async (id, options = {}) => keep([planCancel(unended(id), options, sequence + 1)]),
    open: () =>
      stored.rows().flatMap(({ id, versions }) => {
        const status = versions.at(-1)?.intent.status;
        return status === 'succeeded' || status === 'canceled' ? [] : [id];
      }),
    totals: () => {
      const now = clock.nowSeconds();
      const computed = history?.totals();
      const amounts = new Map(computed?.amounts);
      let succeeded = computed?.succeeded ?? 0;
      for (const row of stored.rows()) {
        const intent = shownAt(row, now);
        if (intent?.status !== 'succeeded') continue;
        succeeded += 1;
        const sum = amounts.get(intent.currency) ?? 0n;
        amounts.set(intent.currency, sum + BigInt(intent.amountReceived ?? 0));
      }
      const entries = [...amounts].map(([currency, sum]) => [currency, sum.toString()] as const);
      return { succeeded, amounts: Object.fromEntries(entries) };
    },
  };
}

/** The intent as lists show it at a time; undefined while they do not show it yet. */
export function shownAt(row: IntentRow, now: number): Intent | undefined {
  return row.versions.findLast(({ visibleAt }) => visibleAt <= now)?.intent;
}

/** Every intent begins like this, whatever it has become by the time it is described. */
function newborn(intent: Intent): Intent {
  return { ...intent, status: 'requires_payment_method', amountReceived: '0', charge: null };
}
