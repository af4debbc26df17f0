/** The kinds of movement, by the names under which their rows are kept. kinds/table.ts has what each is. */

/** Those that are booked from a balance transaction. */
export type SettledKindName =
  | 'charge'
  | 'lone_charge'
  | 'refund'
  | 'failed_charge'
  | 'dispute'
  | 'fee'
  | 'tax'
  | 'network_cost'
  | 'payout'
  | 'transfer'
  | 'application_fee'
  | 'top_up'
  | 'reserve'
  | 'connect_reserve'
  | 'connect_loss'
  | 'minimum_balance'
  | 'advance'
  | 'financing'
  | 'contribution'
  | 'issuing'
  | 'suspense';

export type MovementKind = 'pay_in' | 'opening_balance' | SettledKindName;
