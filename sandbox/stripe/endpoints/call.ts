/** One authorised request to Stripe's API, and what answers it. */
import type { Account } from '../account';
import { chargeMoney } from '../charge-money';
import type { Permission } from '../keys';
import type { View } from '../render/view';

export interface Call {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly account: Account;
  readonly accountId: string;
  readonly livemode: boolean;
  /** @throws Refusal where the key lacks the permission */
  demand(permission: Permission): void;
}

/** What a resource answers at its own address and at that of one object. */
export interface Endpoint {
  readonly root: (call: Call) => unknown;
  readonly one?: (id: string, call: Call) => unknown;
}

/** How objects are shown to this key, with what became of their money. */
export function viewOf(
  { account, livemode }: Call,
  expanded: Pick<View, 'expandCharge' | 'expandIntent'> = {},
): View {
  return { livemode, moneyOf: (chargeId) => chargeMoney(account, chargeId), ...expanded };
}
