/** `explain` with the id of a charge: the payment that it belongs to, or why it is in no ledger. */
import { SyncError } from '../domain/errors';
import { rfc3339 } from '../domain/posting';
import { EXIT } from '../exit';
import { WITHOUT_INTENT } from '../checks/charges-without-intent';
import type { ChargeFacts } from '../stripe/charges';
import type { MovementEvidence } from '../engine/movements/movement-evidence';
import type { Context } from './context';
import { movementsToJson, movementsToText, readMovements } from './explain-movements';
import { HOW_TO_ENABLE } from './movement-place';
import { fields } from './output';

const NEVER = new AbortController().signal;

export function isChargeId(text: string): boolean {
  return /^(ch|py)_[A-Za-z0-9_]{1,250}$/.test(text);
}

/**
 * @param explain for the PaymentIntent of the charge
 * @param money as amounts are shown
 */
export async function explainCharge(
  context: Context,
  id: string,
  explain: (paymentIntentId: string) => Promise<number>,
  money: (amount: bigint | null, currency: string | null) => string,
): Promise<number> {
  const { stripe } = await context.ends();
  const charge = await stripe.readCharge(id, NEVER);
  if (!charge) throw new SyncError('NOT_FOUND', { payment: id });
  if (charge.paymentIntentId !== null) return explain(charge.paymentIntentId);
  const { status, payIn } = charge;
  const movements = await readMovements(context, id);
  const { isEnabled, rows } = movements;
  const hasMovements = isEnabled || rows.length > 0;
  const made = payIn.chargedAt === null ? '' : `, made ${rfc3339(payIn.chargedAt)}`;
  const verdict = hasMovements ? movementVerdict(movements) : verdictOf(charge);
  context.output.data(
    {
      chargeId: id,
      paymentIntentId: null,
      verdict,
      stripe: { status, amount: payIn.amount?.toString() ?? null, currency: payIn.currency },
      record: null,
      ledger: [],
      ...(hasMovements && movementsToJson(movements)),
    },
    [
      fields([
        ['Charge', id],
        ['Stripe', `${status}, ${money(payIn.amount, payIn.currency)}${made}, no PaymentIntent`],
        ...(hasMovements
          ? []
          : ([
              ['Record', 'none: charges without a PaymentIntent are not read'],
              ['Ledger', 'nothing was posted for it by this program'],
            ] as const)),
        ['Verdict', verdict],
      ]),
      ...(rows.length > 0 ? [movementsToText(movements)] : []),
    ].join('\n\n'),
  );
  return EXIT.done;
}

function movementVerdict({ rows }: MovementEvidence): string {
  return rows.length === 0
    ? 'No sync has listed a balance transaction of it: the next one books it if it has succeeded.'
    : 'Booked from its balance transactions, as below.';
}

function verdictOf({ status }: ChargeFacts): string {
  if (status !== 'succeeded') return `Not a pay-in: the charge is ${status}.`;
  return `Not in the ledger: ${WITHOUT_INTENT} are booked with movements alone. ${HOW_TO_ENABLE} Else book it by hand.`;
}
