/** What happens to the account's money beside its payments, as functions for tests of the same process. */
import type { Account } from './account';
import { record } from './changes/change';
import type { Deed } from './changes/deed';
import { deeds, type DeedName, type Deeds } from './changes/deeds';
import type { AnyObject } from './objects/any';
import type { BalanceTransaction } from './objects/balance-transaction';

type Made = AnyObject | BalanceTransaction;

/** Each resolves to what it made, once that is in the journal. */
export type Money = {
  readonly [Name in DeedName]: Deeds[Name] extends Deed<infer O, infer M>
    ? (options: O) => Promise<M>
    : never;
};

export function moneyOf(account: Account): Money {
  const names = Object.keys(deeds) as DeedName[];
  const done = names.map((name) => [name, (given: unknown) => perform(account, name, given)]);
  return Object.fromEntries(done) as Money;
}

/** @throws Error where the options are wrong, or it cannot be done */
export async function perform(account: Account, name: DeedName, given: unknown): Promise<Made> {
  const { options, plan } = deeds[name] as Deed<unknown, Made>;
  const { changes = [], happened, made } = plan(account, options.parse(given));
  await record(account, [...changes, happened]);
  return made;
}
