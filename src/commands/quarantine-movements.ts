/** `quarantine list --movements`: legs that are not in the ledger, which every proof names, each with its reason. */
import { kindText } from '../domain/kinds/table';
import { formatAmount } from '../domain/money';
import { nextOfMovement } from '../domain/reasons';
import { formatTime } from '../domain/text';
import { EXIT } from '../exit';
import { legsSetAside, type LegRow } from '../store/legs';
import type { Context } from './context';
import { HOW_TO_ENABLE, movementPlace, NOT_ENABLED } from './movement-place';
import { table } from './output';
import { reasonInfo, tellReasons } from './quarantine-reasons';

export async function listMovements(context: Context, limit: number): Promise<number> {
  const { db, source, enabled } = await movementPlace(context);
  const legs = source ? await legsSetAside(db, source.sourceId, limit) : [];
  const none = enabled ? 'No movement is set aside.' : `${NOT_ENABLED} ${HOW_TO_ENABLE}`;
  context.output.data(legs.map(toJson), legs.length === 0 ? none : asText(legs));
  return EXIT.done;
}

function toJson(leg: LegRow) {
  const info = reasonInfo(leg.reason);
  return {
    reference: leg.id,
    balanceTransactionId: leg.btId,
    kind: leg.kind,
    amount: leg.amount?.toString() ?? null,
    currency: leg.currency?.toUpperCase() ?? null,
    from: leg.from,
    to: leg.to,
    reason: leg.reason,
    what: info?.what ?? null,
    next: info ? nextOfMovement(info) : null,
    attempts: leg.attempts,
    lastTriedAt: leg.updatedAt.toISOString(),
    retryAt: leg.retryAt?.toISOString() ?? null,
    syncId: leg.syncId,
  };
}

function asText(legs: readonly LegRow[]): string {
  return [
    table(
      ['reference', 'kind', 'amount', '', 'reason', 'tries', 'last try', 'next try'],
      legs.map((leg) => [
        leg.id,
        kindText(leg.kind),
        leg.amount === null ? '?' : formatAmount(leg.amount, leg.currency?.toUpperCase() ?? ''),
        leg.currency?.toUpperCase() ?? '?',
        leg.reason ?? '?',
        String(leg.attempts),
        formatTime(leg.updatedAt),
        leg.retryAt === null ? 'by retry only' : formatTime(leg.retryAt),
      ]),
    ),
    '',
    ...tellReasons(legs, nextOfMovement),
    'None of them is closed: what you have booked by hand, accept with `reconcile accept`.',
  ].join('\n');
}
