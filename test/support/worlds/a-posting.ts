/** A posting as any other, for tests that are about something else. */
import type { Posting } from '../../../src/domain/posting';

export function aPosting(fields: Partial<Posting> = {}): Posting {
  return {
    movementId: 'pi_1',
    reference: 'pi_1',
    amount: 2000n,
    precision: 100,
    currency: 'USD',
    source: '@stripe',
    destination: '@cus_1',
    description: 'Imported pay-in from Stripe',
    effectiveDate: '2026-03-01T12:30:05Z',
    metadata: {
      stripe_payment_intent_id: 'pi_1',
      stripe_customer_id: 'cus_1',
      stripe_sync: { livemode: false, sync_id: 'sync_1' },
    },
    ...fields,
  };
}
