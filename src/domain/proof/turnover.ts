/**
 * What went through the source balance in the ledger, each way. It is debited by what comes to Stripe and
 * credited by what leaves. Two errors that cancel leave the balance as it was, never the turnover.
 */

export interface Turnover {
  /** Minor units, as all amounts here; beyond 2^53 on a busy balance. */
  readonly debits: bigint;
  readonly credits: bigint;
}

export const NO_TURNOVER: Turnover = { debits: 0n, credits: 0n };

/** Of one posting. @param amount as it moves what Stripe holds: positive comes, negative leaves */
export function turnoverOf(amount: bigint): Turnover {
  return amount < 0n ? { debits: 0n, credits: -amount } : { debits: amount, credits: 0n };
}

export function addTurnovers(turnovers: readonly Turnover[]): Turnover {
  return turnovers.reduce(
    (sum, one) => ({ debits: sum.debits + one.debits, credits: sum.credits + one.credits }),
    NO_TURNOVER,
  );
}

export function subtractTurnover(from: Turnover, less: Turnover): Turnover {
  return { debits: from.debits - less.debits, credits: from.credits - less.credits };
}

/** What Stripe holds by it. */
export function heldBy({ debits, credits }: Turnover): bigint {
  return debits - credits;
}
