/** The page of the proof: the newest one line by line, what stands in suspense, and the ones before. */
import { SyncError } from '../domain/errors';
import { formatAmount } from '../domain/money';
import type { CurrencyProof } from '../domain/proof/proof';
import { findProof, pageOfProofs, type StoredProof } from '../store/proofs';
import { html, type Html } from './html';
import { listPage, pager, queryOf, type ListPage, type PageAsked } from './paging';
import { byWorst, headOf, proofFacts } from './proof-card';
import { currencyPart } from './proof-currency';
import { proofOffBody } from './proof-off';
import { readProofStanding, type ProofStanding } from './proof-standing';
import { PROOF_STATE, proofSays } from './proof-words';
import { suspensePart } from './suspense';
import type { PortalDeps, Visit } from './visit';
import { badge, timeOf } from './words';

/** Proofs of a page of the list. */
export const PROOFS_SHOWN = 30;

export interface Proofs {
  readonly standing: ProofStanding;
  readonly list: ListPage<StoredProof>;
}

/** undefined: nothing is proven here. */
export async function readProofs(
  deps: PortalDeps,
  visit: Visit,
  asked: PageAsked,
): Promise<Proofs | undefined> {
  const standing = await readProofStanding(deps, visit, new Date());
  if (!standing) return undefined;
  const rows = await pageOfProofs(deps.db, visit.session.instanceId, asked);
  const list = listPage(asked, rows, ({ id }) => ({ key: String(id), id: String(id) }));
  return { standing, list };
}

/** @throws SyncError NOT_FOUND, also for a proof of another instance */
export async function readProof(
  { db }: PortalDeps,
  { session }: Visit,
  number: string,
): Promise<StoredProof> {
  const id = /^\d{1,15}$/.test(number) ? Number(number) : 0;
  const stored = await findProof(db, session.instanceId, id);
  if (!stored) throw new SyncError('NOT_FOUND');
  return stored;
}

export function proofsBody(proofs: Proofs | undefined, visit: Visit): Html {
  if (!proofs) return proofOffBody(visit);
  const { standing, list } = proofs;
  const { newest, suspense } = standing;
  const { tone, title, says } = headOf(standing);
  return html`<section class="card proof ${tone}" aria-labelledby="proof-title">
      <div>
        <h2 id="proof-title">${title}</h2>
        <p>${says}</p>
        ${proofFacts(standing)}
      </div>
    </section>
    ${newest && currencies(newest, visit)} ${suspensePart(suspense, visit)}
    ${list.rows.length > 0 && history(list, visit)}`;
}

/** One of those before. */
export function proofBody(stored: StoredProof, visit: Visit): Html {
  const { proof, syncId } = stored;
  const { tone, title } = PROOF_STATE[proof.state];
  return html`<p><a href="${visit.at('proof')}">The newest proof</a></p>
    <section class="card proof ${tone}" aria-labelledby="proof-title">
      <div>
        <h2 id="proof-title">${title}</h2>
        <p>${proofSays(proof)}</p>
        ${proofFacts({ newest: stored, soundAt: proof.at, isStale: false })}
      </div>
    </section>
    ${currencies(stored, visit)}
    ${syncId !== null && html`<p><a href="${visit.at('runs', `/${syncId}`)}">The run that made it</a></p>`}`;
}

function currencies({ proof }: StoredProof, visit: Visit): Html[] {
  return byWorst(proof.currencies).map((one) => currencyPart(proof, one, visit));
}

function history(list: ListPage<StoredProof>, { at }: Visit): Html {
  return html`<section aria-labelledby="history-title">
    <h2 id="history-title">All proofs</h2>
    <div class="card scroll" tabindex="0" role="region" aria-labelledby="history-title">
      <table>
        <thead>
          <tr>
            <th scope="col">Made</th>
            <th scope="col">Result</th>
            <th scope="col" class="number">Unexplained</th>
            <th scope="col" class="number wide">Number</th>
          </tr>
        </thead>
        <tbody>
          ${list.rows.map(
            ({ id, proof }) =>
              html`<tr>
                <th scope="row">
                  <a href="${at('proof', `/${id}`)}">${timeOf(new Date(proof.at * 1000))}</a>
                </th>
                <td>${badge(PROOF_STATE[proof.state].text, PROOF_STATE[proof.state].tone)}</td>
                <td class="number">${unexplainedOf(proof.currencies)}</td>
                <td class="number wide">${id}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${pager(list, undefined, 'proofs', (values) => at('proof', queryOf(values)))}
  </section>`;
}

/** Where all of it is zero, that is said once. */
function unexplainedOf(proven: readonly CurrencyProof[]): string {
  const known = proven.flatMap(({ currency, unexplained }) =>
    unexplained === null ? [] : [{ currency, unexplained }],
  );
  const wrong = known.filter(({ unexplained }) => unexplained !== 0n);
  if (wrong.length > 0) {
    return wrong
      .map(({ currency, unexplained }) => `${formatAmount(unexplained, currency)} ${currency}`)
      .join(', ');
  }
  return known.length < proven.length || proven.length === 0 ? 'Not known' : 'None';
}
