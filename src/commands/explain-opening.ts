/** `explain` of an opening balance: no row of Stripe's tells of it, but our record and the ledger do. */
import { SyncError } from '../domain/errors';
import { movementOf } from '../domain/ids';
import { gatherLeg } from '../engine/movements/movement-evidence';
import { EXIT } from '../exit';
import type { Context } from './context';
import { evidenceToJson, ledgerVerdict, legLines } from './explain-movements';

/** As plans, proofs and conflicts name it. */
export function isOpening(text: string): boolean {
  return /^opening\.[\w.-]{1,250}$/.test(text);
}

/** @throws SyncError NOT_FOUND */
export async function explainOpening(context: Context, reference: string): Promise<number> {
  const [db, ends] = [await context.db(), await context.ends()];
  const leg = await gatherLeg(db, ends, movementOf(reference), new AbortController().signal);
  if (!leg) throw new SyncError('NOT_FOUND', { 'opening balance': reference });
  const verdict = ledgerVerdict(leg) || 'Booked.';
  context.output.data(
    { id: reference, opening: { ...evidenceToJson(leg), verdict } },
    [
      `${reference}  what Stripe held at the cut-over; \`movements status\` shows how it was computed`,
      ...legLines({ legs: [leg], wouldBook: [] }),
      `  ${verdict}`,
    ].join('\n'),
  );
  return EXIT.done;
}
