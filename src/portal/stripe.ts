/** The page of the Stripe account: which one is connected, and the form for a key of it or of another. */
import { errorInfo } from '../domain/errors';
import { wholeKeyForm } from '../domain/movements/stripe-rights';
import type { InstanceView } from '../instances/view';
import { html, type Html } from './html';
import { formToken } from './form-token';
import { keyRights } from './key-rights';
import type { Visit } from './visit';
import type { LastUse } from './last-use';
import { badge, tellError, timeOf } from './words';

export function stripeBody(visit: Visit, last: LastUse | undefined): Html {
  const { access, view } = visit;
  if (access.origin === 'environment') {
    return html`<div class="card empty">
      <p>The Stripe key of this instance is set where the program runs, and changed there.</p>
    </div>`;
  }
  if (visit.session.stripeOffer !== null) {
    return html`<div class="notice warn">
        <p>
          A key that you gave waits for your confirmation.
          <a href="${visit.at('stripe', '/confirm')}">See it</a>
        </p>
      </div>
      ${connection(visit)}`;
  }
  return html`${view.stripe ? connected(view.stripe, view.since, last) : introduction()}${connection(visit)}${disconnection(visit)}`;
}

function connected(
  stripe: NonNullable<InstanceView['stripe']>,
  since: string | null,
  last: LastUse | undefined,
): Html {
  const { confirmedAt } = stripe;
  // What came of the key before says nothing of this one.
  const isOlder = confirmedAt !== null && last !== undefined && last.at < new Date(confirmedAt);
  const used = isOlder ? undefined : last;
  const fault =
    used?.error && (errorInfo(used.error).side === 'stripe' || used.error === 'SOURCE_CHANGED')
      ? used
      : null;
  const told = fault?.error ? tellError(fault.error) : undefined;
  const permission = fault?.missing ? ` (${fault.missing})` : '';
  return html`<section
    class="card state ${told ? 'bad' : 'good'}"
    aria-labelledby="connected-title"
  >
    <div>
      <h2 id="connected-title">
        ${told ? 'Connected, but the last sync failed with it' : 'Connected'}
      </h2>
      ${told && html`<p>${told.what}${permission}. ${told.next}</p>`}
      <dl class="facts plain">
        ${accountFacts(stripe)}
        <div>
          <dt>Booked from</dt>
          <dd>${sinceText(since)}</dd>
        </div>
        ${
          stripe.confirmedAt !== null &&
          html`<div>
            <dt>Confirmed</dt>
            <dd>${timeOf(stripe.confirmedAt)}</dd>
          </div>`
        }
        <div>
          <dt>Last used by a sync</dt>
          <dd>${used === undefined ? 'Not yet' : timeOf(used.at)}</dd>
        </div>
      </dl>
    </div>
  </section>`;
}

/** A key of the settings is not its owner's to take back. */
function disconnection(visit: Visit): Html | false {
  if (visit.access.stripeKey === null) return false;
  return html`<details class="card">
    <summary>Disconnect Stripe</summary>
    <p>
      The key is erased here, the schedule ends, and a sync that runs is cancelled. What is booked
      stays booked, and connecting the same account again goes on from there.
    </p>
    <form method="post" action="${visit.at('stripe', '/disconnect')}">
      ${formToken(visit)}<button>Disconnect</button>
    </form>
  </details>`;
}

function introduction(): Html {
  return html`<p class="lead">
    Installing the app gave it no access to Stripe. You give it one, with a key that can only read.
  </p>`;
}

function connection(visit: Visit): Html {
  const { view, at } = visit;
  const form = html`<ol class="steps">
      <li>
        In the
        <a
          href="${wholeKeyForm(view.stripe?.livemode ?? true)}"
          target="_blank"
          rel="noopener noreferrer"
          >Stripe Dashboard<span class="hidden">, in a new tab</span></a
        >, make a <strong>restricted key</strong>. This link ticks what is needed, all of it on
        “Read”; the rest stays on “None”:
        <ul>
          <li><strong>For pay-ins:</strong> PaymentIntents, Events, Charges.</li>
          ${keyRights()}
          <li>Account, if you want to see here which account it is.</li>
        </ul>
      </li>
      <li>
        Give it to this instance. It is checked first; nothing is synced before you have confirmed
        its account.
      </li>
    </ol>
    <form method="post" action="${at('stripe')}" autocomplete="off">
      ${formToken(visit)}
      <label for="key">Restricted key</label>
      <input
        id="key"
        name="key"
        type="password"
        required
        autocomplete="off"
        autocapitalize="none"
        spellcheck="false"
        placeholder="rk_live_…"
        aria-describedby="key-help"
        maxlength="300"
      />
      <p id="key-help" class="muted">It is kept encrypted, and never shown or logged.</p>
      <button class="primary" data-busy="Checking the key…">Check this key</button>
    </form>`;
  if (!view.stripe) return html`<section class="card" aria-label="Connect a key">${form}</section>`;
  return html`<details class="card">
    <summary>Use another key</summary>
    <p>
      A new key of the same account takes over at once. A key of another account or mode is refused
      unless you confirm the change, which lists everything again.
    </p>
    ${form}
  </details>`;
}

/** What tells a Stripe account from others, as parts of a list. */
export function accountFacts({
  account,
  name,
  livemode,
}: {
  readonly account: string | null;
  readonly name: string | null;
  readonly livemode: boolean;
}): Html {
  return html`<div>
      <dt>Account</dt>
      <dd>
        ${name !== null && html`${name}<br />`}${account === null ? 'The key may not read it' : html`<code>${account}</code>`}
      </dd>
    </div>
    <div>
      <dt>Mode</dt>
      <dd>${livemode ? badge('Live', 'good') : badge('Test', 'quiet')}</dd>
    </div>`;
}

function sinceText(since: string | null): string {
  if (since === null) return 'Not said';
  return since === 'all' ? 'The whole history' : since.slice(0, 10);
}
