// Whether a posting would be applied: the same rules for posting at once, for a queued posting's
// outcome and for a dry run.
import type { Balance } from './balances';
import type { Refusal } from './errors';
import type { Posting } from './posting';
import type { Row } from './rows';

type Asked = Pick<Posting, 'amount' | 'allowOverdraft' | 'reference'>;

/** null: applied. A REJECTED or QUEUED row burns its reference as much as an APPLIED one. */
export function judge(asked: Asked, source: Balance, existing: Row | null): Refusal | null {
  if (existing !== null) {
    return {
      code: 'TXN_DUPLICATE_REFERENCE',
      message: `transaction validation failed: reference ${asked.reference} has already been used`,
    };
  }
  const failed = 'failed to apply transaction to balances:';
  if (asked.amount === 0n) {
    const message = `${failed} transaction precise amount must be positive`;
    return { code: 'TXN_VALIDATION_ERROR', message };
  }
  if (!asked.allowOverdraft && source.credit - source.debit < asked.amount) {
    const message = `${failed} insufficient funds in source balance`;
    return { code: 'TXN_INSUFFICIENT_FUNDS', message };
  }
  return null;
}

/** The answer of a dry run; unlike everywhere else its amounts are texts. */
export function previewOf(
  posting: Posting,
  source: Balance,
  destination: Balance,
  refusal: Refusal | null,
): Record<string, unknown> {
  const { amount, precision, reference, currency } = posting;
  const moved = refusal === null ? amount : 0n;
  const outcome =
    refusal === null
      ? { would_apply: true, status: 'APPLIED' }
      : { would_apply: false, rejection: { code: refusal.code, message: refusal.message } };
  const side = (role: string, balance: Balance, debit: bigint, credit: bigint) => ({
    balance_id: balance.id,
    role,
    currency: balance.currency,
    current_balance: String(balance.credit - balance.debit),
    resulting_balance: String(balance.credit + credit - balance.debit - debit),
  });
  return {
    dry_run: true,
    ...outcome,
    reference,
    currency,
    amount: Number(amount) / precision,
    precise_amount: String(amount),
    precision,
    balances: [side('source', source, moved, 0n), side('destination', destination, 0n, moved)],
  };
}
