/** One run: its report, its money, why pay-ins were set aside, and its payments. */
import { SyncError } from '../domain/errors';
import { formatAmount } from '../domain/money';
import { withoutOutcome, withTexts } from '../domain/outcomes';
import { countsOf, type Report } from '../domain/report';
import { describeScope, type Scope } from '../domain/sync';
import { formatNumber } from '../domain/text';
import { proofOfSync, type StoredProof } from '../store/proofs';
import { readWholeReport } from '../store/sync-reports';
import { payInsOfSync, type PaymentLine } from '../store/set-aside-pages';
import { findSync } from '../store/syncs';
import { html, type Html } from './html';
import { COLUMNS, OUTCOME_IN_SENTENCE } from './outcomes';
import { listPage, pager, queryOf, type ListPage, type PageAsked } from './paging';
import { stateBadge } from './payment';
import { progressPart, readProgress, type Progress } from './progress';
import { movementsPart, proofOfRun } from './run-movements';
import type { PortalDeps, Visit } from './visit';
import { badge, money, STATUS, tellFailure, tellReason, timeOf, took, TRIGGER } from './words';

export interface Run {
  readonly report: Report;
  readonly scope: Scope;
  readonly notes: readonly string[];
  /** Those that it has handled last. */
  readonly payments: ListPage<PaymentLine>;
  /** Of the sync that runs, where it is this one. */
  readonly progress: Progress | undefined;
  /** That it has made; undefined: none. */
  readonly proof: StoredProof | undefined;
}

/** @throws SyncError NOT_FOUND, also for a run of another instance */
export async function readRun(
  deps: PortalDeps,
  visit: Visit,
  syncId: string,
  asked: PageAsked,
): Promise<Run> {
  const { db } = deps;
  const row = await findSync(db, syncId);
  if (row?.instanceId !== visit.session.instanceId) throw new SyncError('NOT_FOUND');
  const { scope, notes } = row;
  const rows = await payInsOfSync(db, syncId, asked);
  const payments = listPage(asked, rows, ({ key, id }) => ({ key, id }));
  const isOpen = row.status === 'running';
  const progress = isOpen ? await readProgress(deps, row.instanceId) : undefined;
  const report = await readWholeReport(db, row, null);
  const proof = await proofOfSync(db, row.instanceId, syncId);
  return { report, scope, notes, payments, progress, proof };
}

export function runBody(run: Run, visit: Visit): Html {
  const { report, scope, notes, progress, proof } = run;
  const { status, trigger, startedAt, completedAt } = report;
  return html`<p><a href="${visit.at('runs')}">All runs</a></p>
    ${progress && progressPart(progress, visit)}
    <section class="card" aria-label="Result">
      <dl class="facts plain">
        <div>
          <dt>Result</dt>
          <dd>${badge(STATUS[status].text, STATUS[status].tone)}</dd>
        </div>
        <div>
          <dt>Started</dt>
          <dd>${timeOf(startedAt)}</dd>
        </div>
        <div>
          <dt>Took</dt>
          <dd>${completedAt === null ? 'Still running' : took(startedAt, completedAt)}</dd>
        </div>
        <div>
          <dt>Started by</dt>
          <dd>${TRIGGER[trigger]}${describeScope(scope)}</dd>
        </div>
      </dl>
      ${report.error && failure(report.error)}
      <p class="sentence">${sentence(report)}</p>
    </section>
    ${Object.keys(report.amounts).length > 0 && amounts(report)}
    ${Object.keys(report.reasons).length > 0 && reasons(report, visit)}
    ${report.movements && movementsPart(report.movements)} ${proof && proofOfRun(proof, visit)}
    ${
      notes.length > 0 &&
      html`<section aria-labelledby="notes-title">
        <h2 id="notes-title">Notes</h2>
        <ul>
          ${notes.map((note) => html`<li>${note}</li>`)}
        </ul>
      </section>`
    }
    ${paymentsOf(run, visit)}
    <p class="muted">Sync <code>${report.syncId}</code></p>`;
}

function paymentsOf({ payments, report }: Run, { at }: Visit): Html | false {
  if (payments.rows.length === 0 && payments.earlier === undefined) return false;
  return html`<section aria-labelledby="payments-title">
    <h2 id="payments-title">Payments</h2>
    <p class="muted">Those that no later run has taken up again, as they are now.</p>
    <div class="card scroll" tabindex="0" role="region" aria-labelledby="payments-title">
      <table>
        <thead>
          <tr>
            <th scope="col">Payment</th>
            <th scope="col" class="number">Amount</th>
            <th scope="col">Outcome</th>
          </tr>
        </thead>
        <tbody>
          ${payments.rows.map(
            (row) =>
              html`<tr>
                <th scope="row" class="id">
                  <a href="${at('payments', `/${row.id}`)}"><code>${row.id}</code></a>
                </th>
                <td class="number">
                  ${row.amount === null ? 'Not known' : money(row.amount, row.currency?.toUpperCase() ?? '')}
                </td>
                <td>
                  ${stateBadge(row)}
                  ${row.reason !== null && html`<code class="below">${row.reason}</code>`}
                </td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${pager(payments, undefined, 'payments', (values) => at('runs', `/${report.syncId}${queryOf(values)}`))}
  </section>`;
}

function failure({ code, message }: NonNullable<Report['error']>): Html {
  const told = tellFailure(code, message);
  return html`<div class="notice bad">
    <p><strong>${told.what}.</strong> ${told.next}</p>
    <p class="code"><code>${code}</code></p>
  </div>`;
}

function sentence(report: Report): string {
  const isOpen = report.status === 'running';
  const counts = countsOf(report);
  if (counts.found === 0) {
    return isOpen ? 'It has found no pay-in yet.' : 'It found no pay-in that was new.';
  }
  const parts = [
    ...withTexts(counts, OUTCOME_IN_SENTENCE),
    [withoutOutcome(counts), isOpen ? 'under way' : 'left to the next sync'] as const,
  ];
  const told = parts.filter(([count]) => count > 0);
  return `${formatNumber(counts.found)} found: ${told.map(([count, what]) => `${formatNumber(count)} ${what}`).join(', ')}.`;
}

/** Columns without any money are left out: with all of them a narrow window would have to be scrolled. */
function amounts(report: Report): Html {
  const sums = Object.entries(report.amounts);
  const columns = COLUMNS.filter(
    ([name]) => name === 'found' || sums.some(([, amount]) => amount[name] !== '0'),
  );
  return html`<section aria-labelledby="amounts-title">
    <h2 id="amounts-title">Money</h2>
    <div class="card scroll" tabindex="0" role="region" aria-label="Money by currency">
      <table>
        <thead>
          <tr>
            <th scope="col">Currency</th>
            ${columns.map(([, title]) => html`<th scope="col" class="number">${title}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${sums.map(
            ([currency, amount]) =>
              html`<tr>
                <th scope="row">${currency}</th>
                ${columns.map(
                  ([name]) =>
                    html`<td class="number">${formatAmount(BigInt(amount[name]), currency)}</td>`,
                )}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`;
}

function reasons(report: Report, { at }: Visit): Html {
  return html`<section aria-labelledby="reasons-title">
    <h2 id="reasons-title">Set aside, and why</h2>
    <ul class="reasons">
      ${Object.entries(report.reasons).map(([reason, count]) => {
        const told = tellReason(reason);
        return html`<li>
          <strong>${formatNumber(count)}</strong> ${told.what}. <code>${reason}</code>
        </li>`;
      })}
    </ul>
    <p><a href="${at('quarantine')}">What is set aside now</a></p>
  </section>`;
}
