/** A proof as people read it, in the form of a bank reconciliation. */
import { totalOf } from './balance-reading';
import { formatAmount } from './money';
import { isClosed, PROOF_ITEMS, withoutNamed, type ItemKind, type ProofItem } from './proof-items';
import type { CurrencyProof, Proof, ProofState } from './proof';
import { LISTED_AFTER } from './reading-judgement';
import { count, formatTime } from './text';

const STATE_TEXT: Record<ProofState, string> = {
  proven: 'PROVEN',
  explained: 'EXPLAINED',
  broken: 'BROKEN',
  waiting: 'WAITING',
  not_read: 'NOT READ',
};

/** Named in the text; all of them are in the JSON. */
const SHOWN = 20;

const LABEL_WIDTH = 26;
const AMOUNT_WIDTH = 14;

/** A line: what it is, minor units or a word instead, and what there is to say about it. */
type Line = readonly [label: string, amount: bigint | string, more: string];

/** @param source what the source balance is called, `@stripe` unless the settings say otherwise */
export function proofAsText(proof: Proof, source: string): string {
  if (proof.currencies.length === 0) return 'NOT READ   no currency has any money or movement';
  return proof.currencies.map((one) => currencyAsText(proof, one, source)).join('\n\n');
}

function currencyAsText(proof: Proof, one: CurrencyProof, source: string): string {
  const { currency } = one;
  const lines = [
    stripeLine(proof, one),
    [`ledger (${source})`, one.ledger ?? 'not read', ''] as const,
    ...differenceLines(proof, one),
    ['unexplained', one.unexplained ?? 'not known', stateText(proof, one)] as const,
  ].map(([label, amount, more]) => ({
    label,
    amount: typeof amount === 'string' ? amount : formatAmount(amount, currency),
    more: more === '' ? '' : `   ${more}`,
  }));
  const width = Math.max(AMOUNT_WIDTH, ...lines.map(({ amount }) => amount.length + 1));
  const text = lines.map(({ label, amount, more }, index) => {
    const start = (index === 0 ? currency : '').padEnd(5);
    return `${start}${label.padEnd(LABEL_WIDTH)}${amount.padStart(width)}${more}`;
  });
  return [...text, ...gapTexts(one), ...itemTexts(one)].join('\n');
}

/** What leads from the ledger to Stripe's balance, so that each line can be added up. */
function differenceLines({ at }: Proof, one: CurrencyProof): Line[] {
  const { notYet, setAside, accepted, movedSince, items } = one;
  const lines: Line[] = [];
  const itemsOf = (kind: ItemKind) => items.filter((item) => item.kind === kind).length;
  if (notYet.count > 0) {
    const old = notYet.oldest === null ? '' : `, ${age(at - notYet.oldest)} old`;
    const payIns = count(notYet.count, 'pay-in') + old;
    lines.push(['booked, not yet in Stripe', -notYet.amount, payIns]);
  }
  if (itemsOf('set_aside') > 0) {
    lines.push(['set aside', setAside, count(itemsOf('set_aside'), 'movement')]);
  }
  if (itemsOf('accepted') > 0) {
    lines.push(['posted by others, accepted', -accepted, count(itemsOf('accepted'), 'posting')]);
  }
  if (movedSince !== null && movedSince !== 0n) {
    lines.push(['moved since the reading', -movedSince, '']);
  }
  return lines;
}

function stripeLine({ at }: Proof, { currency, stripe, asOf }: CurrencyProof): Line {
  if (stripe === null || asOf === null) return ['Stripe balance', 'not read', ''];
  const time = formatTime(new Date(asOf * 1000)).slice(0, 19);
  const parts = [
    `available ${formatAmount(stripe.available, currency)}`,
    `pending ${formatAmount(stripe.pending, currency)}`,
  ];
  const label = day(asOf) === day(at) ? `Stripe balance ${time.slice(11)}` : `Stripe ${time}`;
  return [label, totalOf(stripe), parts.join(', ')];
}

function stateText({ since }: Proof, { state, movements }: CurrencyProof): string {
  const word = STATE_TEXT[state];
  switch (state) {
    case 'proven':
    case 'explained': {
      const from = since === null ? 'the first movement on' : day(since);
      const complete = since === null ? 'complete from' : 'complete since';
      return `${word}   ${complete} ${from}, ${count(movements, 'movement')}`;
    }
    case 'broken':
      return word;
    case 'waiting':
      return `${word}   judged when Stripe’s list is ${LISTED_AFTER} s past the reading`;
    case 'not_read':
      return `${word}   a key may not read the balance`;
  }
}

/** Which of the three comparisons does not come out even: what is unexplained may be zero all the same. */
function gapTexts({ currency, state, gaps, items }: CurrencyProof): string[] {
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
  return texts.map((text) => `     ${text}`);
}

function itemTexts({ currency, items }: CurrencyProof): string[] {
  const worst = [...items].sort((a, b) => rank(a) - rank(b));
  const texts = worst.slice(0, SHOWN).map(({ kind, reference, amount, theirs, note }) => {
    const other = theirs === null ? '' : `, there ${formatAmount(theirs, currency)}`;
    const said = note === null ? '' : ` (${note})`;
    const money = formatAmount(amount, currency);
    return `     - ${PROOF_ITEMS[kind].what}: ${reference} ${money}${other}${said}`;
  });
  const more = items.length - texts.length;
  return more > 0 ? [...texts, `     - and ${more} more`] : texts;
}

function rank({ kind }: ProofItem): number {
  return ['fault', 'healed', 'expected'].indexOf(PROOF_ITEMS[kind].is);
}

function day(seconds: number): string {
  return formatTime(new Date(seconds * 1000)).slice(0, 10);
}

/** "40 s", "12 min", "5 h", "3 days": in the largest unit of which there are two. */
function age(seconds: number): string {
  if (seconds < 120) return `${Math.max(0, seconds)} s`;
  if (seconds < 2 * 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 2 * 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} days`;
}
