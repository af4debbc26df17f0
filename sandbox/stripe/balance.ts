/**
 * The balance of the account: what was moved, added up. It knows nothing of the rows that lists show, so
 * that a row which is missing, late or doubled is a difference, as it would be at Stripe.
 */
import { z } from 'zod';
import { decimal, seconds } from './amount';

/** The part that pay-ins and payouts move; others are named as Stripe names them. */
export const PAYMENTS = 'payments';

export const moveSchema = z.strictObject({
  at: seconds,
  availableAt: seconds,
  /** `payments`, `connect_reserved`, `issuing`, `refund_and_dispute_prefunding`, `risk_reserved`. */
  part: z.string(),
  currency: z.string(),
  /** Net, with its sign. */
  amount: decimal,
});

export type Move = z.infer<typeof moveSchema>;

/** Minor units by currency. */
export type Amounts = ReadonlyMap<string, bigint>;

export interface BalanceNow {
  readonly available: Amounts;
  readonly pending: Amounts;
}

/** Computed moves of a history that stores none: all of the part `payments`. */
export type ComputedBalance = (now: number) => BalanceNow;

export interface BalanceBook {
  add(move: Move): void;
  /** A part of the balance at a moment. A currency that never moved is absent. */
  at(part: string, now: number): BalanceNow;
}

export function createBalanceBook(computed?: ComputedBalance): BalanceBook {
  const byPart = new Map<string, { readonly at: number; readonly move: ReadMove }[]>();
  return {
    add: ({ part, ...move }) => {
      const moves = byPart.get(part) ?? [];
      byPart.set(part, moves);
      // As a number once, not at each reading of a long history.
      moves.push({ at: move.at, move: { ...move, amount: BigInt(move.amount) } });
    },
    at: (part, now) => {
      const start = part === PAYMENTS ? computed?.(now) : undefined;
      const available = new Map(start?.available);
      const pending = new Map(start?.pending);
      for (const { at, move } of byPart.get(part) ?? []) {
        if (at > now) continue;
        const { currency, amount, availableAt } = move;
        const [to, other] = availableAt <= now ? [available, pending] : [pending, available];
        to.set(currency, (to.get(currency) ?? 0n) + amount);
        if (!other.has(currency)) other.set(currency, 0n);
      }
      return { available, pending };
    },
  };
}

type ReadMove = Omit<Move, 'amount' | 'part'> & { readonly amount: bigint };

/** What /v1/balance says, where it differs from what is true. */
export const balanceViewOptions = z.strictObject({
  /** It is that many seconds behind. Default 0. */
  lagSeconds: z.int().nonnegative().optional(),
  /** Currencies in which nothing is left are not named at all. Default false. */
  omitsZero: z.boolean().optional(),
  /** Currencies that are not named, whatever they hold. Default: none. */
  omits: z.array(z.string()).optional(),
});

export type BalanceView = z.infer<typeof balanceViewOptions>;
