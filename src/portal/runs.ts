/** The runs of an instance, and the report of one. */
import { SyncError } from '../domain/errors';
import { formatAmount } from '../domain/money';
import { toReport, type Report } from '../domain/report';
import { describeScope, type Scope } from '../domain/sync';
import { formatNumber } from '../domain/text';
import { readReport } from '../store/overview';
import { payInsOfSync } from '../store/set-aside-pages';
import { countSyncs, findSync, listSyncs } from '../store/syncs';
import { html, type Html } from './html';
import { PAY_IN_STATE } from './payment';
import { pager, queryOf, ROWS, windowOf } from './paging';
import { progressPart } from './progress';
import type { PortalDeps, Visit } from './visit';
import { badge, money, STATUS, tellFailure, tellReason, timeOf, took, TRIGGER } from './words';

export interface Runs {
  readonly reports: readonly Report[];
  readonly page: number;
  readonly total: number;
}

/** @param notable without those that found nothing new and ended well */
export async function readRuns(
  { db }: PortalDeps,
  { session }: Visit,
  notable: boolean,
  page: number,
): Promise<Runs> {
  const { instanceId } = session;
  const { limit, offset } = windowOf(page);
  const rows = await listSyncs(db, instanceId, limit, notable, offset);
  const total = await countSyncs(db, instanceId, notable);
  return { reports: rows.map((row) => toReport(row, null)), page, total };
}

export function runsBody({ reports, page, total }: Runs, notable: boolean, visit: Visit): Html {
  const { at } = visit;
  const tab = (text: string, href: string, current: boolean) =>
    html`<li><a href="${href}" ${current && html` aria-current="true"`}>${text}</a></li>`;
  return html`<ul class="tabs" aria-label="Which runs">
      ${tab('All', at('runs'), !notable)}
      ${tab('With pay-ins or problems', at('runs', '?show=notable'), notable)}
    </ul>
    ${
      reports.length === 0
        ? html`<div class="card empty">
            <p>
              ${notable ? 'No run has found pay-ins or had problems.' : 'No runs yet. The schedule starts them, or “Sync now” on the overview.'}
            </p>
          </div>`
        : runsTable(reports, visit)
    }
    ${pager(page, total, 'runs', (to) => at('runs', queryOf({ show: notable ? 'notable' : undefined, page: to })))}`;
}

export function runsTable(runs: readonly Report[], { at }: Visit): Html {
  const number = (value: number, place = '') =>
    html`<td class="number ${place}">${formatNumber(value)}</td>`;
  return html`<div class="card scroll" tabindex="0" role="region" aria-label="Runs">
    <table>
      <thead>
        <tr>
          <th scope="col">Started</th>
          <th scope="col">Result</th>
          <th scope="col" class="number">Found</th>
          <th scope="col" class="number wide">Posted</th>
          <th scope="col" class="number wide">Already there</th>
          <th scope="col" class="number wide">Set aside</th>
          <th scope="col" class="wide">By</th>
          <th scope="col" class="number wide">Took</th>
        </tr>
      </thead>
      <tbody>
        ${runs.map(
          (run) =>
            html`<tr>
              <th scope="row">
                <a href="${at('runs', `/${run.syncId}`)}">${timeOf(run.startedAt)}</a>
              </th>
              <td>${badge(STATUS[run.status].text, STATUS[run.status].tone)}</td>
              ${number(run.recordsFound)}${number(run.recordsPosted, 'wide')}
              ${number(run.recordsAlreadyPosted, 'wide')}${number(run.recordsQuarantined, 'wide')}
              <td class="wide">${TRIGGER[run.trigger]}</td>
              <td class="number wide">${took(run.startedAt, run.completedAt)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

export interface Run {
  readonly report: Report;
  readonly scope: Scope;
  readonly notes: readonly string[];
  /** Those that it has handled last. */
  readonly payments: Awaited<ReturnType<typeof payInsOfSync>>;
  readonly page: number;
}

/** @throws SyncError NOT_FOUND, also for a run of another instance */
export async function readRun(
  { db }: PortalDeps,
  visit: Visit,
  syncId: string,
  page: number,
): Promise<Run> {
  const row = await findSync(db, syncId);
  if (row?.instanceId !== visit.session.instanceId) throw new SyncError('NOT_FOUND');
  const { scope, notes } = row;
  const payments = await payInsOfSync(db, syncId, windowOf(page));
  return { report: await readReport(db, row, null), scope, notes, payments, page };
}

export function runBody(run: Run, visit: Visit): Html {
  const { report, scope, notes } = run;
  const { status, trigger, startedAt, completedAt } = report;
  return html`<p><a href="${visit.at('runs')}">All runs</a></p>
    ${status === 'running' && progressPart({ state: 'running', report }, visit)}
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

function paymentsOf({ payments, page, report }: Run, { at }: Visit): Html | false {
  if (payments.length === 0 && page === 1) return false;
  const address = (to: number) => at('runs', `/${report.syncId}${queryOf({ page: to })}`);
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
          ${payments.map(({ id, amount, currency, state, reason }) => {
            const { text, tone } = PAY_IN_STATE[state];
            return html`<tr>
              <th scope="row" class="id">
                <a href="${at('payments', `/${id}`)}"><code>${id}</code></a>
              </th>
              <td class="number">
                ${amount === null ? 'Not known' : money(amount, currency?.toUpperCase() ?? '')}
              </td>
              <td>${badge(text, tone)} ${reason !== null && html`<code>${reason}</code>`}</td>
            </tr>`;
          })}
        </tbody>
      </table>
    </div>
    <p class="actions">
      ${page > 1 && html`<a class="button small" href="${address(page - 1)}">Earlier in the list</a>`}
      ${payments.length === ROWS && html`<a class="button small" href="${address(page + 1)}">Further in the list</a>`}
    </p>
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
  if (report.recordsFound === 0) return 'It found no pay-in that was new.';
  const parts = [
    [report.recordsPosted, 'posted'],
    [report.recordsAlreadyPosted, 'in the ledger already'],
    [report.recordsQuarantined, 'set aside'],
    [report.recordsBeforeSince, 'from before the first day to book'],
  ] as const;
  const told = parts.filter(([count]) => count > 0);
  return `${formatNumber(report.recordsFound)} found: ${told.map(([count, what]) => `${formatNumber(count)} ${what}`).join(', ')}.`;
}

function amounts(report: Report): Html {
  const cell = (amount: string, currency: string) =>
    html`<td class="number">${formatAmount(BigInt(amount), currency)}</td>`;
  return html`<section aria-labelledby="amounts-title">
    <h2 id="amounts-title">Money</h2>
    <div class="card scroll" tabindex="0" role="region" aria-label="Money by currency">
      <table>
        <thead>
          <tr>
            <th scope="col">Currency</th>
            <th scope="col" class="number">Found</th>
            <th scope="col" class="number">Posted</th>
            <th scope="col" class="number">Already there</th>
            <th scope="col" class="number">Set aside</th>
            <th scope="col" class="number">Before the first day</th>
          </tr>
        </thead>
        <tbody>
          ${Object.entries(report.amounts).map(
            ([currency, sums]) =>
              html`<tr>
                <th scope="row">${currency}</th>
                ${cell(sums.found, currency)}${cell(sums.posted, currency)}${cell(sums.alreadyPosted, currency)}${cell(sums.quarantined, currency)}${cell(sums.beforeSince, currency)}
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
