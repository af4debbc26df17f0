/**
 * An invented Stripe account as the documentation describes real ones: cards, bank debits that settle
 * days later, captures by hand, sales that begin at one second, renewals at every full hour, and one
 * object in ten that lists show up to 8 seconds late. The same seed always gives the same account.
 */
import { createRandom } from '../../sandbox/random';
import type { World } from '../../sandbox/stripe/world';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Something that happens at a second of Stripe's time. */
export interface Happening {
  readonly at: number;
  apply(world: World): Promise<unknown>;
}

export interface AccountOptions {
  readonly seed: string;
  /** When somebody begins to poll. */
  readonly startAt: number;
  /** How long it goes on from there. */
  readonly liveHours: number;
}

/** Everything that ever happens in this account, in its order. */
export function inventAccount({ seed, startAt, liveHours }: AccountOptions): Happening[] {
  const random = createRandom(seed);
  const endAt = startAt + liveHours * HOUR;
  const happenings: Happening[] = [];
  const customers = Array.from({ length: 300 }, () => random.id('cus_', 14));
  let number = 0;

  const lags = () => ({
    lagSeconds: random.next() < 0.1 ? 1 + random.int(8) : 0,
    eventLagSeconds: random.next() < 0.1 ? 1 + random.int(8) : 0,
  });

  function order(createdAt: number) {
    number += 1;
    return {
      id: `pi_${String(number).padStart(6, '0')}${random.id('', 12)}`,
      amount: 300 + random.int(40_000),
      currency: random.pick(['usd', 'usd', 'eur', 'jpy']),
      customer: random.next() < 0.1 ? null : random.pick(customers),
      createdAt,
    };
  }

  /** Created now, succeeded `wait` seconds later, for good or never. */
  function later(
    createdAt: number,
    wait: number,
    open: Parameters<World['create']>[0],
    received?: (amount: number) => number,
  ): void {
    const intent = order(createdAt);
    const at = createdAt + wait;
    happenings.push({
      at: createdAt,
      apply: (world) => world.create({ ...intent, ...open, ...lags() }),
    });
    if (at > endAt) return;
    const amountReceived = received?.(intent.amount) ?? intent.amount;
    happenings.push({
      at,
      apply: (world) => world.succeed(intent.id, { at, amountReceived, ...lags() }),
    });
  }

  function one(createdAt: number): void {
    const die = random.next();
    if (die < 0.78) later(createdAt, random.int(3), {});
    // A card whose bank asks back.
    else if (die < 0.84)
      later(createdAt, 20 + random.int(4 * MINUTE), { status: 'requires_action' });
    else if (die < 0.9) {
      const debit = { status: 'processing', paymentMethodType: 'sepa_debit' } as const;
      later(createdAt, 2 * DAY + random.int(6 * DAY), debit);
    } else if (die < 0.94) {
      const manual = { status: 'requires_capture', captureMethod: 'manual' } as const;
      const part = random.next() < 0.5 ? 1 : 0.6;
      later(createdAt, random.int(5 * DAY), manual, (amount) => Math.round(amount * part));
    } else {
      const intent = { ...order(createdAt), ...lags() };
      happenings.push({ at: createdAt, apply: (world) => world.create(intent) });
    }
  }

  const some = (count: number, from: number, to: number) => {
    for (let index = 0; index < count; index += 1) one(from + random.int(to - from));
  };
  // A young business: most of its history is recent.
  some(650, startAt - 60 * DAY, startAt - 30 * DAY);
  some(1_900, startAt - 30 * DAY, startAt);
  some(40 * liveHours, startAt, endAt);
  // Renewals, all at the full hour: the moment at which schedules fire as well.
  for (let hour = startAt; hour < endAt; hour += HOUR) some(14, hour, hour + 9);
  // A sale: hundreds in one second, and a crowd for some minutes after it.
  for (let opening = startAt + 10 * HOUR; opening < endAt; opening += DAY) {
    some(320, opening, opening + 1);
    some(430, opening, opening + 4 * MINUTE);
  }
  return happenings.sort((a, b) => a.at - b.at);
}
