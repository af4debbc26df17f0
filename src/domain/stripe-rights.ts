/** The rights of a restricted key that the movements of a balance are read with, by Stripe's names. */

/** What each is for, and what the ids of the objects that it opens begin with. */
export const MOVEMENT_RIGHTS = {
  rak_balance_read: { text: 'Stripe balance', opens: [] },
  rak_balance_transaction_source_read: { text: 'Stripe movements', opens: [] },
  rak_charge_read: { text: 'Stripe charges and refunds', opens: ['ch', 'py', 're', 'pyr'] },
  rak_dispute_read: { text: 'Stripe disputes', opens: ['dp', 'du'] },
  rak_payout_read: { text: 'Stripe payouts', opens: ['po'] },
  rak_top_up_read: { text: 'Stripe top-ups', opens: ['tu'] },
  rak_transfer_read: { text: 'Stripe transfers', opens: ['tr', 'trr'] },
  rak_application_fee_read: { text: 'Stripe application fees', opens: ['fee', 'fr'] },
} as const satisfies Record<string, { text: string; opens: readonly string[] }>;

export type MovementRight = keyof typeof MOVEMENT_RIGHTS;

export function isMovementRight(name: unknown): name is MovementRight {
  return typeof name === 'string' && Object.hasOwn(MOVEMENT_RIGHTS, name);
}

/** Stripe's form for a new restricted key, with the boxes of these rights ticked. */
export function keyFormOf(rights: readonly string[], livemode: boolean): string {
  const url = new URL(`https://dashboard.stripe.com/${livemode ? '' : 'test/'}apikeys/create`);
  url.searchParams.set('name', 'Stripe Sync for Blnk');
  for (const right of rights) url.searchParams.append('permissions[]', right);
  return url.href;
}
