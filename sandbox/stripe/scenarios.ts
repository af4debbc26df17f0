/**
 * The invented histories of the Stripe stand-in. Each is a function of a moment and a seed alone, so
 * that a restart, and a test that failed, see the same history again.
 */
import { createRandom, type Random } from '../random';
import type { CreateOptions, PayOptions } from './objects/intent';

export const scenarioNames = ['default', 'problems', 'month', 'million', 'empty'] as const;
export type ScenarioName = (typeof scenarioNames)[number];

export type Invented = { readonly paid: PayOptions } | { readonly unpaid: CreateOptions };

const MINUTE = 60;
const DAY = 24 * 60 * MINUTE;

/** 1,000 pay-ins of the last 60 days, each of which can be posted, among intents that came to nothing. */
export function inventDefault(at: number, seed: string): Invented[] {
  const random = createRandom(`${seed}:default`);
  const customers = Array.from({ length: 140 }, () => random.id('cus_', 14));
  const someTime = () => at - 5 * MINUTE - random.int(60 * DAY - 10 * MINUTE);
  const paid = Array.from({ length: 1000 }, (_, index) => {
    const order = anOrder(random, index, customers);
    // More than a page within one second: a sale that opened at a full hour.
    if (index < 120) return { ...order, createdAt: at - 11 * DAY };
    if (index < 160) return manualCapture(random, { ...order, createdAt: someTime() }, at);
    if (index < 240) return bankDebit(random, { ...order, createdAt: someTime() }, at);
    // Invoices: created at once, paid weeks later, the last ones just now.
    if (index < 250) {
      const createdAt = at - 58 * DAY + random.int(20 * DAY);
      return { ...order, createdAt, succeededAt: at - 6 * MINUTE - random.int(2 * DAY) };
    }
    const createdAt = someTime();
    return { ...order, createdAt, succeededAt: createdAt + random.int(4 * MINUTE) };
  });
  const unpaid = Array.from({ length: 180 }, (_, index): CreateOptions => {
    const order = { ...anOrder(random, index, customers), createdAt: someTime() };
    if (index < 95) return { ...order, status: 'requires_payment_method' };
    if (index < 140) return { ...order, status: 'canceled' };
    if (index < 150) return { ...order, status: 'requires_action' };
    const recent = { ...order, createdAt: at - 10 * MINUTE - random.int(4 * DAY) };
    if (index < 165) return { ...recent, status: 'requires_capture', captureMethod: 'manual' };
    return { ...recent, status: 'processing', paymentMethodType: 'sepa_debit' };
  });
  return [...paid.map((one) => ({ paid: one })), ...unpaid.map((one) => ({ unpaid: one }))];
}

/** Pay-ins that cannot be posted as they are, each beside ones that can. */
export function inventProblems(at: number, seed: string): Invented[] {
  const random = createRandom(`${seed}:problems`);
  const customers = Array.from({ length: 6 }, () => random.id('cus_', 14));
  const good = Array.from({ length: 24 }, (_, index) => anOrder(random, index, customers));
  const odd: PayOptions[] = [
    { currency: 'xts', description: 'unknown currency' },
    { amount: 1500, amountReceived: 0, description: 'nothing received' },
    { amount: 1500, amountReceived: -1500, description: 'negative amount' },
    { amount: null, amountReceived: null, description: 'no amount' },
    // Above 2^53: a reader that takes it for a JavaScript number is off by one.
    { amount: '9007199254740993', description: 'amount that no double holds' },
    // Its customer was deleted at Stripe since; the intent keeps the id.
    { customer: 'cus_Deleted0000001', description: 'deleted customer' },
    { customer: null, customerAccount: 'acct_1SandboxPayer0001', description: 'account only' },
    { customer: null, description: 'guest' },
  ];
  return [...good, ...odd].map((one, index) => {
    const createdAt = at - 20 * DAY + index * 11 * 60 * MINUTE;
    return { paid: { ...one, createdAt, succeededAt: createdAt + 2 } };
  });
}

function anOrder(random: Random, index: number, customers: readonly string[]): PayOptions {
  const customer = random.next() < 0.1 ? null : random.pick(customers);
  return {
    ...somePrice(random),
    customer,
    description: `Order ${10_000 + index}`,
    receiptEmail: `payer-${index}@example.com`,
    metadata: { order_id: String(10_000 + index) },
  };
}

/** Three decimals end in 0 at Stripe; zero-decimal amounts are whole units. */
function somePrice(random: Random): { amount: number; currency: string } {
  const die = random.next();
  if (die < 0.45) return { currency: 'usd', amount: 500 + random.int(60_000) };
  if (die < 0.7) return { currency: 'eur', amount: 400 + random.int(50_000) };
  if (die < 0.82) return { currency: 'gbp', amount: 300 + random.int(40_000) };
  if (die < 0.92) return { currency: 'jpy', amount: 300 + random.int(90_000) };
  return { currency: 'kwd', amount: 10 * (100 + random.int(9000)) };
}

/** Authorised at once, captured within a week; a third of them for less, a few for more. */
function manualCapture(random: Random, order: PayOptions, at: number): PayOptions {
  const { createdAt = at } = order;
  const amount = Number(order.amount);
  const captured = [amount, amount, amount - 100, amount - 200, amount - 100, amount + 50];
  const amountReceived = order.currency === 'kwd' ? amount : random.pick(captured);
  const succeededAt = Math.min(createdAt + random.int(7 * DAY), at - 5 * MINUTE);
  const chargeCreatedAt = Math.min(createdAt + 3, succeededAt);
  return { ...order, captureMethod: 'manual', amountReceived, chargeCreatedAt, succeededAt };
}

/** The charge is there at once; the money days later. */
function bankDebit(random: Random, order: PayOptions, at: number): PayOptions {
  const { createdAt = at } = order;
  const succeededAt = Math.min(createdAt + 2 * DAY + random.int(6 * DAY), at - 5 * MINUTE);
  const chargeCreatedAt = Math.min(createdAt + 3, succeededAt);
  return { ...order, paymentMethodType: 'sepa_debit', chargeCreatedAt, succeededAt };
}
