/** A proof in one sentence for each currency, as a run ends with it. */
import { totalOf } from './balance-reading';
import { formatAmount } from '../money';
import { openingWaitText } from '../opening/opening-wait';
import { differencesOf, LINE_TEXTS, NOT_DECIDED, notReadText, type Between } from './proof-lines';
import type { CurrencyProof, Proof } from './proof';

/** "Stripe 125,662.76 USD = ledger 125,662.76 USD: proven" */
export function proofSentences({ currencies }: Proof): string[] {
  return currencies.map(sentenceOf);
}

function sentenceOf(one: CurrencyProof): string {
  const { currency, state } = one;
  const stripe = one.stripe && totalOf(one.stripe);
  const sides = `Stripe ${sideOf(stripe, currency)}, ledger ${sideOf(one.ledger, currency)}`;
  switch (state) {
    case 'proven':
    case 'explained':
      return `${sides.replace(', ledger', ' = ledger')}${betweenText(one, currency)}: ${state}`;
    case 'broken':
      return `${sides}: broken${unexplainedOf(one)}; \`proofs show\` names what was found`;
    case 'waiting':
      if (one.opening !== undefined) return `${sides}: ${openingWaitText(one.opening)}`;
      return `${sides}: ${NOT_DECIDED}`;
    case 'not_read':
      return `${sides}: not proven, ${notReadText([one])}`;
  }
}

/** Without one side nothing is known of it. */
function unexplainedOf({ unexplained, currency }: CurrencyProof): string {
  return unexplained === null ? '' : `, ${sideOf(unexplained, currency)} unexplained`;
}

function sideOf(minor: bigint | null, currency: string): string {
  return minor === null ? `${currency} not read` : `${formatAmount(minor, currency)} ${currency}`;
}

/** " - 100.00 (booked, not yet in Stripe)": behind what the ledger holds; empty where nothing lies between. */
export function betweenText(between: Between, currency: string): string {
  const differences = Object.entries(differencesOf(between)) as [keyof typeof LINE_TEXTS, bigint][];
  return differences
    .filter(([, amount]) => amount !== 0n)
    .map(([name, amount]) => {
      const size = formatAmount(amount < 0n ? -amount : amount, currency);
      return ` ${amount < 0n ? '-' : '+'} ${size} (${LINE_TEXTS[name]})`;
    })
    .join('');
}
