/**
 * What a test or the demo does in the account, and sees of it: payments that come about and end, totals.
 * Every change is in the journal before its promise resolves.
 */
import { intentNow, type Account } from './account';
import { record, type AccountChange } from './changes/change';
import { planCharge } from './changes/charges';
import { planCancel, planCreate, planPay, planSuccess } from './changes/intent-plans';
import { planChargeIn, planPayIn } from './changes/pay-ins';
import type { BalanceView } from './balance';
import type { Settlement } from './settlement';
import type { Feed } from './feed';
import { moneyOf, type Money } from './money';
import type { SettleOptions } from './objects/balance-transaction';
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
  /** What else happens to its money: refunds, disputes, payouts, fees and whatever moves the balance. */
  readonly money: Money;
  /** The currencies of the balance, from now on. */
  settle(settlement: Settlement): Promise<void>;
  /** How /v1/balance strays from what is true, from now on. */
  viewBalance(view: BalanceView): Promise<void>;
  readonly account: Account;
  readonly intents: readonly Feed<IntentRow>[];
  readonly events: readonly Feed<EventRow>[];
  readonly charges: readonly Feed<ChargeRow>[];
}

export function createWorld(account: Account): World {
  /** The changes of an intent, and what its payment brings to the balance. */
  async function recorded(
    changes: readonly AccountChange[],
    intent: Intent,
    at: number,
    options?: SettleOptions,
  ): Promise<Intent> {
    const brought = planPayIn(account, intent, at, options);
    await record(account, brought === null ? changes : [...changes, brought]);
    return intent;
  }

  return {
    pay: async (options = {}) => {
      const [created, success] = planPay(account, options);
      const { intent, at } = success;
      return recorded([created, success], intent, at, options.settle);
    },
    create: async (options = {}) => {
      const created = planCreate(account, options);
      const { intent } = created;
      const begunAt = intent.charge?.created ?? intent.created;
      return recorded([created], intent, begunAt, options.settle);
    },
    succeed: async (id, options = {}) => {
      const success = planSuccess(account, id, options);
      return recorded([success], success.intent, success.at, options.settle);
    },
    cancel: async (id, options = {}) => {
      const canceled = planCancel(account, id, options);
      await record(account, [canceled]);
      return canceled.intent;
    },
    charge: async (options = {}) => {
      const charged = planCharge(account, options);
      const brought = planChargeIn(account, charged.charge, options.settle);
      await record(account, brought === null ? [charged] : [charged, brought]);
      return charged.charge;
    },
    money: moneyOf(account),
    settle: (settlement) => record(account, [{ kind: 'set', settlement }]),
    viewBalance: (balanceView) => record(account, [{ kind: 'set', balanceView }]),
    account,
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
