/** Why the opening balance of an instance that began by itself is not frozen yet: until it is, nothing is proven. */
import type { CodeText } from '../code-text';

const TURN = '`movements plan` shows what it would be, and `movements enable` begins with it';

export const OPENING_WAITS = {
  recent: {
    what: 'the cut-over is less than an hour ago',
    next: 'nothing, a later sync computes it',
  },
  uncertain: {
    what: 'two readings of Stripe’s balance, ten minutes apart, have to leave the same amount',
    next: 'nothing, a later sync reads again',
  },
  disagrees: {
    what: 'two readings of Stripe’s balance leave different amounts, so a row may be missing',
    next: TURN,
    owner: { next: 'Whoever runs this program has to look at it.' },
  },
  unread: {
    what: 'a row of Stripe’s balance cannot be read, so nobody knows what it is part of',
    next: '`quarantine list --movements` names it; ask Stripe’s support with its id',
    owner: { next: 'Whoever runs this program has to look at it.' },
  },
  differs: {
    what: 'the ledger holds one that Stripe’s balance does not leave, so a row may be missing, or it took in postings of others',
    next: TURN,
    owner: { next: 'Whoever runs this program has to look at it.' },
  },
  unpostable: {
    what: 'it is an amount or a currency that Blnk cannot hold',
    next: `${TURN} once it can be posted`,
    owner: { next: 'Whoever runs this program has to look at it.' },
  },
} as const satisfies Record<string, CodeText>;

export type OpeningWait = keyof typeof OPENING_WAITS;

const OPENING_NOT_CERTAIN = 'opening balance not certain yet';

/** In the middle of a sentence. */
export function openingWaitText(wait: OpeningWait): string {
  const { what, next } = OPENING_WAITS[wait];
  return `${OPENING_NOT_CERTAIN}: ${what}; to do: ${next}`;
}
