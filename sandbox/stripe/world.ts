/**
 * What a test or the demo does in the account, and sees of it: payments that come about and end, totals.
 * Every change is in the journal before its promise resolves.
 */
import { intentNow, type Account } from './account';
import { record } from './changes/change';
import { planCharge } from './changes/charges';
import { planCancel, planCreate, planPay, planSuccess, type IntentChange } from './changes/intents';
import type { Feed } from './feed';
import type { Charge, ChargeOptions, ChargeRow } from './objects/charge';
import type { EventRow } from './objects/event';
import {
  shownAt,
  type CancelOptions,
  type CreateOptions,
  type Intent,
  type IntentRow,
  type PayOptions,
  type SucceedOptions,
} from './objects/intent';

export interface Totals {
  readonly succeeded: number;
  readonly amounts: Readonly<Record<string, string>>;
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

export function createWorld(account: Account): World {
  async function ended(changes: readonly [IntentChange, ...IntentChange[]]): Promise<Intent> {
    await record(account, changes);
    return (changes.at(-1) ?? changes[0]).intent;
  }

  return {
    pay: async (options = {}) => ended(planPay(account, options)),
    create: async (options = {}) => ended([planCreate(account, options)]),
    succeed: async (id, options = {}) => ended([planSuccess(account, id, options)]),
    cancel: async (id, options = {}) => ended([planCancel(account, id, options)]),
    charge: async (options = {}) => {
      const charged = planCharge(account, options);
      await record(account, [charged]);
      return charged.charge;
    },
    find: (id) => intentNow(account, id),
    totals: () => totals(account),
    open: () =>
      account.intents.stored.rows().flatMap(({ id, versions }) => {
        const status = versions.at(-1)?.intent.status;
        return status === 'succeeded' || status === 'canceled' ? [] : [id];
      }),
    intents: account.intents.feeds,
    events: account.events.feeds,
    charges: account.charges.feeds,
  };
}

function totals({ clock, history, intents }: Account): Totals {
  const now = clock.nowSeconds();
  const computed = history?.totals();
  const amounts = new Map(computed?.amounts);
  let succeeded = computed?.succeeded ?? 0;
  for (const row of intents.stored.rows()) {
    const intent = shownAt(row, now);
    if (intent?.status !== 'succeeded') continue;
    succeeded += 1;
    const sum = amounts.get(intent.currency) ?? 0n;
    amounts.set(intent.currency, sum + BigInt(intent.amountReceived ?? 0));
  }
  const entries = [...amounts].map(([currency, sum]) => [currency, sum.toString()] as const);
  return { succeeded, amounts: Object.fromEntries(entries) };
}
