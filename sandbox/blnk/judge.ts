/** Whether a posting is applied: the same rules for posting at once and for a queued posting's outcome. */
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
