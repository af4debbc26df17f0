/** A proof in one sentence for each currency, as a run ends with it. */
import { totalOf } from './balance-reading';
import { formatAmount } from '../money';
import { openingWaitText } from '../opening/opening-wait';
import { differenceLines, LINE_TEXTS } from './proof-lines';
import type { CurrencyProof, Proof } from './proof';

/** "Stripe 125,662.76 USD = ledger 125,662.76 USD: proven" */
export function proofSentences({ at, currencies }: Proof): string[] {
  return currencies.map((one) => sentenceOf(at, one));
}

function sentenceOf(at: number, one: CurrencyProof): string {
  const { currency, state } = one;
  const stripe = one.stripe && totalOf(one.stripe);
  const sides = `Stripe ${sideOf(stripe, currency)}, ledger ${sideOf(one.ledger, currency)}`;
  switch (state) {
    case 'proven':
    case 'explained':
      return `${sides.replace(', ledger', ' = ledger')}${differencesOf(at, one)}: ${state}`;
    case 'broken':
      return `${sides}: broken, ${sideOf(one.unexplained, currency)} unexplained; \`proofs show\` names what was found`;
    case 'waiting':
      if (one.opening !== undefined) return `${sides}: ${openingWaitText(one.opening)}`;
      return `${sides}: not decided yet, a later sync tells`;
    case 'not_read':
      return `${sides}: not proven, a key may not read the balance`;
  }
}

function sideOf(minor: bigint | null, currency: string): string {
  return minor === null ? `${currency} not read` : `${formatAmount(minor, currency)} ${currency}`;
}

/** " - 100.00 (booked, not yet in Stripe)" */
function differencesOf(at: number, one: CurrencyProof): string {
  return differenceLines(at, one)
    .filter(({ amount }) => amount !== null && amount !== 0n)
    .map(({ name, amount }) => {
      const minor = amount ?? 0n;
      const size = formatAmount(minor < 0n ? -minor : minor, one.currency);
      return ` ${minor < 0n ? '-' : '+'} ${size} (${LINE_TEXTS[name]})`;
    })
    .join('');
}
