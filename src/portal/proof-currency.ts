/** The proof of one currency: its lines as a table, what does not come out even, and what was found by name. */
import { formatAmount } from '../domain/money';
import type { CurrencyProof, Proof } from '../domain/proof/proof';
import { gapTexts, proofLines, worstFirst, type ProofLine } from '../domain/proof/proof-lines';
import { countByKind } from '../domain/proof/proof-line';
import type { ItemKind, ProofItem } from '../domain/proof/proof-items';
import { asSentence, formatNumber } from '../domain/text';
import { html, type Html } from './html';
import { itemWords, lineText, otherSide, PROOF_STATE } from './proof-words';
import type { Visit } from './visit';
import { badge, timeOf } from './words';

/** Of one kind that are seen at once. */
const SHOWN = 50;

export function currencyPart(proof: Proof, one: CurrencyProof, visit: Visit): Html {
  const { currency, state } = one;
  const { text, tone } = PROOF_STATE[state];
  const id = `currency-${currency}`;
  const gaps = gapTexts(one);
  return html`<section aria-labelledby="${id}">
    <h2 id="${id}">${currency} ${badge(text, tone)}</h2>
    ${linesTable(proof, one, visit)}
    ${
      gaps.length > 0 &&
      html`<ul>
        ${gaps.map((gap) => html`<li>${asSentence(gap)}</li>`)}
      </ul>`
    }
    ${byKind(one.items).map(([kind, items]) => itemsPart(kind, items, one, visit))}
  </section>`;
}

function linesTable({ at }: Proof, one: CurrencyProof, { access }: Visit): Html {
  const { currency } = one;
  return html`<div
    class="card scroll"
    tabindex="0"
    role="region"
    aria-label="${currency}, line by line"
  >
    <table class="lines">
      <thead class="hidden">
        <tr>
          <th scope="col">Line</th>
          <th scope="col">Amount</th>
          <th scope="col">What there is to say</th>
        </tr>
      </thead>
      <tbody>
        ${proofLines(at, one).map((line) => {
          const more = moreOf(line, one);
          return html`<tr class="${line.name}">
            <th scope="row">
              ${lineText(line, access.balances.source)}${more && html`<span class="narrow">${more}</span>`}
            </th>
            <td class="number ${line.name === 'unexplained' && one.state === 'broken' && 'wrong'}">
              ${line.amount === null ? unknownOf(line) : formatAmount(line.amount, currency)}
            </td>
            <td class="wide muted">${more}</td>
          </tr>`;
        })}
      </tbody>
    </table>
  </div>`;
}

function moreOf({ name, more }: ProofLine, { asOf }: CurrencyProof): Html | string | null {
  if (name === 'stripe' && asOf !== null) {
    return html`${more}, stated ${timeOf(new Date(asOf * 1000))}`;
  }
  return more === '' ? null : more;
}

function unknownOf({ name }: ProofLine): string {
  return name === 'unexplained' ? 'Not known' : 'Not read';
}

/** The worst kinds first. */
function byKind(items: readonly ProofItem[]): [ItemKind, ProofItem[]][] {
  const kinds = new Map<ItemKind, ProofItem[]>();
  for (const item of worstFirst(items)) {
    kinds.set(item.kind, [...(kinds.get(item.kind) ?? []), item]);
  }
  return [...kinds];
}

function itemsPart(
  kind: ItemKind,
  items: readonly ProofItem[],
  { currency }: CurrencyProof,
  visit: Visit,
): Html {
  const { what, next } = itemWords(kind);
  const countOf = (some: readonly ProofItem[]) => countByKind(some)[kind] ?? 0;
  const more = countOf(items.slice(SHOWN));
  const hasOther = items.some(({ theirs }) => theirs !== null);
  const hasTime = items.some(({ at }) => at !== null);
  const hasNote = items.some(({ note }) => note !== null);
  return html`<div class="card found">
    <h3>${what} <span class="count">${formatNumber(countOf(items))}</span></h3>
    ${next !== '' && html`<p>${next}</p>`}
    <div class="scroll" tabindex="0" role="region" aria-label="${what}, ${currency}">
      <table>
        <thead>
          <tr>
            <th scope="col">Reference</th>
            <th scope="col" class="number">Amount</th>
            ${hasOther && html`<th scope="col" class="number">${otherSide(kind)}</th>`}
            ${hasTime && html`<th scope="col" class="wide">When</th>`}
            ${hasNote && html`<th scope="col" class="wide">Note</th>`}
          </tr>
        </thead>
        <tbody>
          ${items.slice(0, SHOWN).map(
            ({ reference, amount, theirs, at, note, transactionId = reference }) =>
              html`<tr>
                <th scope="row" class="id">
                  ${referenceOf(reference, visit)}${transactionId !== reference && html`<br /><code class="muted">${transactionId}</code>`}${note !== null && html`<span class="narrow">${note}</span>`}
                </th>
                <td class="number">${formatAmount(amount, currency)}</td>
                ${hasOther && html`<td class="number">${theirs === null ? '' : formatAmount(theirs, currency)}</td>`}
                ${hasTime && html`<td class="wide">${at !== null && timeOf(new Date(at * 1000))}</td>`}
                ${hasNote && html`<td class="wide note">${note}</td>`}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${more > 0 && html`<p class="muted">And ${formatNumber(more)} more.</p>`}
  </div>`;
}

/** A payment has a page of its own. */
function referenceOf(reference: string, { at }: Visit): Html {
  const [, payment] = /^(pi_[A-Za-z0-9_]{1,250})(?:\.|$)/.exec(reference) ?? [];
  const shown = html`<code>${reference}</code>`;
  return payment === undefined
    ? shown
    : html`<a href="${at('payments', `/${payment}`)}">${shown}</a>`;
}
