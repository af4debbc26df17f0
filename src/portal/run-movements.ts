/** What a run did besides pay-ins: the movements that it has found, by kind, and the proof that it ended with. */
import { kindText } from '../domain/kinds/table';
import { outcomesOf } from '../domain/movements/movement-counts';
import type { MovementsReport } from '../domain/movements/movements-report';
import { OUTCOME_FIELDS, type OutcomeField } from '../domain/outcomes';
import { asSentence, formatNumber } from '../domain/text';
import type { StoredProof } from '../store/proofs';
import { html, type Html } from './html';
import { OUTCOME_TITLE } from './outcomes';
import { currenciesTable } from './proof-card';
import { PROOF_STATE, proofSays } from './proof-words';
import type { Visit } from './visit';
import { badge } from './words';

/** The most frequent kinds first; columns without any number are left out. */
export function movementsPart(movements: MovementsReport): Html {
  const kinds = Object.entries(movements.byCategory).sort(([, a], [, b]) => b.found - a.found);
  if (kinds.length === 0) {
    return html`<section aria-labelledby="movements-title">
      <h2 id="movements-title">Movements</h2>
      <p>It found nothing else that has moved Stripe’s balance.</p>
    </section>`;
  }
  const sums = outcomesOf(movements);
  const fields = OUTCOME_FIELDS.filter((field) => sums[field] > 0);
  const line = (title: string, counts: MovementsReport | (typeof kinds)[number][1]) =>
    html`<tr>
      <th scope="row">${title}</th>
      <td class="number">${formatNumber(counts.found)}</td>
      ${fields.map((field) => html`<td class="number">${formatNumber(outcomesOf(counts)[field])}</td>`)}
    </tr>`;
  return html`<section aria-labelledby="movements-title">
    <h2 id="movements-title">Movements</h2>
    <p class="muted">What else has moved Stripe’s balance: fees, refunds, payouts and the like.</p>
    <div class="card scroll" tabindex="0" role="region" aria-labelledby="movements-title">
      <table>
        <thead>
          <tr>
            <th scope="col">Of</th>
            <th scope="col" class="number">Found</th>
            ${fields.map((field: OutcomeField) => html`<th scope="col" class="number">${OUTCOME_TITLE[field]}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${kinds.map(([kind, counts]) => line(asSentence(kindText(kind)), counts))}
          ${kinds.length > 1 && line('All', movements)}
        </tbody>
      </table>
    </div>
  </section>`;
}

export function proofOfRun({ id, proof }: StoredProof, { at }: Visit): Html {
  const { text, tone } = PROOF_STATE[proof.state];
  return html`<section aria-labelledby="proof-title">
    <h2 id="proof-title">Proof ${badge(text, tone)}</h2>
    <p>${proofSays(proof)}</p>
    <div class="card">${currenciesTable(proof)}</div>
    <p><a href="${at('proof', `/${id}`)}">This proof, line by line</a></p>
  </section>`;
}
