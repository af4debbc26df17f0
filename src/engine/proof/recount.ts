/** A running balance that is not the sum of its postings: counted again by Core, and looked at afterwards. */
import { SyncError } from '../../domain/errors';
import type { Ledger } from '../../domain/ledger';
import type { ProofItem } from '../../domain/proof/proof-items';

/** `not_allowed`: only Core's master key may. */
export type Recounted = 'agrees' | 'differs' | 'not_allowed';

/**
 * @param items what a proof has found wrong with one balance
 * @param source its name
 * @throws SyncError BLNK_*
 */
export async function recountBalance(
  ledger: Ledger,
  source: string,
  items: readonly [ProofItem, ...ProofItem[]],
  signal: AbortSignal,
): Promise<Recounted> {
  const [{ reference: balanceId }] = items;
  try {
    await ledger.recount(balanceId, signal);
  } catch (error) {
    if (error instanceof SyncError && error.code === 'BLNK_PERMISSION_MISSING')
      return 'not_allowed';
    throw error;
  }
  const balances = await ledger.turnoversOf([source], signal);
  const now = balances.find((one) => one.balanceId === balanceId);
  const agrees = items.every(({ kind, amount }) =>
    kind === 'corrupt_debits' ? now?.debits === amount : now?.credits === amount,
  );
  return agrees ? 'agrees' : 'differs';
}
