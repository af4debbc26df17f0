/** How PaymentIntents come about, succeed, are captured in part, fail and are canceled. */
import type { Account } from '../account';
import { asDecimal } from '../amount';
import {
  draftIntent,
  type CancelOptions,
  type CreateOptions,
  type Intent,
  type PayOptions,
  type SucceedOptions,
} from '../objects/intent';
import type { Created, Ended, IntentChange } from './intents';

export function planCreate({ ids, clock, changes }: Account, options: CreateOptions): Created {
  const n = changes.count() + 1;
  const intent = draftIntent(options, n, ids, clock.nowSeconds());
  const lag = options.lagSeconds ?? 0;
  return {
    kind: 'created',
    intent,
    visibleAt: intent.created + lag,
    eventId: ids.id('evt_3', n),
    eventVisibleAt: intent.created + (options.eventLagSeconds ?? lag),
  };
}

/** A pay-in: created and succeeded. */
export function planPay(account: Account, options: PayOptions): [Created, Ended] {
  const { succeededAt, amountReceived, ...draft } = options;
  const { lagSeconds, eventLagSeconds } = options;
  const created = planCreate(account, draft);
  const at = succeededAt ?? created.intent.created;
  const success = { at, amountReceived, lagSeconds, eventLagSeconds };
  return [created, succeeded(account, created.intent, success, account.changes.count() + 2)];
}

export function planSuccess(account: Account, id: string, options: SucceedOptions): Ended {
  return succeeded(account, unended(account, id), options, account.changes.count() + 1);
}

export function planCancel(account: Account, id: string, options: CancelOptions): Ended {
  const intent = unended(account, id);
  const at = options.at ?? account.clock.nowSeconds();
  const visibleAt = at + (options.lagSeconds ?? 0);
  return {
    kind: 'canceled',
    at,
    intent: { ...intent, status: 'canceled' },
    visibleAt,
    eventId: account.ids.id('evt_3', account.changes.count() + 1),
    eventVisibleAt: visibleAt,
  };
}

export function planRevision(
  { ids, changes }: Account,
  intent: Intent,
  at: number,
  event: 'payment_failed' | null,
): IntentChange {
  const named = event && { id: ids.id('evt_3', changes.count() + 1), name: event };
  return { kind: 'revised', at, intent, event: named };
}

/** @param n the number that the change will have */
function succeeded(account: Account, intent: Intent, options: SucceedOptions, n: number): Ended {
  const { ids, clock } = account;
  const at = options.at ?? clock.nowSeconds();
  const lag = options.lagSeconds ?? 0;
  // An attempt that failed keeps its charge; the next one has its own.
  const kept = intent.charge && !hasFailed(account, intent.charge.id) ? intent.charge : null;
  const received = options.amountReceived;
  return {
    kind: 'succeeded',
    at,
    intent: {
      ...intent,
      status: 'succeeded',
      amountReceived: received === undefined ? intent.amount : asDecimal(received),
      charge: kept ?? { id: ids.id('ch_3', n), created: at },
    },
    visibleAt: at + lag,
    eventId: ids.id('evt_3', n),
    eventVisibleAt: at + (options.eventLagSeconds ?? lag),
  };
}

function hasFailed(account: Account, chargeId: string): boolean {
  const rows = account.transactionsOf(chargeId);
  return rows.some(({ transaction }) => transaction.type === 'payment_failure_refund');
}

/** The intent as it was left, to end now. */
function unended({ intents }: Account, id: string): Intent {
  const newest = intents.stored.find(id)?.versions.at(-1)?.intent;
  if (newest === undefined) throw new Error(`${id} is not known.`);
  if (newest.status === 'succeeded' || newest.status === 'canceled') {
    throw new Error(`${id} is ${newest.status} already.`);
  }
  return newest;
}
