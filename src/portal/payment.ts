/** One payment: what became of it and why, as our own record has it, and what can be done. */
import { SyncError } from '../domain/errors';
import { findPayIn, type PayInRow } from '../store/movements';
import { html, type Html, type Part } from './html';
import { closeForm, postForm, retryForm } from './quarantine';
import type { PortalDeps, Visit } from './visit';
import { badge, money, tellReason, timeOf, type Tone } from './words';

/** @throws SyncError NOT_FOUND, also for a payment of another instance */
export async function readPayment(
  { db }: PortalDeps,
  { session }: Visit,
  id: string,
): Promise<PayInRow> {
  const row = await findPayIn(db, session.instanceId, id);
  if (!row) throw new SyncError('NOT_FOUND');
  return row;
}

const PAY_IN_STATE: Readonly<
  Record<PayInRow['state'], { readonly text: string; readonly tone: Tone }>
> = {
  staged: { text: 'Under way', tone: 'busy' },
  posted: { text: 'Posted', tone: 'good' },
  already_posted: { text: 'In the ledger already', tone: 'good' },
  quarantined: { text: 'Set aside', tone: 'warn' },
  before_since: { text: 'Before the first day to book', tone: 'quiet' },
};

/** One that is closed is set aside no more. */
export function stateBadge({ state, closedAt }: Pick<PayInRow, 'state' | 'closedAt'>): Html {
  if (closedAt !== null) return badge('Closed', 'quiet');
  const { text, tone } = PAY_IN_STATE[state];
  return badge(text, tone);
}

export function paymentBody(row: PayInRow, visit: Visit): Html {
  const { id, state, amount } = row;
  const currency = row.currency?.toUpperCase() ?? '';
  return html`<p><a href="${visit.at('quarantine')}">Set aside</a></p>
    <section class="card" aria-labelledby="payment-title">
      <h2 id="payment-title"><code>${id}</code> ${stateBadge(row)}</h2>
      <p class="sentence">${explanation(row)}</p>
      <dl class="facts plain">
        ${fact('Amount', amount === null ? 'Not known' : money(amount, currency))}
        ${fact('Payer', row.payer ?? 'Guest')}
        ${row.created !== null && fact('Created at Stripe', timeOf(new Date(row.created * 1000)))}
        ${row.succeededAt !== null && fact('Succeeded', timeOf(new Date(row.succeededAt * 1000)))}
        ${row.postedAt && fact('Posted', timeOf(row.postedAt))}
        ${row.reference !== null && fact('Reference', html`<code>${row.reference}</code>`)}
        ${row.transactionId !== null && fact('Transaction in Blnk', html`<code>${row.transactionId}</code>`)}
        ${row.reason !== null && fact('Reason', html`<code>${row.reason}</code>`)}
        ${row.attempts > 0 && fact('Tries in vain', row.attempts)}
        ${fact('Last handled', timeOf(row.updatedAt))}
        ${fact('By the run', html`<a href="${visit.at('runs', `/${row.syncId}`)}"><code>${row.syncId}</code></a>`)}
      </dl>
      <p>
        <a href="${dashboardOf(row)}" target="_blank" rel="noopener noreferrer"
          >See it in the Stripe Dashboard<span class="hidden">, in a new tab</span></a
        >
      </p>
      ${state === 'quarantined' && actions(row, visit)}
    </section>`;
}

function actions({ id, closedAt }: PayInRow, visit: Visit): Html {
  if (closedAt !== null) {
    return html`<p>
        If it is not booked after all, it can be opened again, and is posted by the next sync.
      </p>
      ${postForm(visit, { kind: 'one', id }, 'Not booked yet: open it again')}`;
  }
  return html`<div class="actions">
      ${retryForm(visit, { kind: 'one', id }, 'Try again', 'primary')}
    </div>
    ${postForm(visit, { kind: 'one', id }, 'Not booked yet: post it after all')}
    ${closeForm(visit, { kind: 'one', id }, 'Close it')}`;
}

const NOTHING_TO_DO = 'there was nothing to do';

function explanation(row: PayInRow): Html | string {
  const { state, reason, retryAt, closedAt, closedBy, closedNote } = row;
  switch (state) {
    case 'staged':
      return 'It was found and waits for the ledger’s answer. The sync that runs, or the next one, settles it.';
    case 'posted':
      return 'This app has posted it to the ledger.';
    case 'already_posted':
      return 'It was in the ledger when a sync looked, and equals what Stripe says.';
    case 'before_since':
      return 'It succeeded before the first day to book, so it is counted and never posted.';
    case 'quarantined': {
      const told = tellReason(reason ?? 'unknown');
      if (closedAt !== null) {
        return html`Closed ${timeOf(closedAt)} by ${closedBy ?? 'itself'}:
        ${closedNote ?? NOTHING_TO_DO}. It had been set aside because: ${told.what}.`;
      }
      const next =
        retryAt === null
          ? 'It is tried again only when you ask.'
          : html`It is due for the next try at ${timeOf(retryAt)}.`;
      return html`<strong>${told.what}.</strong> ${told.next} ${next}`;
    }
  }
}

function fact(name: string, value: Part): Html {
  return html`<div>
    <dt>${name}</dt>
    <dd>${value}</dd>
  </div>`;
}

function dashboardOf({ id, livemode }: PayInRow): string {
  return `https://dashboard.stripe.com/${livemode === false ? 'test/' : ''}payments/${encodeURIComponent(id)}`;
}
