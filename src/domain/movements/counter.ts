/** The balance at the other end of a leg, with the names that it may be found under in the ledger as well. */
import { accountOf, type Account } from './accounts';
import type { BalanceNames } from '../balances';
import { balanceOf } from '../ids';
import type { KnownPayIn } from './known';
import { isPayerId } from '../payer';
import type { ReasonCode } from '../reasons';

export interface Counter {
  readonly name: string;
  readonly also: readonly string[];
  /** Of a payer's balance; null: the guests'. */
  readonly customerId?: string | null;
  /** The payer's other ids. */
  readonly customerIds?: readonly string[];
  readonly fault?: ReasonCode | null;
}

/** In place of a name: the balance of any connected account. */
export const ANY_CONNECTED = '@acct_*';

/**
 * An account of the chart. Which one it is can depend on what was known when it was booked, so the others are
 * as good where the leg is found in the ledger: its amount and Stripe's side of it are the same.
 */
export function account(
  balances: BalanceNames,
  own: Account,
  ...others: readonly Account[]
): Counter {
  const name = accountOf(own, balances);
  return { name, also: otherThan(name, namesOf(balances, [...others, 'suspense'])) };
}

/** The balance of whoever paid: as our own pay-in says, else as Stripe's object does, else the guests'. */
export function payerOf(
  balances: BalanceNames,
  payIn: KnownPayIn,
  customer: string | null,
  ...others: readonly Account[]
): Counter {
  const payer = payIn.payer === undefined ? customer : payIn.payer;
  if (payer !== null && !isPayerId(payer)) {
    return { name: balances.guest, also: [], customerId: null, fault: 'PAYER_MALFORMED' };
  }
  const name = balanceFor(balances, payer);
  const customerIds = [customer].filter((id) => id !== null && id !== payer && isPayerId(id));
  const names = [customer, null]
    .filter((id) => id === null || isPayerId(id))
    .map((id) => balanceFor(balances, id));
  return {
    name,
    also: otherThan(name, [...names, ...namesOf(balances, [...others, 'suspense'])]),
    customerId: payer,
    customerIds: customerIds.filter((id) => id !== null),
  };
}

/** The same as `own`, where more may have been known when it was booked: then it went to whoever paid at once. */
export function orPayer(own: Counter, payer: Counter): Counter {
  const { name, also, customerId = null, customerIds = [] } = payer;
  return {
    ...own,
    also: otherThan(own.name, [...own.also, name, ...also]),
    customerId: null,
    customerIds: customerId === null ? customerIds : [customerId, ...customerIds],
  };
}

function balanceFor(balances: BalanceNames, payer: string | null): string {
  return payer === null ? balances.guest : balanceOf(payer, balances);
}

function namesOf(balances: BalanceNames, accounts: readonly Account[]): string[] {
  return accounts.map((one) => accountOf(one, balances));
}

function otherThan(name: string, names: readonly string[]): string[] {
  return [...new Set(names)].filter((one) => one !== name);
}
