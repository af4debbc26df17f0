/** What is set aside, by reason with its money and what to do about it, in pages, and what was closed. */
import { count, formatNumber } from '../domain/text';
import { formatAmount } from '../domain/money';
import {
  countOfSetAside,
  pageOfSetAside,
  sumsOfSetAside,
  type ReasonSum,
  type SetAsideFilter,
  type SetAsideLine,
} from '../store/set-aside-pages';
import type { Choice } from '../store/set-aside';
import { csvOf } from './csv';
import { formToken } from './form-token';
import { html, type Html } from './html';
import { pager, queryOf, windowOf } from './paging';
import type { PortalDeps, Visit } from './visit';
import { badge, money, tellReason, timeOf } from './words';

export interface Quarantine {
  readonly sums: readonly ReasonSum[];
  readonly filter: SetAsideFilter;
  readonly page: number;
  readonly rows: readonly SetAsideLine[];
  /** Of the filter. */
  readonly total: number;
}

export async function readQuarantine(
  { db }: PortalDeps,
  { session }: Visit,
  filter: SetAsideFilter,
  page: number,
): Promise<Quarantine> {
  const { instanceId } = session;
  return {
    sums: await sumsOfSetAside(db, instanceId),
    ...{ filter, page },
    rows: await pageOfSetAside(db, instanceId, filter, windowOf(page)),
    total: await countOfSetAside(db, instanceId, filter),
  };
}

/** Rows of a table for a spreadsheet; more than that is for a query of the database. */
const CSV_ROWS = 20_000;

export async function quarantineCsv(
  { db }: PortalDeps,
  { session }: Visit,
  filter: SetAsideFilter,
): Promise<string> {
  const rows = await pageOfSetAside(db, session.instanceId, filter, { limit: CSV_ROWS, offset: 0 });
  return csvOf(
    ['payment', 'amount', 'currency', 'reason', 'tries', 'last_try', 'closed', 'closed_by', 'note'],
    rows.map((row) => {
      const currency = row.currency?.toUpperCase() ?? '';
      const amount =
        row.amount === null ? null : formatAmount(row.amount, currency).replaceAll(',', '');
      return [
        ...[row.id, amount, currency, row.reason, row.attempts, row.updatedAt.toISOString()],
        ...[row.closedAt?.toISOString() ?? null, row.closedBy, row.closedNote],
      ];
    }),
  );
}

export function quarantineBody(quarantine: Quarantine, visit: Visit): Html {
  const { sums, filter } = quarantine;
  const total = sums.reduce((sum, one) => sum + one.count, 0);
  const reasons = [...new Set(sums.map(({ reason }) => reason))];
  return html`${total === 0 ? nothing() : head(total, visit)} ${tabs(filter, visit)}
  ${!filter.closed && reasons.map((reason) => group(reason, sums, filter, visit))}
  ${list(quarantine, visit)}`;
}

function nothing(): Html {
  return html`<div class="card empty">
    <p>
      Nothing is set aside: every pay-in that was found is in the ledger, closed, or from before the
      first day to book.
    </p>
  </div>`;
}

function head(total: number, visit: Visit): Html {
  return html`<section class="card state warn" aria-labelledby="aside-title">
    <div>
      <h2 id="aside-title">${count(total, 'pay-in')} set aside</h2>
      <p>
        What cannot be posted with certainty is set aside and never guessed. Nothing of it is
        forgotten.
      </p>
    </div>
    ${retryForm(visit, { kind: 'all' }, 'Try all again', 'primary')}
  </section>`;
}

function tabs({ closed }: SetAsideFilter, { at }: Visit): Html {
  const tab = (text: string, href: string, current: boolean) =>
    html`<li><a href="${href}" ${current && html` aria-current="true"`}>${text}</a></li>`;
  return html`<ul class="tabs" aria-label="Which ones">
    ${tab('Set aside', at('quarantine'), !closed)}
    ${tab('Closed by a person', at('quarantine', '?show=closed'), closed)}
  </ul>`;
}

function group(
  reason: string,
  sums: readonly ReasonSum[],
  filter: SetAsideFilter,
  visit: Visit,
): Html | false {
  if (filter.reason !== undefined && filter.reason !== reason) return false;
  const told = tellReason(reason);
  const own = sums.filter((sum) => sum.reason === reason);
  const number = own.reduce((sum, one) => sum + one.count, 0);
  // An amount that is not known counts as nothing in the sums.
  const known = own.filter(({ currency, amount }) => currency !== '' && amount !== 0n);
  const id = `reason-${reason}`;
  return html`<section class="card" aria-labelledby="${id}">
    <h2 id="${id}">${told.what} <span class="count">${formatNumber(number)}</span></h2>
    <p>
      ${told.next}
      ${told.passing ? badge('Tried again by each sync', 'busy') : badge('Waits for you', 'warn')}
    </p>
    ${
      known.length > 0 &&
      html`<p class="muted">
        ${known.map(({ amount, currency }, index) => html`${index > 0 && ', '}${money(amount, currency)}`)}
      </p>`
    }
    <div class="actions">
      ${filter.reason === undefined && html`<a class="button small" href="${visit.at('quarantine', queryOf({ reason }))}">Show these</a>`}
      ${retryForm(visit, { kind: 'reason', reason }, 'Try these again', 'small')}
    </div>
    ${closeForm(visit, { kind: 'reason', reason }, `Close all ${formatNumber(number)}`)}
    <p class="code"><code>${reason}</code></p>
  </section>`;
}

function list({ filter, page, rows, total }: Quarantine, visit: Visit): Html {
  const { at } = visit;
  const show = filter.closed ? 'closed' : undefined;
  const address = (to: number) =>
    at('quarantine', queryOf({ show, reason: filter.reason, q: filter.search, page: to }));
  const csv = at('quarantine', `/csv${queryOf({ show, reason: filter.reason, q: filter.search })}`);
  return html`<section aria-labelledby="list-title">
    <h2 id="list-title">${filter.closed ? 'Closed' : 'One by one'}</h2>
    <form class="search" method="get" action="${at('quarantine')}" role="search">
      ${filter.closed && html`<input type="hidden" name="show" value="closed" />`}
      ${filter.reason !== undefined && html`<input type="hidden" name="reason" value="${filter.reason}" />`}
      <label for="q">Payment id, or a part of it</label>
      <input id="q" name="q" type="search" value="${filter.search ?? ''}" maxlength="100" />
      <button class="small">Search</button>
      ${(filter.search !== undefined || filter.reason !== undefined) && html`<a href="${at('quarantine', queryOf({ show }))}">Show all</a>`}
    </form>
    ${
      rows.length === 0
        ? html`<p class="muted">${filter.closed ? 'None was closed by a person.' : 'None.'}</p>`
        : html`<div class="card scroll" tabindex="0" role="region" aria-labelledby="list-title">
            <table>
              <thead>
                <tr>
                  <th scope="col">Payment</th>
                  <th scope="col" class="number">Amount</th>
                  <th scope="col">Reason</th>
                  <th scope="col" class="number">Tries</th>
                  <th scope="col">${filter.closed ? 'Closed' : 'Last try'}</th>
                </tr>
              </thead>
              <tbody>
                ${rows.map((row) => line(row, visit))}
              </tbody>
            </table>
          </div>`
    }
    ${pager(page, total, 'pay-ins that are set aside', address)}
    ${total > 0 && html`<p><a href="${csv}" download>Download as CSV</a></p>`}
  </section>`;
}

function line(row: SetAsideLine, { at }: Visit): Html {
  const { id, amount, reason, attempts, updatedAt, closedAt } = row;
  const currency = row.currency?.toUpperCase() ?? '';
  return html`<tr>
    <th scope="row" class="id">
      <a href="${at('payments', `/${id}`)}"><code>${id}</code></a>
    </th>
    <td class="number">${amount === null ? 'Not known' : money(amount, currency)}</td>
    <td><code>${reason}</code></td>
    <td class="number">${attempts}</td>
    <td>${timeOf(closedAt ?? updatedAt)}</td>
  </tr>`;
}

/** As the forms name what they are about. */
function fieldsOf(choice: Choice): Record<string, string> {
  switch (choice.kind) {
    case 'one':
      return { payment: choice.paymentIntentId };
    case 'reason':
      return { reason: choice.reason };
    case 'all':
      return {};
  }
}

function chosenFields(choice: Choice): Html[] {
  return Object.entries(fieldsOf(choice)).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`,
  );
}

export function retryForm(
  visit: Visit,
  choice: Choice,
  text: string,
  look: 'primary' | 'small',
): Html | null {
  if (visit.view.standing !== 'ready') return null;
  return html`<form method="post" action="${visit.at('quarantine', '/retry')}">
    ${formToken(visit)}${chosenFields(choice)}<button class="${look}">${text}</button>
  </form>`;
}

/** Closing ends it for good, so it asks for what was done and by whom. */
export function closeForm(visit: Visit, choice: Choice, text: string): Html {
  const id = Object.values(fieldsOf(choice))[0] ?? 'all';
  return html`<details class="more">
    <summary>${text}…</summary>
    <p>For what you have dealt with: no sync posts it any more. It stays listed as closed.</p>
    <form method="post" action="${visit.at('quarantine', '/close')}">
      ${formToken(visit)}${chosenFields(choice)}
      <label for="note-${id}">What was done</label>
      <input
        id="note-${id}"
        name="note"
        type="text"
        required
        maxlength="500"
        placeholder="Booked by hand on 3 May"
      />
      <label for="by-${id}">Your name</label>
      <input id="by-${id}" name="by" type="text" required maxlength="100" autocomplete="name" />
      <button class="small">${text}</button>
    </form>
  </details>`;
}
