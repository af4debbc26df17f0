/** What is set aside, by reason with its money and what to do about it, in pages, and what was closed. */
import { count, formatNumber } from '../domain/text';
import { formatAmount } from '../domain/money';
import { countOfClosed, sumsOfSetAside, type ReasonSum } from '../store/pay-in-totals';
import { pageOfSetAside, type SetAsideFilter, type SetAsideLine } from '../store/set-aside-pages';
import type { Choice } from '../store/set-aside';
import { CSV_ROWS, csvOf } from './csv';
import { formToken } from './form-token';
import { html, type Html } from './html';
import { listPage, pager, queryOf, type ListPage, type PageAsked } from './paging';
import type { PortalDeps, Visit } from './visit';
import { badge, money, tellReason, timeOf } from './words';

export interface Quarantine {
  readonly sums: readonly ReasonSum[];
  readonly filter: SetAsideFilter;
  readonly list: ListPage<SetAsideLine>;
  /** Of the filter; undefined: it was not counted. */
  readonly total: number | undefined;
}

export async function readQuarantine(
  { db }: PortalDeps,
  { session }: Visit,
  filter: SetAsideFilter,
  asked: PageAsked,
): Promise<Quarantine> {
  const { instanceId } = session;
  const sums = await sumsOfSetAside(db, instanceId);
  const rows = await pageOfSetAside(db, instanceId, filter, asked);
  const list = listPage(asked, rows, ({ key, id }) => ({ key, id }));
  return { sums, filter, list, total: await totalOf(db, instanceId, filter, sums) };
}

/** As kept with each write; what a search finds is not counted. */
async function totalOf(
  db: PortalDeps['db'],
  instanceId: string,
  { reason, search, closed }: SetAsideFilter,
  sums: readonly ReasonSum[],
): Promise<number | undefined> {
  if (search !== undefined || (closed && reason !== undefined)) return undefined;
  if (closed) return countOfClosed(db, instanceId);
  const own = sums.filter((sum) => reason === undefined || sum.reason === reason);
  return own.reduce((sum, one) => sum + one.count, 0);
}

export async function quarantineCsv(
  { db }: PortalDeps,
  { session }: Visit,
  filter: SetAsideFilter,
): Promise<string> {
  const rows = await pageOfSetAside(db, session.instanceId, filter, {
    limit: CSV_ROWS,
    place: undefined,
    isBack: false,
  });
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
  const reasons = byCount(sums);
  return html`${total === 0 ? nothing() : head(total, visit)} ${tabs(filter, visit)}
  ${!filter.closed && reasons.map((reason) => group(reason, sums, filter, visit))}
  ${listOf(quarantine, visit)}`;
}

/** The most frequent first. */
function byCount(sums: readonly ReasonSum[]): string[] {
  const counts = new Map<string, number>();
  for (const { reason, count: more } of sums) counts.set(reason, (counts.get(reason) ?? 0) + more);
  return [...counts].sort(([, a], [, b]) => b - a).map(([reason]) => reason);
}

function nothing(): Html {
  return html`<div class="card empty">
    <p>
      No pay-in is set aside: each one that was found is in the ledger, closed, or from before the
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
    ${tab('Closed', at('quarantine', '?show=closed'), closed)}
  </ul>`;
}

/** Where only a person can say whether it is in the books already. */
const DECIDED_BY_PERSON: ReadonlySet<string> = new Set([
  'SUCCESS_TIME_UNKNOWN',
  'CHANGED_SINCE_CLOSED',
]);

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
      ${filter.reason === undefined && html`<a class="button small" href="${visit.at('quarantine', queryOf({ reason }))}">${number === 1 ? 'Show it' : 'Show these'}</a>`}
      ${retryForm(visit, { kind: 'reason', reason }, number === 1 ? 'Try it again' : 'Try these again', 'small')}
    </div>
    ${DECIDED_BY_PERSON.has(reason) && postForm(visit, { kind: 'reason', reason }, number === 1 ? 'Not booked yet: post it' : `Not booked yet: post all ${formatNumber(number)}`)}
    ${closeForm(visit, { kind: 'reason', reason }, number === 1 ? 'Close it' : `Close all ${formatNumber(number)}`)}
    <p class="code"><code>${reason}</code></p>
  </section>`;
}

function listOf({ filter, list, total }: Quarantine, visit: Visit): Html {
  const { at } = visit;
  const show = filter.closed ? 'closed' : undefined;
  const asked = { show, reason: filter.reason, q: filter.search };
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
      list.rows.length === 0
        ? html`<p class="muted">None.</p>`
        : html`<div class="card scroll" tabindex="0" role="region" aria-labelledby="list-title">
            <table>
              <thead>
                <tr>
                  <th scope="col">Payment</th>
                  <th scope="col" class="number">Amount</th>
                  <th scope="col" class="wide">Reason</th>
                  <th scope="col" class="number wide">Tries</th>
                  <th scope="col" class="wide">${filter.closed ? 'Closed' : 'Last try'}</th>
                </tr>
              </thead>
              <tbody>
                ${list.rows.map((row) => line(row, visit))}
              </tbody>
            </table>
          </div>`
    }
    ${pager(list, total, 'pay-ins that are set aside', (values) => at('quarantine', queryOf({ ...asked, ...values })))}
    ${list.rows.length > 0 && html`<p><a href="${at('quarantine', `/csv${queryOf(asked)}`)}" download>${(total ?? 0) > CSV_ROWS ? `Download the first ${formatNumber(CSV_ROWS)} as CSV` : 'Download as CSV'}</a></p>`}
  </section>`;
}

function line(row: SetAsideLine, { at }: Visit): Html {
  const { id, amount, reason, attempts, updatedAt, closedAt } = row;
  const currency = row.currency?.toUpperCase() ?? '';
  return html`<tr>
    <th scope="row" class="id">
      <a href="${at('payments', `/${id}`)}"><code>${id}</code></a>
      <code class="narrow">${reason}</code>
    </th>
    <td class="number">${amount === null ? 'Not known' : money(amount, currency)}</td>
    <td class="wide"><code>${reason}</code></td>
    <td class="number wide">${attempts}</td>
    <td class="wide">${timeOf(closedAt ?? updatedAt)}</td>
  </tr>`;
}

/** As the forms name what they are about. */
function fieldsOf(choice: Choice): Record<string, string> {
  switch (choice.kind) {
    case 'one':
      return { payment: choice.id };
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
  return decisionForm(visit, choice, text, {
    path: '/close',
    help: 'For what you have dealt with: no sync posts it any more. It stays listed as closed.',
    asks: 'What was done',
    example: 'Booked by hand on 3 May',
  });
}

/** A person says that it is in no books: then it is posted, and who said so is kept. */
export function postForm(visit: Visit, choice: Choice, text: string): Html | null {
  if (visit.view.standing !== 'ready') return null;
  return decisionForm(visit, choice, text, {
    path: '/post',
    help: 'For what is in no books yet: the next sync posts it after all, unless something else stands in its way.',
    asks: 'How you know',
    example: 'Not in the books of before',
  });
}

function decisionForm(
  visit: Visit,
  choice: Choice,
  text: string,
  form: {
    readonly path: string;
    readonly help: string;
    readonly asks: string;
    readonly example: string;
  },
): Html {
  const id = `${form.path.slice(1)}-${Object.values(fieldsOf(choice))[0] ?? 'all'}`;
  return html`<details class="more">
    <summary>${text}…</summary>
    <p>${form.help}</p>
    <form method="post" action="${visit.at('quarantine', form.path)}">
      ${formToken(visit)}${chosenFields(choice)}
      <label for="note-${id}">${form.asks}</label>
      <input
        id="note-${id}"
        name="note"
        type="text"
        required
        maxlength="500"
        placeholder="${form.example}"
      />
      <label for="by-${id}">Your name</label>
      <input id="by-${id}" name="by" type="text" required maxlength="100" autocomplete="name" />
      <button class="small">${text}</button>
    </form>
  </details>`;
}
