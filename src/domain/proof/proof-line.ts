/** A proof in a line: of a list of them, in the report of a sync and on the screen of an instance. */
import { formatAmount } from '../money';
import {
  numberOf,
  PROOF_ITEMS,
  type ItemCounts,
  type ItemKind,
  type ProofItem,
} from './proof-items';
import type { Proof, ProofState } from './proof';
import { formatNumber, formatTime } from '../text';

/** In the middle of a sentence. */
export const PROOF_WORD: Record<ProofState, string> = {
  proven: 'proven',
  explained: 'explained',
  broken: 'broken',
  waiting: 'waiting',
  not_read: 'not read',
};

/** "12.34 USD": by how much each currency is off that is; "none" where none is, empty where there is no currency. */
export function unexplainedText({ currencies }: Pick<Proof, 'currencies'>): string {
  const off = currencies.filter(({ unexplained }) => unexplained !== 0n);
  if (off.length === 0 && currencies.length > 0) return 'none';
  return off
    .map(({ currency, unexplained }) =>
      unexplained === null
        ? `${currency} not known`
        : `${formatAmount(unexplained, currency)} ${currency}`,
    )
    .join(', ');
}

/** "2 x posted by others": what is worst comes first. */
export function namedText(counts: ItemCounts): string {
  return KINDS.flatMap((kind) => {
    const number = counts[kind] ?? 0;
    return number === 0 ? [] : [`${formatNumber(number)} x ${PROOF_ITEMS[kind].what}`];
  }).join('; ');
}

/**
 * One thing that is named: how much, when, by which id of Blnk's where its reference is another, and in whose words.
 * @param unit " USD", where no currency stands above it
 */
export function itemText(item: ProofItem, unit = ''): string {
  const { kind, reference, currency, amount, theirs, at, note, transactionId } = item;
  const facts = [
    `${reference} ${formatAmount(amount, currency)}`,
    ...(theirs === null ? [] : [`there ${formatAmount(theirs, currency)}`]),
  ].join(', ');
  const found = [
    ...(at === null ? [] : [formatTime(new Date(at * 1000))]),
    ...(transactionId === undefined || transactionId === reference ? [] : [transactionId]),
  ].map((text) => `, ${text}`);
  const said = note === null ? '' : ` (${note})`;
  return `${PROOF_ITEMS[kind].what}: ${facts}${unit}${found.join('')}${said}`;
}

const RANK = ['fault', 'healed', 'expected'];

const KINDS = (Object.keys(PROOF_ITEMS) as ItemKind[]).sort(
  (a, b) => RANK.indexOf(PROOF_ITEMS[a].is) - RANK.indexOf(PROOF_ITEMS[b].is),
);

/** How many things: one that stands for many counts as these. */
export function countByKind(items: readonly ProofItem[]): ItemCounts {
  const counts: Partial<Record<ItemKind, number>> = {};
  for (const item of items) counts[item.kind] = (counts[item.kind] ?? 0) + numberOf(item);
  return counts;
}

/** What to do about each kind that a proof names, once. */
export function nextSteps(items: readonly ProofItem[]): string[] {
  const counts = countByKind(items);
  return KINDS.flatMap((kind) => {
    const { what, next } = PROOF_ITEMS[kind];
    return counts[kind] === undefined || next === '' ? [] : [`${what}: ${next}`];
  });
}
