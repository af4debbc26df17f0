/** How PaymentIntents come about, succeed and are canceled: planned first, then applied. */
import { z } from 'zod';
import type { Account } from '../account';
import { asDecimal, seconds } from '../amount';
import {
  draftIntent,
  intentSchema,
  type CancelOptions,
  type CreateOptions,
  type Intent,
  type PayOptions,
  type SucceedOptions,
} from '../objects/intent';

export const createdSchema = z.strictObject({
  kind: z.literal('created'),
  intent: intentSchema,
  visibleAt: seconds,
  eventId: z.string(),
  eventVisibleAt: seconds,
});

export const endedSchema = z.strictObject({
  kind: z.enum(['succeeded', 'canceled']),
  at: seconds,
  /** As it is from then on. */
  intent: intentSchema,
  visibleAt: seconds,
  eventId: z.string(),
  eventVisibleAt: seconds,
});

export type IntentChange = z.infer<typeof createdSchema> | z.infer<typeof endedSchema>;

export function applyIntentChange(account: Account, change: IntentChange): void {
  const { intents, charges, events } = account;
  const { intent, visibleAt, eventId, eventVisibleAt } = change;
  const sequence = account.changes.next();
  const { charge } = intent;
  if (charge !== null && charges.stored.find(charge.id) === undefined) {
    charges.stored.insert({ ...charge, sequence, intentId: intent.id });
  }
  const type = `payment_intent.${change.kind}` as const;
  const event = { id: eventId, sequence, type, visibleAt: eventVisibleAt };
  switch (change.kind) {
    case 'created': {
      const { id, created } = intent;
      intents.stored.insert({
        id,
        created,
        sequence,
        versions: [{ at: created, visibleAt, intent }],
      });
      events.stored.insert({ ...event, created, intent: newborn(intent) });
      return;
    }
    case 'succeeded':
    case 'canceled': {
      const row = intents.stored.find(intent.id);
      if (row === undefined) throw new Error(`${intent.id} ended before it was created.`);
      row.versions.push({ at: change.at, visibleAt, intent });
      events.stored.insert({ ...event, created: change.at, intent });
      return;
    }
  }
}

export function planCreate({ ids, clock, changes }: Account, options: CreateOptions): IntentChange {
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
export function planPay(account: Account, options: PayOptions): [IntentChange, IntentChange] {
  const { succeededAt, amountReceived, ...draft } = options;
  const { lagSeconds, eventLagSeconds } = options;
  const created = planCreate(account, draft);
  const at = succeededAt ?? created.intent.created;
  const success = { at, amountReceived, lagSeconds, eventLagSeconds };
  return [created, succeeded(account, created.intent, success, account.changes.count() + 2)];
}

export function planSuccess(account: Account, id: string, options: SucceedOptions): IntentChange {
  return succeeded(account, unended(account, id), options, account.changes.count() + 1);
}

export function planCancel(account: Account, id: string, options: CancelOptions): IntentChange {
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

/** @param n the number that the change will have */
function succeeded(
  { ids, clock }: Account,
  intent: Intent,
  options: SucceedOptions,
  n: number,
): IntentChange {
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

/** The intent as it was left, to end now. */
function unended({ intents }: Account, id: string): Intent {
  const newest = intents.stored.find(id)?.versions.at(-1)?.intent;
  if (newest === undefined) throw new Error(`${id} is not known.`);
  if (newest.status === 'succeeded' || newest.status === 'canceled') {
    throw new Error(`${id} is ${newest.status} already.`);
  }
  return newest;
}

/** Every intent begins like this, whatever it has become by the time it is described. */
function newborn(intent: Intent): Intent {
  return { ...intent, status: 'requires_payment_method', amountReceived: '0', charge: null };
}
