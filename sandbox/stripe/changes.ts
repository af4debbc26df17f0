/** What can happen in the stand-in's world, as it is written to the journal and replayed from it. */
import { z } from 'zod';
import { chargeSchema } from './charge';
import { intentSchema } from './intent';

const seconds = z.int();

export const changeSchema = z.discriminatedUnion('kind', [
  /** The first line: which invented history this is, and the moment it ends at. */
  z.strictObject({
    kind: z.literal('opened'),
    scenario: z.string(),
    seed: z.string(),
    at: seconds,
  }),
  z.strictObject({
    kind: z.literal('created'),
    intent: intentSchema,
    visibleAt: seconds,
    eventId: z.string(),
    eventVisibleAt: seconds,
  }),
  z.strictObject({
    kind: z.enum(['succeeded', 'canceled']),
    at: seconds,
    /** As it is from then on. */
    intent: intentSchema,
    visibleAt: seconds,
    eventId: z.string(),
    eventVisibleAt: seconds,
  }),
  z.strictObject({ kind: z.literal('charged'), charge: chargeSchema }),
  z.strictObject({ kind: z.literal('clock'), offset: seconds }),
  z.strictObject({ kind: z.literal('revoked'), fingerprint: z.string() }),
]);

export type Change = z.infer<typeof changeSchema>;
export type IntentChange = Extract<Change, { readonly kind: 'created' | 'succeeded' | 'canceled' }>;
