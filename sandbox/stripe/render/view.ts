/** How an object of the stand-in is to be shown, and in which version of Stripe's API. */

export const API_VERSION = '2026-10-28.endive';

export interface View {
  readonly livemode: boolean;
  readonly expandCharge?: boolean;
  /** In a charge: its PaymentIntent. */
  readonly expandIntent?: boolean;
  /** What became of a charge's money. Default: nothing yet, as in an event of its success. */
  readonly moneyOf?: (chargeId: string) => ChargeMoney;
}

export interface ChargeMoney {
  readonly balanceTransaction: string | null;
  readonly failureBalanceTransaction: string | null;
  readonly amountRefunded: number | bigint;
  readonly refunded: boolean;
  readonly disputed: boolean;
}
