/** The changes of PaymentIntents, as the journal has them, and what they do to the account. */
import { z } from 'zod';
import type { Account } from '../account';
import { seconds } from '../amount';
import { intentSchema, type Intent } from '../objects/intent';

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

/** It goes on, changed: a part was captured, or an attempt failed. */
export const revisedSchema = z.strictObject({
  kind: z.literal('revised'),
  at: seconds,
  intent: intentSchema,
  /** null: Stripe makes none. */
  event: z.strictObject({ id: z.string(), name: z.literal('payment_failed') }).nullable(),
});

export type Created = z.infer<typeof createdSchema>;
export type Ended = z.infer<typeof endedSchema>;

export type IntentChange = Created | Ended | z.infer<typeof revisedSchema>;

export function applyIntentChange(account: Account, change: IntentChange): void {
  const { intents, charges, events } = account;
  const { intent } = change;
  const sequence = account.changes.next();
  const { charge } = intent;
  if (charge !== null && charges.stored.find(charge.id) === undefined) {
    charges.stored.insert({ ...charge, sequence, intentId: intent.id });
  }
  if (change.kind === 'created') {
    const { id, created } = intent;
    const { visibleAt, eventId, eventVisibleAt } = change;
    intents.stored.insert({
      id,
      created,
      sequence,
      versions: [{ at: created, visibleAt, intent }],
    });
    events.stored.insert({
      ...{ id: eventId, created, sequence, type: 'payment_intent.created' },
      ...{ visibleAt: eventVisibleAt, intent: newborn(intent) },
    });
    return;
  }
  const row = intents.stored.find(intent.id);
  if (row === undefined) throw new Error(`${intent.id} was changed before it was created.`);
  const { at } = change;
  if (change.kind === 'revised') {
    row.versions.push({ at, visibleAt: at, intent });
    if (change.event === null) return;
    const { id, name } = change.event;
    const event = { id, created: at, sequence, type: `payment_intent.${name}`, intent } as const;
    events.stored.insert({ ...event, visibleAt: at });
    return;
  }
  const { kind, visibleAt, eventId, eventVisibleAt } = change;
  row.versions.push({ at, visibleAt, intent });
  const event = {
    id: eventId,
    created: at,
    sequence,
    type: `payment_intent.${kind}`,
    intent,
  } as const;
  events.stored.insert({ ...event, visibleAt: eventVisibleAt });
}

/** Every intent begins like this, whatever it has become by the time it is described. */
function newborn(intent: Intent): Intent {
  return { ...intent, status: 'requires_payment_method', amountReceived: '0', charge: null };
}
