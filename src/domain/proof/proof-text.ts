/** A proof as people read it, in the form of a bank reconciliation. */
import { formatAmount } from '../money';
import { itemText } from './proof-line';
import { openingWaitText } from '../opening/opening-wait';
import {
  gapTexts,
  LINE_TEXTS,
  NOT_DECIDED,
  notReadText,
  proofLines,
  worstFirst,
  type ProofLine,
} from './proof-lines';
import type { CurrencyProof, Proof, ProofState } from './proof';
import { count, formatTime } from '../text';
import { unreadText } from './unread-rows';

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

/** @param source what the source balance is called, `@stripe` unless the settings say otherwise */
export function proofAsText(proof: Proof, source: string): string {
  if (proof.currencies.length === 0) {
    return `${STATE_TEXT[proof.state]}   no currency has any money or movement`;
  }
  return proof.currencies.map((one) => currencyAsText(proof, one, source)).join('\n\n');
}

function currencyAsText(proof: Proof, one: CurrencyProof, source: string): string {
  const { currency } = one;
  const lines = proofLines(proof.at, one).map((line) => ({
    label: labelOf(line, proof, one, source),
    amount: line.amount === null ? unknownText(line) : formatAmount(line.amount, currency),
    more: line.name === 'unexplained' ? stateText(proof, one) : line.more,
  }));
  const width = Math.max(AMOUNT_WIDTH, ...lines.map(({ amount }) => amount.length + 1));
  const text = lines.map(({ label, amount, more }, index) => {
    const start = (index === 0 ? currency : '').padEnd(5);
    const end = more === '' ? '' : `   ${more}`;
    return `${start}${label.padEnd(LABEL_WIDTH)}${amount.padStart(width)}${end}`;
  });
  const gaps = gapTexts(one).map((gap) => `     ${gap}`);
  return [...text, ...gaps, ...itemTexts(one)].join('\n');
}

function labelOf({ name }: ProofLine, { at }: Proof, { asOf }: CurrencyProof, source: string) {
  if (name === 'ledger') return `${LINE_TEXTS.ledger} (${source})`;
  if (name !== 'stripe' || asOf === null) return LINE_TEXTS[name];
  const time = formatTime(new Date(asOf * 1000)).slice(0, 19);
  return day(asOf) === day(at) ? `${LINE_TEXTS.stripe} ${time.slice(11)}` : `Stripe ${time}`;
}

function unknownText({ name }: ProofLine): string {
  return name === 'unexplained' ? 'not known' : 'not read';
}

function stateText({ since }: Proof, one: CurrencyProof): string {
  const { state, movements, opening } = one;
  const word = STATE_TEXT[state];
  switch (state) {
    case 'proven':
    case 'explained': {
      const from = since === null ? 'the first movement on' : day(since);
      const complete = since === null ? 'complete from' : 'complete since';
      return `${word}   ${complete} ${from}, ${count(movements, 'movement')}`;
    }
    case 'broken':
      return one.unread ? `${word}   ${unreadText(one.unread)}` : word;
    case 'waiting':
      return `${word}   ${opening === undefined ? NOT_DECIDED : openingWaitText(opening)}`;
    case 'not_read':
      return `${word}   ${notReadText([one])}`;
  }
}

function itemTexts({ items }: CurrencyProof): string[] {
  const texts = worstFirst(items)
    .slice(0, SHOWN)
    .map((item) => `     - ${itemText(item)}`);
  const more = items.length - texts.length;
  return more > 0 ? [...texts, `     - and ${more} more`] : texts;
}

function day(seconds: number): string {
  return formatTime(new Date(seconds * 1000)).slice(0, 10);
}
