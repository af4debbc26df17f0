/** A proof of one currency as the lines of a bank reconciliation, from the ledger up to Stripe's balance. */
import { totalOf } from './balance-reading';
import { formatAmount } from '../money';
import { isClosed, PROOF_ITEMS, withoutNamed, type ItemKind, type ProofItem } from './proof-items';
import type { CurrencyProof } from './proof';
import { countByKind } from './proof-line';
import { count } from '../text';
import { unreadText, type UnreadRows } from './unread-rows';

export interface ProofLine {
  readonly name: keyof typeof LINE_TEXTS;
  /** Minor units. null: not read, or not known. */
  readonly amount: bigint | null;
  /** What there is to say about it; empty: nothing. */
  readonly more: string;
}

export const LINE_TEXTS = {
  stripe: 'Stripe balance',
  ledger: 'ledger',
  not_yet: 'booked, not yet in Stripe',
  set_aside: 'set aside',
  accepted: 'posted by others, accepted',
  moved_since: 'moved since the reading',
  unexplained: 'unexplained',
} as const;

/** Stripe's list may not be whole yet, a posting open, or too few of several readings add up. */
export const NOT_DECIDED = 'not decided yet, a later sync tells';

/** A right may be missing, or a side was silent. */
const NOT_TOLD = 'a balance was not told; `check` says whether a key lacks the right';

/** Of a currency, also as JSON has it. */
interface Told {
  readonly stripe: unknown;
  readonly ledger: unknown;
  readonly unread?: UnreadRows;
}

/** Why nothing is proven of currencies that were not read. */
export function notReadText(currencies: readonly Told[]): string {
  const texts = currencies.flatMap(({ stripe, ledger, unread }) => [
    ...(unread ? [unreadText(unread)] : []),
    ...(stripe === null || ledger === null ? [NOT_TOLD] : []),
  ]);
  return [...new Set(texts)].join('; ');
}

/** The second is what the ledger has, and every one behind it is added. @param at Unix seconds of the proof */
export function proofLines(at: number, one: CurrencyProof): readonly ProofLine[] {
  return [
    stripeLine(one),
    { name: 'ledger', amount: one.ledger, more: '' },
    ...differenceLines(at, one),
    { name: 'unexplained', amount: one.unexplained, more: '' },
  ];
}

function stripeLine({ currency, stripe }: CurrencyProof): ProofLine {
  if (stripe === null) return { name: 'stripe', amount: null, more: '' };
  const parts = [
    `available ${formatAmount(stripe.available, currency)}`,
    `pending ${formatAmount(stripe.pending, currency)}`,
  ];
  return { name: 'stripe', amount: totalOf(stripe), more: parts.join(', ') };
}

/** What lies between the ledger and Stripe's balance. */
export interface Between extends Pick<CurrencyProof, 'setAside' | 'accepted' | 'movedSince'> {
  readonly notYet: Pick<CurrencyProof['notYet'], 'amount'>;
}

/** By which the ledger has more or less than Stripe's balance, so that each of them can be added to it. */
export function differencesOf({ notYet, setAside, accepted, movedSince }: Between) {
  return {
    not_yet: -notYet.amount,
    set_aside: setAside,
    accepted: -accepted,
    moved_since: -(movedSince ?? 0n),
  };
}

/** What leads from the ledger to Stripe's balance, so that each line can be added up. */
export function differenceLines(at: number, one: CurrencyProof): ProofLine[] {
  const { notYet, items } = one;
  const amounts = differencesOf(one);
  const lines: ProofLine[] = [];
  const counts = countByKind(items);
  const itemsOf = (kind: ItemKind) => counts[kind] ?? 0;
  if (notYet.count > 0) {
    const old = notYet.oldest === null ? '' : `, ${age(at - notYet.oldest)} old`;
    const payIns = count(notYet.count, 'pay-in') + old;
    lines.push({ name: 'not_yet', amount: amounts.not_yet, more: payIns });
  }
  if (itemsOf('set_aside') > 0) {
    const movements = count(itemsOf('set_aside'), 'movement');
    lines.push({ name: 'set_aside', amount: amounts.set_aside, more: movements });
  }
  const others = itemsOf('accepted');
  const left = itemsOf('left_account') > 0 ? 'an account that was left' : '';
  if (others > 0 || left !== '') {
    const postings = others > 0 ? count(others, 'posting') : '';
    const more = [postings, left].filter((text) => text !== '').join(', ');
    lines.push({ name: 'accepted', amount: amounts.accepted, more });
  }
  if (amounts.moved_since !== 0n) {
    lines.push({ name: 'moved_since', amount: amounts.moved_since, more: '' });
  }
  return lines;
}

/** Which of the three comparisons does not come out even: what is unexplained may be zero all the same. */
export function gapTexts({ currency, state, gaps, items }: CurrencyProof): string[] {
  if (state !== 'broken') return [];
  const { stripe, rows, ledger } = gaps;
  const by = (amount: bigint) => formatAmount(amount, currency);
  const texts: string[] = [];
  if (stripe) texts.push(`Stripe’s balance less the rows that it lists: ${by(stripe)}`);
  if (rows !== 0n) texts.push(`rows of Stripe’s less what was booked of them: ${by(rows)}`);
  if (ledger?.debits || ledger?.credits) {
    texts.push(
      `turnover in the ledger less ours: debits ${by(ledger.debits)}, credits ${by(ledger.credits)}`,
    );
  }
  if (!isClosed(withoutNamed(gaps, items))) texts.push('not all of it is named yet');
  return texts;
}

/** What somebody has to do something about first. */
export function worstFirst(items: readonly ProofItem[]): ProofItem[] {
  const rank = ({ kind }: ProofItem) =>
    ['fault', 'healed', 'expected'].indexOf(PROOF_ITEMS[kind].is);
  return [...items].sort((a, b) => rank(a) - rank(b));
}

/** "40 s", "12 min", "5 h", "3 days": in the largest unit of which there are two. */
function age(seconds: number): string {
  if (seconds < 120) return `${Math.max(0, seconds)} s`;
  if (seconds < 2 * 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 2 * 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} days`;
}
