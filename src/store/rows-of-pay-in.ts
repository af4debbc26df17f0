/** Which rows of Stripe's balance are the money of a pay-in, as SQL. */

/**
 * Of the rows `b`, those by which a pay-in's own money has come: of the charge that it succeeded by, as far as both tell
 * theirs. `is_pay_in` is set of no other. (The trigger of migration 0021 and `src/engine/movements/known-of.ts` say the
 * same of one row.)
 * @param payIn its alias: a row of `movements` or `not_yet_in_stripe`
 */
export const rowsOf = (payIn: string) =>
  `balance_transactions b where b.instance_id = ${payIn}.instance_id
    and b.payment_intent_id = ${payIn}.movement_id and b.is_pay_in
    and (b.charge_id = ${payIn}.charge_id or b.charge_id is null or ${payIn}.charge_id is null)`;
