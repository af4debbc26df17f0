/**
 * A ledger as Blnk's guide fills it: queued mode, without overdraft. Core acknowledges every posting and
 * rejects it afterwards, since nothing funds `@stripe`.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';
import { precisionOf } from '../../../src/domain/money';
import type { BlnkStandIn } from '../../../sandbox/blnk/start';

export interface PaidIntent {
  readonly id: string;
  readonly amount: number;
  readonly currency: string;
  readonly customer: string | null;
}

/** @param fields what differs from the guide, e.g. `allow_overdraft`, which lets them through */
export async function postLikeTheGuide(
  blnk: BlnkStandIn,
  intents: readonly PaidIntent[],
  fields: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const limit = pLimit(8);
  await Promise.all(
    intents.map(({ id, amount, currency, customer }) =>
      limit(async () => {
        const response = await fetch(`${blnk.url}/transactions`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json', 'X-Blnk-Key': 'blnk_sandbox' },
          body: JSON.stringify({
            precise_amount: amount,
            precision: precisionOf(currency.toUpperCase()),
            currency: currency.toUpperCase(),
            reference: id,
            source: '@stripe',
            destination: `@${customer}`,
            description: 'Imported pay-in from Stripe',
            effective_date: '2026-03-01T12:30:05Z',
            meta_data: { stripe_payment_intent_id: id, stripe_customer_id: customer },
            ...fields,
          }),
        });
        if (response.status !== 201) throw new Error(`not acknowledged: ${response.status}`);
      }),
    ),
  );
}

/** Queued postings get their outcome later. */
export async function untilDecided(
  blnk: BlnkStandIn,
  intents: readonly PaidIntent[],
): Promise<void> {
  while (intents.some(({ id }) => blnk.ledger.byReference(`${id}_q`) === null)) await sleep(5);
}
