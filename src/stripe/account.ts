/** `GET /v1/account`: whose key this is. */
import { orUnread } from './list';
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
  const own = await orUnread(
    read('account', () => stripe.accounts.retrieveCurrent(), account, signal),
  );
  if (own) return { id: own.answer.id, name: nameOf(own.answer), answeredAt: own.answeredAt };
  // A restricted key may lack this one permission: the key then stands for its account.
  const { answeredAt } = await read(
    'payment_intents.list',
    () => stripe.paymentIntents.list({ limit: 1 }),
    list,
    signal,
  );
  return { id: null, name: null, answeredAt };
}
