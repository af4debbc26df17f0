/** The proof on the overview: whether the ledger holds what Stripe holds, and what to do if it does not. */
import { formatAmount } from '../domain/money';
import type { CurrencyProof, Proof } from '../domain/proof/proof';
import { PROOF_STATES } from '../domain/proof/proof';
import { differenceLines, worstFirst } from '../domain/proof/proof-lines';
import { count, dayOf, formatNumber } from '../domain/text';
import { html, type Html } from './html';
import { itemWords, lineText, PROOF_STATE, proofSays } from './proof-words';
import type { ProofStanding } from './proof-standing';
import { suspenseText } from './suspense';
import type { Visit } from './visit';
import { money, timeOf, type Tone } from './words';

/** Currencies, and lines below them, that are seen at once; the page of the proof has all. */
const CURRENCIES = 5;
const LINES = 5;

/**
 * One quiet line where nothing is proven.
 * @param hasSynced a new instance is proven from its first sync on, or says after it why not
 */
export function proofCard(
  standing: ProofStanding | undefined,
  visit: Visit,
  hasSynced: boolean,
): Html | false {
  if (!standing) return hasSynced && offLine(visit);
  const { tone, title, says } = headOf(standing);
  const { newest, suspense } = standing;
  return html`<section class="card proof ${tone}" aria-labelledby="proof-title">
    <div>
      <h2 id="proof-title">${title}</h2>
      <p>${says}</p>
      ${proofFacts(standing)}
    </div>
    ${newest && currenciesTable(newest.proof)} ${newest && lines(newest.proof, visit)}
    ${suspense.length > 0 && html`<p>${suspenseText(suspense)}</p>`}
    <p><a href="${visit.at('proof')}">The proof, line by line</a></p>
  </section>`;
}

function offLine({ at }: Visit): Html {
  return html`<p class="muted">
    Only pay-ins are booked, so the ledger is not compared with Stripe’s balance.
    <a href="${at('proof')}">What that takes</a>
  </p>`;
}

export function headOf({ newest, soundAt, isStale }: ProofStanding): {
  readonly tone: Tone;
  readonly title: string;
  readonly says: string;
} {
  if (!newest) {
    const says = 'It is made at the end of the next run that reads everything new.';
    return { tone: 'quiet', title: 'No proof yet', says };
  }
  const { proof } = newest;
  const words = PROOF_STATE[proof.state];
  if (isStale && soundAt === proof.at) {
    const says = 'It was proven then, and no run has made a proof since.';
    return { tone: 'warn', title: 'Not proven for more than a day', says };
  }
  return { ...words, says: proofSays(proof) };
}

/** When, since when and of how much. */
export function proofFacts({ newest, soundAt }: Omit<ProofStanding, 'suspense'>): Html | false {
  if (!newest) return false;
  const { at, since, currencies } = newest.proof;
  const movements = currencies.reduce((sum, one) => sum + one.movements, 0);
  const from = since === null ? 'since the account began' : `since ${dayOf(since)}`;
  return html`<p class="muted">
    Made ${timeOf(new Date(at * 1000))}, of ${count(movements, 'movement')} ${from}.
    ${soundAt !== null && soundAt !== at && html`Last proven ${timeOf(new Date(soundAt * 1000))}.`}
  </p>`;
}

export function currenciesTable({ currencies }: Proof): Html | false {
  if (currencies.length === 0) return false;
  const shown = byWorst(currencies).slice(0, CURRENCIES);
  const more = currencies.length - shown.length;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Balances by currency">
      <table>
        <thead>
          <tr>
            <th scope="col">Currency</th>
            <th scope="col" class="number wide">Stripe</th>
            <th scope="col" class="number wide">Ledger</th>
            <th scope="col" class="number">Unexplained</th>
          </tr>
        </thead>
        <tbody>
          ${shown.map((one) => currencyRow(one))}
        </tbody>
      </table>
    </div>
    ${more > 0 && html`<p class="muted">And ${formatNumber(more)} more ${more === 1 ? 'currency' : 'currencies'}.</p>`}`;
}

function currencyRow(one: CurrencyProof): Html {
  const { currency, stripe, ledger, unexplained } = one;
  const amount = (minor: bigint | null, without: string) =>
    minor === null ? without : formatAmount(minor, currency);
  const held = stripe && stripe.available + stripe.pending;
  const isWrong = one.state === 'broken';
  const sides = { stripe: amount(held, 'Not read'), ledger: amount(ledger, 'Not read') };
  return html`<tr>
    <th scope="row">
      ${currency}<span class="narrow">Stripe ${sides.stripe}</span
      ><span class="narrow">Ledger ${sides.ledger}</span>
    </th>
    <td class="number wide">${sides.stripe}</td>
    <td class="number wide">${sides.ledger}</td>
    <td class="number ${isWrong && 'wrong'}">${amount(unexplained, 'Not known')}</td>
  </tr>`;
}

/** What leads from the ledger to Stripe, and of a broken one what was found. */
function lines({ at, currencies }: Proof, { access }: Visit): Html | false {
  const worst = byWorst(currencies);
  const found = worst
    .filter(({ state }) => state === 'broken')
    .flatMap(({ currency, items }) =>
      worstFirst(items).map(({ kind, reference, amount }) => {
        const { what, next } = itemWords(kind);
        return html`<li>
          <strong>${what}</strong>:
          <code>${reference}</code> ${money(amount, currency)}${next !== '' && `. ${next}`}
        </li>`;
      }),
    );
  const between = worst.flatMap((one) =>
    differenceLines(at, one).map(
      (line) =>
        html`<li>
          ${lineText(line, access.balances.source)}: ${money(line.amount ?? 0n, one.currency)}
          ${line.more !== '' && html`<span class="muted">${line.more}</span>`}
        </li>`,
    ),
  );
  const all = [...found, ...between];
  if (all.length === 0) return false;
  const more = all.length - LINES;
  return html`<ul class="reasons">
    ${all.slice(0, LINES)}
    ${more > 0 && html`<li class="muted">And ${formatNumber(more)} more.</li>`}
  </ul>`;
}

export function byWorst(currencies: readonly CurrencyProof[]): CurrencyProof[] {
  const rank = ({ state }: CurrencyProof) => PROOF_STATES.indexOf(state);
  return [...currencies].sort((a, b) => rank(a) - rank(b));
}
