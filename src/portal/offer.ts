/** A Stripe key that waits for its owner's confirmation, as the session's row keeps it. */
import { z } from 'zod';
import { byOutcome } from '../domain/outcomes';
import { asPlanned } from '../domain/plan';
import { html, type Html } from './html';
import type { Visit } from './visit';

/** With the choice that it was counted for; the session's row holds it. */
const plannedSchema = z.object({
  since: z.string(),
  change: z.boolean(),
  /** Why it could not be counted. */
  failed: z.string().optional(),
  plan: z
    .object({
      ...asPlanned(byOutcome(() => z.number())),
      amounts: z.record(z.string(), z.string()),
      isComplete: z.boolean(),
    })
    .optional(),
});

export type Planned = z.infer<typeof plannedSchema>;

/** What was shown of a key; the session's row holds it until it is confirmed. */
export const offerSchema = z.object({
  account: z.string().nullable(),
  // Not there: kept by an earlier version.
  name: z.string().nullable().default(null),
  livemode: z.boolean(),
  differs: z.enum(['account', 'mode']).optional(),
  needsSince: z.boolean(),
  permissions: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string() })),
  /** For movements; not there: kept by an earlier version. */
  lacking: z.array(z.string()).default([]),
  /** They begin with the first sync; not there: kept by an earlier version. */
  movements: z.boolean().default(false),
  planned: plannedSchema.optional(),
});

export type Offer = z.infer<typeof offerSchema>;

/** undefined: nothing waits to be confirmed. */
export function offerOf({ session }: Pick<Visit, 'session'>): Offer | undefined {
  const parsed = offerSchema.safeParse(session.stripeOffer);
  return parsed.success && session.stripeKey !== null ? parsed.data : undefined;
}

/** As the page has shown them. */
export function confirmedFields({ account, livemode }: Offer): Html {
  return html`<input type="hidden" name="account" value="${account ?? ''}" /><input
      type="hidden"
      name="mode"
      value="${livemode ? 'live' : 'test'}"
    />`;
}

export function calledOf({ account, name }: Offer): string {
  return name ?? account ?? 'this account';
}
