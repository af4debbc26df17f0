/** The rights of a restricted key that the movements of a balance are read with, by Stripe's names. */

interface RightInfo {
  readonly text: string;
  /** What the ids of the objects that it opens begin with. */
  readonly opens: readonly string[];
  /** Without it movements are not carried over; without the others they are, with less told of some of them. */
  readonly isNeeded: boolean;
  readonly purpose: string;
}

export const MOVEMENT_RIGHTS = {
  rak_balance_read: {
    ...{ text: 'Stripe balance', opens: [], isNeeded: true },
    purpose: 'what Stripe holds: for the opening balance and every proof',
  },
  rak_balance_transaction_source_read: {
    ...{ text: 'Stripe movements', opens: [], isNeeded: true },
    purpose: 'the list of all that moves it',
  },
  rak_charge_read: {
    ...{ text: 'Stripe charges and refunds', opens: ['ch', 'py', 're', 'pyr'], isNeeded: true },
    purpose: 'whose payment, refund or fee a movement is',
  },
  rak_dispute_read: {
    ...{ text: 'Stripe disputes', opens: ['dp', 'du'], isNeeded: true },
    purpose: 'which payment is disputed, and how that ends',
  },
  rak_payout_read: {
    ...{ text: 'Stripe payouts', opens: ['po'], isNeeded: true },
    purpose: 'what was paid out, and what has failed of it',
  },
  rak_top_up_read: {
    ...{ text: 'Stripe top-ups', opens: ['tu'], isNeeded: false },
    purpose: 'which top-up a movement is',
  },
  rak_transfer_read: {
    ...{ text: 'Stripe transfers', opens: ['tr', 'trr'], isNeeded: false },
    purpose: 'to which connected account a transfer went: without it all go to one account',
  },
  rak_application_fee_read: {
    ...{ text: 'Stripe application fees', opens: ['fee', 'fr'], isNeeded: false },
    purpose: 'which fee of a platform a movement is',
  },
} as const satisfies Record<string, RightInfo>;

export type MovementRight = keyof typeof MOVEMENT_RIGHTS;

export function isMovementRight(name: unknown): name is MovementRight {
  return typeof name === 'string' && Object.hasOwn(MOVEMENT_RIGHTS, name);
}

export const ALL_MOVEMENT_RIGHTS = Object.keys(MOVEMENT_RIGHTS).filter(isMovementRight);

/** What a key needs besides, to have them all in one form. */
const OF_PAY_INS = ['rak_accounts_kyc_basic_read', 'rak_payment_intent_read', 'rak_event_read'];

/** The form for a key that may read all that movements and pay-ins need. */
export function wholeKeyForm(livemode: boolean): string {
  return keyFormOf([...OF_PAY_INS, ...ALL_MOVEMENT_RIGHTS], livemode);
}

/** What to do where a key lacks some of them, ending with the address of that form. */
export function howToGrant(livemode: boolean): string {
  return `grant what is lacking (read) to the key in the Stripe Dashboard, or make a key that has all: ${wholeKeyForm(livemode)}`;
}

/** Stripe's form for a new restricted key, with the boxes of these rights ticked. */
function keyFormOf(rights: readonly string[], livemode: boolean): string {
  const url = new URL(`https://dashboard.stripe.com/${livemode ? '' : 'test/'}apikeys/create`);
  url.searchParams.set('name', 'Stripe Sync for Blnk');
  for (const right of rights) url.searchParams.append('permissions[]', right);
  return url.href;
}
