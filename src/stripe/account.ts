/** `GET /v1/account`: whose key this is. */
import { SyncError } from '../domain/errors';
import { account, list, nameOf } from './schema';
import type { Transport } from './transport';

export interface AccountFacts {
  /** null: the key may not read that. */
  readonly id: string | null;
  readonly name: string | null;
  readonly answeredAt: number;
}

export async function readAccount(
  { stripe, read }: Transport,
  signal: AbortSignal,
): Promise<AccountFacts> {
  try {
    const { answer, answeredAt } = await read(
      'account',
      () => stripe.accounts.retrieveCurrent(),
      account,
      signal,
    );
    return { id: answer.id, name: nameOf(answer), answeredAt };
  } catch (error) {
    // A restricted key may lack this one permission: the key then stands for its account.
    if (!(error instanceof SyncError && isUnreadable(error))) throw error;
    const { answeredAt } = await read(
      'payment_intents.list',
      () => stripe.paymentIntents.list({ limit: 1 }),
      list,
      signal,
    );
    return { id: null, name: null, answeredAt };
  }
}

/** 404: a Stripe-compatible server without this endpoint. */
function isUnreadable(error: SyncError): boolean {
  return error.code === 'STRIPE_PERMISSION_MISSING' || error.details['status'] === 404;
}
