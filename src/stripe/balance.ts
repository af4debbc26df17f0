/** `GET /v1/balance`: what Stripe holds, as it says itself. */
import { z } from 'zod';
import { PAYMENTS, type BalancePart, type BalanceReading } from '../domain/proof/balance-reading';
import { total } from './exact';
import { code, word } from './schema';
import type { Transport } from './transport';

const amounts = z.array(z.object({ amount: total, currency: code }));

/** Strict, since a part that was left out would pass for money that is gone. */
const balance = z.looseObject({
  object: z.literal('balance').optional(),
  available: amounts,
  pending: amounts,
});

/** Another balance beside it: of money that may be used, or of both states. */
const beside = z.union([
  amounts.transform((available) => ({ available, pending: [] })),
  z.object({ available: amounts.default([]), pending: amounts.default([]) }),
]);

/** The same money once more: what an instant payout could take of it. */
const OVERLAPPING = 'instant_available';

export async function readBalance(
  { stripe, read }: Transport,
  signal: AbortSignal,
): Promise<BalanceReading> {
  const { answer, answeredAt } = await read(
    'balance.retrieve',
    () => stripe.balance.retrieve(),
    balance,
    signal,
  );
  const { available, pending, ...rest } = answer;
  const own = partsOf(PAYMENTS, { available, pending });
  return { at: answeredAt, parts: [...own, ...Object.entries(rest).flatMap(otherParts)] };
}

type Amounts = z.infer<typeof amounts>;

/** Lenient: no proof hangs on them, and a preview may change their form. */
function otherParts([name, value]: [string, unknown]): BalancePart[] {
  if (name === OVERLAPPING || !word.safeParse(name).success) return [];
  const { data } = beside.safeParse(value);
  return data ? partsOf(name, data) : [];
}

function partsOf(type: string, all: { available: Amounts; pending: Amounts }): BalancePart[] {
  const currencies = new Set([...all.available, ...all.pending].map(({ currency }) => currency));
  return [...currencies].map((currency) => ({
    type,
    currency,
    available: sumIn(all.available, currency),
    pending: sumIn(all.pending, currency),
  }));
}

function sumIn(list: Amounts, currency: string): bigint {
  const own = list.filter((one) => one.currency === currency);
  return own.reduce((sum, { amount }) => sum + amount, 0n);
}
