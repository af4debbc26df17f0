/** Something that can be done to the account: by a test as a function, over HTTP as a control request. */
import type { z } from 'zod';
import type { Account } from '../account';
import type { AnyObject } from '../objects/any';
import type { BalanceTransaction } from '../objects/balance-transaction';
import type { Charged } from './charges';
import type { Happened } from './happening';
import type { IntentChange } from './intents';

export interface Planned<M extends AnyObject | BalanceTransaction> {
  readonly happened: Happened;
  /** Of a PaymentIntent or of a charge, before that. */
  readonly changes?: readonly (IntentChange | Charged)[];
  /** The object that it is about, or the row where there is none. */
  readonly made: M;
}

export interface Deed<O, M extends AnyObject | BalanceTransaction> {
  /** Of its control request: POST /sandbox/<path>. */
  readonly path: string;
  readonly options: z.ZodType<O>;
  /** @throws Error where it cannot be done */
  readonly plan: (account: Account, options: O) => Planned<M>;
}

export function deed<O, M extends AnyObject | BalanceTransaction>(
  path: string,
  options: z.ZodType<O>,
  plan: (account: Account, options: O) => Planned<M>,
): Deed<O, M> {
  return { path, options, plan };
}
