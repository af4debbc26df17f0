/** What is set aside, by reason, with what to do about each, and another try. */
import { count, formatNumber } from '../domain/text';
import { formatAmount } from '../domain/money';
import { quarantineReasons } from '../store/pay-in-totals';
import { listQuarantine, type PayInRow } from '../store/pay-ins';
import { html, type Html } from './html';
import { formToken } from './form-token';
import type { PortalDeps, Visit } from './visit';
import { badge, tellReason, timeOf } from './words';

const SHOWN = 200;

export interface Quarantine {
  readonly reasons: readonly { readonly reason: string; readonly count: number }[];
  readonly rows: readonly PayInRow[];
}

export async function readQuarantine({ db }: PortalDeps, { session }: Visit): Promise<Quarantine> {
  return {
    reasons: await quarantineReasons(db, session.instanceId),
    rows: await listQuarantine(db, session.instanceId, SHOWN),
  };
}

export function quarantineBody({ reasons, rows }: Quarantine, visit: Visit): Html {
  const total = reasons.reduce((sum, one) => sum + one.count, 0);
  if (total === 0) {
    return html`<div class="card empty">
      <p>
        Nothing is set aside: every pay-in that was found is in the ledger, closed, or from before
        the first day to book.
      </p>
    </div>`;
  }
  return html`<section class="card state warn" aria-labelledby="aside-title">
      <div>
        <h2 id="aside-title">${count(total, 'pay-in')} set aside</h2>
        <p>
          What cannot be posted with certainty is set aside and never guessed. Nothing of it is
          forgotten.
        </p>
      </div>
      ${retry(visit, null, 'Try all again', true)}
    </section>
    ${reasons.map((one) => group(one, rows, visit))}
    ${total > rows.length && html`<p class="muted">The ${formatNumber(rows.length)} that were set aside longest ago are listed.</p>`}`;
}

function group(
  { reason, count: number }: Quarantine['reasons'][number],
  rows: readonly PayInRow[],
  visit: Visit,
): Html {
  const told = tellReason(reason);
  const own = rows.filter((row) => (row.reason ?? 'unknown') === reason);
  const id = `reason-${reason}`;
  return html`<section aria-labelledby="${id}">
    <h2 id="${id}">${told.what} <span class="count">${formatNumber(number)}</span></h2>
    <p>
      ${told.next}
      ${told.passing ? badge('Tried again by each sync', 'busy') : badge('Waits for you', 'warn')}
    </p>
    ${
      own.length > 0 &&
      html`<div class="card scroll" tabindex="0" role="region" aria-labelledby="${id}">
        <table>
          <thead>
            <tr>
              <th scope="col">Payment</th>
              <th scope="col" class="number">Amount</th>
              <th scope="col" class="number wide">Tries</th>
              <th scope="col" class="wide">Last try</th>
              <th scope="col" class="wide">Next try</th>
              <th scope="col"><span class="hidden">Action</span></th>
            </tr>
          </thead>
          <tbody>
            ${own.map((row) => payIn(row, visit))}
          </tbody>
        </table>
      </div>`
    }
    <p class="code"><code>${reason}</code></p>
  </section>`;
}

function payIn(row: PayInRow, visit: Visit): Html {
  const { id, amount, attempts, updatedAt, retryAt, livemode } = row;
  const currency = row.currency?.toUpperCase() ?? '';
  const dashboard = `https://dashboard.stripe.com/${livemode === false ? 'test/' : ''}payments/${encodeURIComponent(id)}`;
  return html`<tr>
    <th scope="row" class="id">
      <a href="${dashboard}" target="_blank" rel="noopener noreferrer"
        ><code>${id}</code><span class="hidden"> in the Stripe Dashboard, in a new tab</span></a
      >
    </th>
    <td class="number">
      ${amount === null ? 'Not known' : `${formatAmount(amount, currency)} ${currency}`}
    </td>
    <td class="number wide">${attempts}</td>
    <td class="wide">${timeOf(updatedAt)}</td>
    <td class="wide">${retryAt === null ? 'When you ask' : timeOf(retryAt)}</td>
    <td>${retry(visit, id, 'Try again', false)}</td>
  </tr>`;
}

function retry(visit: Visit, payment: string | null, text: string, primary: boolean): Html | null {
  if (visit.view.standing !== 'ready') return null;
  return html`<form method="post" action="${visit.at('quarantine', '/retry')}">
    ${formToken(visit)}${
      payment !== null && html`<input type="hidden" name="payment" value="${payment}" />`
    }<button class="${primary ? 'primary' : 'small'}">
      ${text}${payment !== null && html`<span class="hidden"> ${payment}</span>`}
    </button>
  </form>`;
}
