import type Stripe from 'stripe';
import { confirmsAtOnce, PAYMENT_METHODS } from '../../src/domain/payment-methods';

type Method = Exclude<keyof Stripe.Charge.PaymentMethodDetails, 'type'>;

test('every method that the Stripe library knows is in our list', () => {
  // Without one of them this does not compile.
  const all: Readonly<Record<Method, string>> = PAYMENT_METHODS;
  expect(Object.keys(all).length).toBeGreaterThan(50);
});

test.each(
  (
    'link paypal klarna cashapp amazon_pay revolut_pay ideal bancontact eps p24 blik alipay ' +
    'wechat_pay pix swish twint interac_present card card_present affirm afterpay_clearpay'
  ).split(' '),
)('%s confirms at once', (method) => {
  expect(confirmsAtOnce(method)).toBe(true);
});

test.each(
  (
    'us_bank_account ach_debit sepa_debit bacs_debit au_becs_debit nz_bank_account acss_debit ' +
    'boleto konbini oxxo multibanco customer_balance sofort unknown toString'
  ).split(' '),
)('%s does not', (method) => {
  expect(confirmsAtOnce(method)).toBe(false);
});
