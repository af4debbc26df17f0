/**
 * The invented history `month`: thirty days of an account in which everything happens that moves a balance.
 * Card payments of each day, some converted, bank debits that settle, fail and are open still, refunds,
 * disputes won, lost and open, a reserve, fees, a row that nobody knows, and payouts of which one fails.
 */
import { createRandom } from '../random';
import type { Account } from './account';
import { apply, type AccountChange } from './changes/change';
import type { Deed } from './changes/deed';
import { deeds } from './changes/deeds';
import { planCreate, planPay, planSuccess } from './changes/intent-plans';
import { planPayIn } from './changes/pay-ins';
import type { AnyObject } from './objects/any';
import type { BalanceTransaction } from './objects/balance-transaction';
import type { CreateOptions, Intent, PayOptions } from './objects/intent';

const HOUR = 60 * 60;
const DAY = 24 * HOUR;
const DAYS = 30;

interface Step {
  readonly at: number;
  run(at: number): void;
}

export function playMonth(account: Account, end: number, seed: string): void {
  const random = createRandom(`${seed}:month`);
  const customers = Array.from({ length: 40 }, () => random.id('cus_', 14));
  const begin = end - DAYS * DAY - HOUR;
  const steps: Step[] = [];
  const on = (day: number, hour: number, run: (at: number) => void) =>
    void steps.push({ at: begin + day * DAY + hour * HOUR, run });

  const make = (changes: readonly AccountChange[]) => {
    for (const change of changes) apply(account, change);
  };
  function happen<O, M extends AnyObject | BalanceTransaction>(deed: Deed<O, M>, options: O): M {
    const { changes = [], happened, made } = deed.plan(account, options);
    make([...changes, happened]);
    return made;
  }
  function bring(intent: Intent, at: number): Intent {
    const happened = planPayIn(account, intent, at);
    if (happened !== null) make([happened]);
    return intent;
  }
  function pay(options: PayOptions & { readonly createdAt: number }): Intent {
    const changes = planPay(account, { customer: random.pick(customers), ...options });
    make(changes);
    const [, { intent, at }] = changes;
    return bring(intent, at);
  }
  function begun(options: CreateOptions & { readonly createdAt: number }): Intent {
    const debit = { status: 'processing', paymentMethodType: 'us_bank_account' } as const;
    const chargeCreatedAt = options.createdAt;
    const customer = random.pick(customers);
    const created = planCreate(account, { ...debit, chargeCreatedAt, customer, ...options });
    make([created]);
    return bring(created.intent, chargeCreatedAt);
  }

  make([{ kind: 'set', settlement: { currencies: ['usd', 'gbp'] } }]);
  for (let day = 0; day < DAYS; day += 1) {
    const count = 3 + random.int(6);
    for (let n = 0; n < count; n += 1) {
      const currency = random.pick(['usd', 'usd', 'usd', 'usd', 'eur', 'gbp']);
      const order = {
        currency,
        amount: 500 + random.int(30_000),
        description: `Order ${day}-${n}`,
      };
      const guest = random.next() < 0.1 ? { customer: null } : {};
      on(day, random.int(20 * 60) / 60, (at) => {
        pay({ ...order, ...guest, createdAt: Math.floor(at), succeededAt: Math.floor(at) + 2 });
      });
    }
    for (const currency of ['usd', 'gbp']) {
      on(day, 22, (at) => {
        const asked = { at, currency, automatic: true };
        // Stripe makes none of nothing.
        if (deeds.payout.plan(account, asked).made.contents.length === 1) return;
        const { id } = happen(deeds.payout, asked);
        on(day + 2, 6, (later) => void happen(deeds.payPayout, { at: later, payout: id }));
        if (day !== 17 || currency !== 'usd') return;
        on(day + 3, 9, (later) => void happen(deeds.failPayout, { at: later, payout: id }));
      });
    }
  }
  for (const day of [6, 13, 20, 27]) {
    on(day, 23, (at) => void happen(deeds.chargeFee, { at, amount: 600, description: 'Radar' }));
  }

  on(1, 20, (at) => {
    const { id } = pay({ amount: 12_000, createdAt: at });
    on(2, 21, (later) => void happen(deeds.refund, { at: later, payment: id, amount: 4500 }));
  });
  on(3, 20, (at) => {
    const { id } = pay({ amount: 9000, currency: 'eur', createdAt: at });
    on(5, 21, (later) => {
      const refund = happen(deeds.refund, { at: later, payment: id }).id;
      on(9, 21, (last) => void happen(deeds.failRefund, { at: last, refund }));
    });
  });
  for (const [day, status, closed] of DISPUTES) {
    on(day - 2, 20, (at) => {
      const { id } = pay({ amount: 7500, createdAt: at });
      on(day, 21, (later) => {
        const dispute = happen(deeds.dispute, { at: later, payment: id }).id;
        if (status === null) return;
        on(closed, 21, (last) => void happen(deeds.closeDispute, { at: last, dispute, status }));
      });
    });
  }
  on(9, 20, (at) => {
    const { id } = begun({ amount: 50_000, createdAt: at });
    on(13, 21, (later) => make([planSuccess(account, id, { at: later })]));
  });
  on(10, 20, (at) => {
    const { id } = begun({ amount: 7000, createdAt: at });
    on(14, 21, (later) => {
      happen(deeds.failDebit, { at: later, payment: id, failureFee: 400 });
    });
  });
  on(28, 20, (at) => void begun({ amount: 25_000, createdAt: at }));
  on(12, 20, (at) => {
    const options = { captureMethod: 'manual', chargeCreatedAt: at - HOUR } as const;
    pay({
      amount: 20_000,
      amountReceived: 12_000,
      createdAt: at - HOUR,
      succeededAt: at,
      ...options,
    });
  });
  on(11, 21, (at) => void happen(deeds.reserve, { at, amount: 5000 }));
  on(25, 21, (at) => void happen(deeds.reserve, { at, amount: -5000 }));
  on(21, 21, (at) => void happen(deeds.row, { at, type: 'lunar_fee', amount: -5 }));

  // In the order of time, for what a payout holds is what was there before; steps may add later ones.
  for (let next = earliest(steps); next !== undefined; next = earliest(steps)) {
    steps.splice(steps.indexOf(next), 1);
    if (next.at <= end) next.run(next.at);
  }
}

const DISPUTES: readonly (readonly [day: number, status: 'won' | 'lost' | null, closed: number])[] =
  [
    [6, 'won', 16],
    [7, 'lost', 20],
    [26, null, 0],
  ];

function earliest(steps: readonly Step[]): Step | undefined {
  let first: Step | undefined;
  for (const step of steps) if (first === undefined || step.at < first.at) first = step;
  return first;
}
