/**
 * Which payment methods tell at once whether they succeeded. For these the time of the charge is the time
 * of the success; for the others, a charge is made when the payer is asked to pay, days before it is known.
 */

/** All that Stripe has; one that it adds later counts as one that takes its time. */
export const PAYMENT_METHODS = {
  // Bank debits, bank transfers and vouchers: Stripe's "delayed notification" methods.
  ach_credit_transfer: 'later',
  ach_debit: 'later',
  acss_debit: 'later',
  au_becs_debit: 'later',
  bacs_debit: 'later',
  boleto: 'later',
  customer_balance: 'later',
  konbini: 'later',
  multibanco: 'later',
  nz_bank_account: 'later',
  oxxo: 'later',
  pay_by_bank: 'later',
  payto: 'later',
  sepa_credit_transfer: 'later',
  sepa_debit: 'later',
  sofort: 'later',
  us_bank_account: 'later',

  affirm: 'at once',
  afterpay_clearpay: 'at once',
  alipay: 'at once',
  alma: 'at once',
  amazon_pay: 'at once',
  bancontact: 'at once',
  billie: 'at once',
  bizum: 'at once',
  blik: 'at once',
  card: 'at once',
  card_present: 'at once',
  cashapp: 'at once',
  crypto: 'at once',
  eps: 'at once',
  fpx: 'at once',
  giropay: 'at once',
  grabpay: 'at once',
  ideal: 'at once',
  interac_present: 'at once',
  kakao_pay: 'at once',
  klarna: 'at once',
  kr_card: 'at once',
  link: 'at once',
  mb_way: 'at once',
  mobilepay: 'at once',
  naver_pay: 'at once',
  p24: 'at once',
  payco: 'at once',
  paynow: 'at once',
  paypal: 'at once',
  paypay: 'at once',
  pix: 'at once',
  promptpay: 'at once',
  revolut_pay: 'at once',
  samsung_pay: 'at once',
  satispay: 'at once',
  scalapay: 'at once',
  sequra: 'at once',
  stripe_account: 'at once',
  sunbit: 'at once',
  swish: 'at once',
  twint: 'at once',
  upi: 'at once',
  wechat: 'at once',
  wechat_pay: 'at once',
  zip: 'at once',
} as const satisfies Readonly<Record<string, 'at once' | 'later'>>;

export function confirmsAtOnce(method: string): boolean {
  const known: Readonly<Record<string, 'at once' | 'later'>> = PAYMENT_METHODS;
  return Object.hasOwn(known, method) && known[method] === 'at once';
}
