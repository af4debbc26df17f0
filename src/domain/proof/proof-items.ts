/** What a proof names: what stands between Stripe and the ledger, one by one, each with its reference. */
import type { CodeText } from '../code-text';
import { looksOurs } from '../ids';
import { formatAmount } from '../money';
import { NO_TURNOVER, subtractTurnover, turnoverOf, type Turnover } from './turnover';

/** `what` is a line of a proof; `next` a sentence, or empty: nothing is to be done. */
export interface ItemInfo extends CodeText {
  /**
   * `expected`: a difference that is no fault. `healed`: it was one, and is none any more. `fault`: as long as
   * there is one, nothing is proven.
   */
  readonly is: 'expected' | 'healed' | 'fault';
}

export const PROOF_ITEMS = {
  not_yet_in_stripe: {
    what: 'booked, not yet in Stripe',
    next: 'Nothing: Stripe lists its row later. Some small payments never get one, and stay named.',
    owner: { next: 'Stripe mostly adds it within a day. Some small payments it never adds.' },
    is: 'expected',
  },
  set_aside: {
    what: 'set aside, not in the ledger',
    next: '`quarantine list --movements` tells the reason and what to do.',
    owner: {
      next: 'It is in the ledger once its reason is mended. Each pay-in is on the page “Set aside”.',
    },
    is: 'expected',
  },
  accepted: { what: 'posted by others, accepted', next: '', is: 'expected' },
  left_account: {
    what: 'of a Stripe account that this instance has left',
    next: '',
    is: 'expected',
  },
  found_again: { what: 'was missing here, read again', next: '', is: 'healed' },
  booked_again: { what: 'was not wholly booked, booked again', next: '', is: 'healed' },
  posted_again: { what: 'was gone from the ledger, posted again', next: '', is: 'healed' },
  not_booked: {
    what: 'row of Stripe’s, not wholly booked',
    next: 'The next sync books what is missing; `explain` with its id shows its postings.',
    owner: {
      next: 'The next run books what is missing. If it stays, tell whoever runs this program.',
    },
    is: 'fault',
  },
  missing_at_stripe: {
    what: 'not listed by Stripe any more',
    next: 'Stripe deletes rows of a sandbox only. Ask Stripe’s support with this id.',
    is: 'fault',
  },
  other_at_stripe: {
    what: 'another amount at Stripe',
    next: 'Nothing of it is overwritten. Ask Stripe’s support with this id.',
    is: 'fault',
  },
  missing_in_ledger: {
    what: 'gone from the ledger',
    next: '`repair --apply` posts it again under its reference.',
    owner: {
      next: 'The next run posts it again. If much is gone, find out who has set the ledger back.',
    },
    is: 'fault',
  },
  accepted_gone: {
    what: 'posted by others, accepted, gone from the ledger',
    next: 'If that is right, `reconcile accept --undo`; else find out who has set the ledger back.',
    owner: {
      next: 'If that is right, tell whoever runs this program; else find out who has set the ledger back.',
    },
    is: 'fault',
  },
  other_in_ledger: {
    what: 'another amount in the ledger',
    next: 'Nothing of it is overwritten: compare both sides with `explain` and correct the ledger.',
    owner: { next: 'Nothing of it is overwritten: compare both amounts, and correct the ledger.' },
    is: 'fault',
  },
  foreign: {
    what: 'posted by others',
    next: '`reconcile accept` with a note if it is right; else `repair --apply --reverse` with a note.',
    owner: {
      next: 'Somebody has posted to Stripe’s balance by hand. If it is right, whoever runs this program accepts it with a note; else reverse it.',
    },
    is: 'fault',
  },
  corrupt_debits: {
    what: 'debits of the balance are not those of its postings',
    next: '`repair --apply` has Core count it again (its master key), while nothing posts.',
    owner: {
      next: 'Whoever runs the ledger has it compute this balance again, while nothing posts.',
    },
    is: 'fault',
  },
  corrupt_credits: {
    what: 'credits of the balance are not those of its postings',
    next: '`repair --apply` has Core count it again (its master key), while nothing posts.',
    owner: {
      next: 'Whoever runs the ledger has it compute this balance again, while nothing posts.',
    },
    is: 'fault',
  },
} as const satisfies Record<string, ItemInfo>;

export type ItemKind = keyof typeof PROOF_ITEMS;

export type ItemCounts = Readonly<Partial<Record<ItemKind, number>>>;

export interface ProofItem {
  readonly kind: ItemKind;
  /** What it is found by: a reference of ours, an id of Stripe's row or of Blnk's. */
  readonly reference: string;
  /** As the ledger or Stripe writes it; upper case but for a balance that somebody else has made. */
  readonly currency: string;
  /** As it moves what Stripe holds: positive comes, negative leaves. Where two sides differ, ours. */
  readonly amount: bigint;
  /** Where two sides differ, the other one. */
  readonly theirs: bigint | null;
  /** Unix seconds: when it happened, as far as that is told. */
  readonly at: number | null;
  /** A reason, a note, or what a stranger wrote about a posting. */
  readonly note: string | null;
  /** Blnk's id of a posting of others. Absent: it is none, or an earlier version has named it. */
  readonly transactionId?: string;
}

/** The note of a posting between two other balances: it moves nothing of what Stripe holds, so its amount is zero. */
export function besideNote(beside: bigint | null, currency: string): string | null {
  return beside === null
    ? null
    : `${formatAmount(beside, currency)} ${currency} between two other balances`;
}

/** By how much two sides of a currency do not agree. All zero: nothing is wrong. */
export interface Gaps {
  /** Stripe's balance less our rows. null: not known yet. */
  readonly stripe: bigint | null;
  /** Our rows less our movements. */
  readonly rows: bigint;
  /** Turnover in the ledger less ours. null: it cannot be read. */
  readonly ledger: Turnover | null;
}

export function isClosed({ stripe, rows, ledger }: Gaps): boolean {
  return !stripe && rows === 0n && !ledger?.debits && !ledger?.credits;
}

/** What is left of the gaps when everything that is named has been taken out. */
export function withoutNamed(gaps: Gaps, items: readonly ProofItem[]): Gaps {
  return items.map(gapsBy).reduce<Gaps>(
    ({ stripe, rows, ledger }, by) => ({
      stripe: stripe === null ? null : stripe - by.stripe,
      rows: rows - by.rows,
      ledger: ledger === null ? null : subtractTurnover(ledger, by.ledger),
    }),
    gaps,
  );
}

/** What is known to be wrong with our rows: a reading is judged for the cut at which it is all that is wrong. */
export function namedAtStripe(items: readonly ProofItem[]): bigint {
  return items.reduce((sum, item) => sum + gapsBy(item).stripe, 0n);
}

/** A wider search finds again what a narrower one has found; the later finding counts. */
export function mergeItems(
  known: readonly ProofItem[],
  found: readonly ProofItem[],
): readonly ProofItem[] {
  const key = ({ kind, reference, currency }: ProofItem) => [kind, reference, currency].join(' ');
  return [...new Map([...known, ...found].map((item) => [key(item), item])).values()];
}

/** Of a kind and a currency, so many are named one by one: of a million that are gone nobody reads each. */
const NAMED = 1_000;

/** The rest of them as one item for each direction, so that all together still account for both sides of the ledger. */
export function bounded(items: readonly ProofItem[]): ProofItem[] {
  const groups = grouped(items, ({ kind, currency }) => `${kind} ${currency}`);
  return groups.flatMap((group) => {
    const rest = grouped(group.slice(NAMED), wayOf);
    return [...group.slice(0, NAMED), ...rest.map(together)];
  });
}

type Some = readonly [ProofItem, ...ProofItem[]];

function grouped(items: readonly ProofItem[], keyOf: (item: ProofItem) => string): Some[] {
  const groups = new Map<string, [ProofItem, ...ProofItem[]]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return [...groups.values()];
}

/** Behind how many they are, so that those of two directions are two. */
function wayOf({ amount, theirs }: ProofItem): string {
  const isTurned = theirs !== null && theirs !== 0n && theirs < 0n !== amount < 0n;
  return `${amount < 0n ? ', out' : ''}${isTurned ? ', there the other way' : ''}`;
}

/** That a balance is not what its postings add up to. */
export function isCorrupt({ kind }: Pick<ProofItem, 'kind'>): boolean {
  return kind === 'corrupt_debits' || kind === 'corrupt_credits';
}

/** What so many that are not named one by one are named by. */
export const more = (count: number) => `${count} more`;

/**
 * Under a reference such as ours are: what our own store has lost looks like that. Of what adds up to zero there
 * nothing else tells.
 */
export function isPerhapsOurs({ kind, reference }: ProofItem): boolean {
  return kind === 'foreign' && looksOurs(reference);
}

/** As SQL understands it too. */
export const TOGETHER = '^([0-9]+) more(,|$)';

const COUNTED = new RegExp(TOGETHER);

type Named = Pick<ProofItem, 'reference' | 'at'>;

/** What happened at a time is one thing, whatever somebody has called it. */
export function isTogether({ reference, at }: Named): boolean {
  return at === null && COUNTED.test(reference);
}

/** How many it stands for. */
export function numberOf(item: Named): number {
  return isTogether(item) ? Number(COUNTED.exec(item.reference)?.[1]) : 1;
}

function together(items: Some): ProofItem {
  const [first] = items;
  const { kind, currency, theirs } = first;
  const sum = (valueOf: (item: ProofItem) => bigint) =>
    items.reduce((all, item) => all + valueOf(item), 0n);
  return {
    ...{ kind, currency, reference: more(items.length) + wayOf(first), at: null, note: null },
    amount: sum(({ amount }) => amount),
    theirs: theirs === null ? null : sum((item) => item.theirs ?? 0n),
  };
}

/** What an item alone would make of gaps that are closed. */
function gapsBy({ kind, amount, theirs }: ProofItem): {
  readonly stripe: bigint;
  readonly rows: bigint;
  readonly ledger: Turnover;
} {
  const none = { stripe: 0n, rows: 0n, ledger: NO_TURNOVER };
  const other = theirs ?? 0n;
  switch (kind) {
    case 'not_yet_in_stripe':
    case 'set_aside':
    case 'accepted':
    case 'left_account':
    case 'found_again':
    case 'booked_again':
    case 'posted_again':
      return none;
    case 'not_booked':
      return { ...none, rows: amount };
    case 'missing_at_stripe':
      return { ...none, stripe: -amount };
    case 'other_at_stripe':
      return { ...none, stripe: other - amount };
    case 'missing_in_ledger':
    case 'accepted_gone':
      return { ...none, ledger: subtractTurnover(NO_TURNOVER, turnoverOf(amount)) };
    case 'other_in_ledger':
      return { ...none, ledger: subtractTurnover(turnoverOf(other), turnoverOf(amount)) };
    case 'foreign':
      return { ...none, ledger: turnoverOf(amount) };
    case 'corrupt_debits':
      return { ...none, ledger: { debits: other - amount, credits: 0n } };
    case 'corrupt_credits':
      return { ...none, ledger: { debits: 0n, credits: other - amount } };
  }
}
