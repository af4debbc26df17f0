/** Charges that no intent tells of: added by hand. */
import { z } from 'zod';
import type { Account } from '../account';
import { chargeSchema, draftCharge, type ChargeOptions } from '../objects/charge';

/** Also of one that is there already: it has ended. */
export const chargedSchema = z.strictObject({ kind: z.literal('charged'), charge: chargeSchema });

export type Charged = z.infer<typeof chargedSchema>;

export function applyCharged({ charges, changes }: Account, { charge }: Charged): void {
  const { id, created, paymentIntent } = charge;
  const known = charges.stored.find(id);
  if (known?.charge) {
    known.charge = charge;
    return;
  }
  charges.stored.insert({ id, created, sequence: changes.next(), intentId: paymentIntent, charge });
}

export function planCharge({ ids, clock, changes }: Account, options: ChargeOptions): Charged {
  const charge = draftCharge(options, changes.count() + 1, ids, clock.nowSeconds());
  return { kind: 'charged', charge };
}
