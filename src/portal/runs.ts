/** The runs of an instance: newest first, in pages, found by their day or id, and as a table. */
import { SUM_FIELDS, type Sums } from '../domain/outcomes';
import { countsOf } from '../domain/report';
import { formatNumber } from '../domain/text';
import { readList, type ListedSync } from '../store/sync-reports';
import { countSyncs, pageOfSyncs, type SyncFilter } from '../store/sync-list';
import { CSV_ROWS, csvOf } from './csv';
import { html, type Html } from './html';
import { PROOF_STATE } from './proof-words';
import { listPage, pager, queryOf, type ListPage, type PageAsked } from './paging';
import type { PortalDeps, Visit } from './visit';
import { badge, STATUS, timeOf, took, TRIGGER } from './words';

export interface Runs {
  readonly list: ListPage<ListedSync>;
  readonly filter: SyncFilter;
  readonly total: number;
}

/** Runs are counted up to here. */
const COUNTED = 10_000;

export async function readRuns(
  { db }: PortalDeps,
  { session }: Visit,
  filter: SyncFilter,
  asked: PageAsked,
): Promise<Runs> {
  const { instanceId } = session;
  const rows = await pageOfSyncs(db, instanceId, filter, asked);
  const page = listPage(asked, rows, ({ key, syncId }) => ({ key, id: syncId }));
  const lines = await readList(db, instanceId, page.rows);
  const total = await countSyncs(db, instanceId, filter, COUNTED + 1);
  return { list: { ...page, rows: lines }, filter, total };
}

const CSV_TITLE: Sums<string> = {
  found: 'found',
  posted: 'posted',
  alreadyPosted: 'already_in_ledger',
  quarantined: 'set_aside',
  beforeSince: 'before_first_day',
};

const MOVEMENT_FIELDS = [
  ['found', 'movements_found'],
  ['posted', 'movements_posted'],
  ['alreadyPosted', 'movements_already_in_ledger'],
  ['setAside', 'movements_set_aside'],
] as const;

export async function runsCsv(
  { db }: PortalDeps,
  { session }: Visit,
  filter: SyncFilter,
): Promise<string> {
  const cut = { limit: CSV_ROWS, place: undefined, isBack: false };
  const { instanceId } = session;
  const lines = await readList(db, instanceId, await pageOfSyncs(db, instanceId, filter, cut));
  return csvOf(
    [
      ...['run', 'started', 'ended', 'result', 'by'],
      ...SUM_FIELDS.map((field) => CSV_TITLE[field]),
      'error',
      ...MOVEMENT_FIELDS.map(([, title]) => title),
      'proof',
    ],
    lines.map(({ report: run, proof }) => [
      ...[run.syncId, run.startedAt, run.completedAt, run.status, run.trigger],
      ...SUM_FIELDS.map((field) => countsOf(run)[field]),
      run.error?.code ?? null,
      ...MOVEMENT_FIELDS.map(([field]) => run.movements?.[field] ?? null),
      proof ?? null,
    ]),
  );
}

/** What was typed: a day, or the id of a run; what is neither finds nothing. */
export function searchOf(text: string): SyncFilter['search'] {
  if (text === '') return undefined;
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return { syncId: text };
  const day = new Date(`${text}T00:00:00Z`);
  const isDay = !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
  return isDay ? { day: text } : { syncId: text };
}

function textOf({ search }: SyncFilter): string {
  if (!search) return '';
  return 'day' in search ? search.day : search.syncId;
}

export function runsBody({ list, filter, total }: Runs, visit: Visit): Html {
  const { at } = visit;
  const { notable } = filter;
  const tab = (text: string, href: string, current: boolean) =>
    html`<li><a href="${href}" ${current && html` aria-current="true"`}>${text}</a></li>`;
  const asked = { show: notable ? 'notable' : undefined, q: textOf(filter) };
  return html`<ul class="tabs" aria-label="Which runs">
      ${tab('All', at('runs'), !notable)}
      ${tab('Without idle ones', at('runs', '?show=notable'), notable)}
    </ul>
    ${(total > 0 || filter.search !== undefined) && search(filter, visit)}
    ${
      list.rows.length === 0
        ? html`<div class="card empty"><p>${none(filter)}</p></div>`
        : runsTable(list.rows, visit)
    }
    ${pager(list, total > COUNTED ? `more than ${formatNumber(COUNTED)}` : total, 'runs', (values) => at('runs', queryOf({ ...asked, ...values })))}
    ${total > 0 && html`<p><a href="${at('runs', `/csv${queryOf(asked)}`)}" download>${csvText(total)}</a></p>`}`;
}

function csvText(total: number): string {
  return total > CSV_ROWS
    ? `Download the newest ${formatNumber(CSV_ROWS)} as CSV`
    : 'Download as CSV';
}

function none({ notable, search: wanted }: SyncFilter): string {
  if (wanted !== undefined) return 'No run has this id, or began on this day (UTC).';
  return notable
    ? 'No run has found anything or had problems.'
    : 'No runs yet. The schedule starts them, or “Sync now” on the overview.';
}

function search(filter: SyncFilter, { at }: Visit): Html {
  const { notable, search: wanted } = filter;
  return html`<form class="search" method="get" action="${at('runs')}" role="search">
    ${notable && html`<input type="hidden" name="show" value="notable" />`}
    <label for="q">Day, as 2026-01-31, or id of a run</label>
    <input id="q" name="q" type="search" value="${textOf(filter)}" maxlength="100" />
    <button class="small">Search</button>
    ${wanted !== undefined && html`<a href="${at('runs', queryOf({ show: notable ? 'notable' : undefined }))}">Show all</a>`}
  </form>`;
}

/** What only some instances have is no column in the others. */
export function runsTable(runs: readonly ListedSync[], { at }: Visit): Html {
  const hasMovements = runs.some(({ report }) => report.movements !== undefined);
  const hasProof = runs.some(({ proof }) => proof !== undefined);
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
          ${hasMovements && html`<th scope="col" class="number wide">Movements</th>`}
          ${hasProof && html`<th scope="col" class="wide">Proof</th>`}
          <th scope="col" class="wide">By</th>
          <th scope="col" class="number wide">Took</th>
        </tr>
      </thead>
      <tbody>
        ${runs.map(
          ({ report: run, proof }) =>
            html`<tr>
              <th scope="row">
                <a href="${at('runs', `/${run.syncId}`)}">${timeOf(run.startedAt)}</a>
              </th>
              <td>${badge(STATUS[run.status].text, STATUS[run.status].tone)}</td>
              ${number(run.recordsFound)}${number(run.recordsPosted, 'wide')}
              ${number(run.recordsAlreadyPosted, 'wide')}${number(run.recordsQuarantined, 'wide')}
              ${hasMovements && number(run.movements?.found ?? 0, 'wide')}
              ${hasProof && html`<td class="wide">${proof && badge(PROOF_STATE[proof].text, PROOF_STATE[proof].tone)}</td>`}
              <td class="wide">${TRIGGER[run.trigger]}</td>
              <td class="number wide">${took(run.startedAt, run.completedAt)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
