/**
 * A key for the Stripe account in two steps: what the key is and may do is shown, then its owner confirms.
 * In between the key is kept sealed in the session; it is never shown again.
 */
import { parseSince, STRIPE_KEY } from '../config/settings';
import { lackingText } from '../domain/opening/declined';
import { SyncError } from '../domain/errors';
import { wholeKeyForm } from '../domain/movements/stripe-rights';
import { connectStripe, inspectStripe } from '../instances/connect-stripe';
import type { Secret } from '../secret';
import { countKeyTry } from '../store/access';
import { keepOffer } from '../store/portal-sessions';
import { html, type Html } from './html';
import { formToken } from './form-token';
import { plannedPart } from './first-plan';
import { calledOf, confirmedFields, offerOf, offerSchema, type Offer } from './offer';
import { accountFacts } from './stripe';
import type { PortalDeps, Visit } from './visit';
import { badge } from './words';

/** Milliseconds for all probes of a step. */
export const STEP_MS = 30_000;

/** Keys of an instance in an hour: enough for a person's slips, too few to try stolen ones out. */
const KEYS_PER_HOUR = 10;

/** @throws SyncError STRIPE_KEYS_LIMITED, and as `inspectStripe` */
export async function offerKey(deps: PortalDeps, { session }: Visit, key: Secret): Promise<void> {
  const { db, keyring } = deps;
  const { instanceId, tokenHash } = session;
  // What was offered before must not be confirmed by mistake, whatever comes of this one.
  await keepOffer(db, tokenHash, null);
  // What is no key by its form asks Stripe nothing.
  if (STRIPE_KEY.test(key.reveal()) && (await countKeyTry(db, instanceId)) > KEYS_PER_HOUR) {
    throw new SyncError('STRIPE_KEYS_LIMITED');
  }
  const offer = await inspectStripe(deps, instanceId, key, AbortSignal.timeout(STEP_MS));
  const sealedKey = keyring.seal(key, { owner: instanceId, purpose: 'stripe' });
  await keepOffer(db, tokenHash, { sealedKey, shown: offerSchema.parse(offer) });
}

export interface Confirmed {
  /** As the page showed them: '' is an account that the key may not read. */
  readonly account: string;
  readonly mode: string;
  readonly change: boolean;
  /** 'all', or a day as YYYY-MM-DD; '' where it is not asked for. */
  readonly since: string;
}

/** @throws SyncError as `connectStripe`, NOT_FOUND when nothing waits to be confirmed */
export async function confirmKey(
  deps: PortalDeps,
  { session }: Visit,
  { account, mode, change, since }: Confirmed,
): Promise<void> {
  const { instanceId, tokenHash, stripeKey } = session;
  if (stripeKey === null) throw new SyncError('NOT_FOUND');
  const key = deps.keyring.open(stripeKey, { owner: instanceId, purpose: 'stripe' });
  const shown = { account: account === '' ? null : account, livemode: mode === 'live' };
  const confirmed = { ...shown, change, since: parseSince(since) };
  await connectStripe(deps, instanceId, key, confirmed, AbortSignal.timeout(STEP_MS));
  await keepOffer(deps.db, tokenHash, null);
}

/** @returns undefined when nothing waits to be confirmed */
export function confirmBody(visit: Visit): Html | undefined {
  const offer = offerOf(visit);
  if (!offer) return undefined;
  const complete = offer.permissions.every(({ ok }) => ok);
  return html`<section class="card" aria-labelledby="offer-title">
      <h2 id="offer-title">This is what the key opens</h2>
      <dl class="facts plain">${accountFacts(offer)}</dl>
      <ul class="checks">
        ${offer.permissions.map(
          ({ name, ok, detail }) =>
            html`<li>
              ${ok ? badge('Granted', 'good') : badge('Missing', 'bad')} <strong>${name}</strong>
              <span class="muted">${detail.replace('SYNC_SINCE', 'the first day to book')}</span>
            </li>`,
        )}
      </ul>
    </section>
    ${offer.lacking.length > 0 && payInsAlone(offer)}
    ${
      complete
        ? confirmation(offer, visit)
        : html`<div class="notice bad">
            <p>
              <strong>The key lacks a permission.</strong> Grant it (read) in the Stripe Dashboard,
              then check the key again.
            </p>
          </div>`
    }
    <form method="post" action="${visit.at('stripe', '/discard')}">
      ${formToken(visit)}<button class="small">Discard this key</button>
    </form>`;
}

/** It can be connected as it is, so nothing of it is called missing. */
function payInsAlone({ lacking, livemode }: Offer): Html {
  return html`<div class="notice warn">
    <p>
      <strong>With this key only pay-ins can be booked:</strong> ${lackingText(lacking)}. Fees,
      refunds, disputes and payouts are not, and the ledger is not compared with Stripe’s balance.
    </p>
    <p>
      For these discard it and
      <a href="${wholeKeyForm(livemode)}" target="_blank" rel="noopener noreferrer"
        >make a key with all rights<span class="hidden">, in a new tab</span></a
      >
      before the first sync: after it, whoever runs this program has to begin with them.
    </p>
  </div>`;
}

/** Which pay-ins will be posted is shown before it is confirmed, since it cannot be taken back. */
function confirmation(offer: Offer, visit: Visit): Html {
  if (!offer.needsSince) {
    return html`<form class="card" method="post" action="${visit.at('stripe', '/confirm')}">
      ${formToken(visit)} ${confirmedFields(offer)} ${changeOf(offer)}
      <button class="primary" data-busy="Connecting…">Connect ${calledOf(offer)}</button>
    </form>`;
  }
  const choice = html`<form class="card" method="post" action="${visit.at('stripe', '/plan')}">
    ${formToken(visit)} ${changeOf(offer)} ${first()}
    <button class="${!offer.planned && 'primary'}" data-busy="Counting the pay-ins…">
      Show which pay-ins will be posted
    </button>
  </form>`;
  if (!offer.planned) return choice;
  return html`${plannedPart(offer.planned, offer, visit)}
    <details class="card">
      <summary>Choose another day</summary>
      ${choice}
    </details>`;
}

function changeOf({ differs }: Offer): Html | false {
  if (differs === undefined) return false;
  return html`<div class="notice warn">
      <p>
        <strong>It is another ${differs} than this instance was synced with.</strong> What is booked
        stays booked; from here on the pay-ins of this one are, and everything is listed again.
      </p>
    </div>
    <label class="choice"
      ><input type="checkbox" name="change" value="yes" required /><span
        ><strong>Change the ${differs}</strong
        ><span class="muted">I know that both end up in the same ledger.</span></span
      ></label
    >`;
}

/** Who has booked the history already would get it twice, so this is asked and has no default. */
function first(): Html {
  return html`<fieldset>
    <legend>From which day on are pay-ins to be booked?</legend>
    <p class="muted">
      What succeeded before is counted and never posted. It cannot be changed once the first sync
      has begun to book by it: who has booked the history already would get it twice.
    </p>
    <label class="choice"
      ><input type="radio" name="from" value="day" required /><span
        ><strong>From a day on</strong
        ><span class="muted">The first that is not in the books yet, in UTC.</span></span
      ></label
    >
    <label class="nested">First day <input type="date" name="day" /></label>
    <label class="choice"
      ><input type="radio" name="from" value="all" /><span
        ><strong>The whole history</strong
        ><span class="muted">Nothing of this account is in the books yet.</span></span
      ></label
    >
  </fieldset>`;
}
