/** Which pay-ins the first sync will post: counted before the first day to book is confirmed: it cannot be undone. */
import { parseSince } from '../config/settings';
import { SyncError } from '../domain/errors';
import type { FirstPlan } from '../domain/first-plan';
import { count, formatNumber } from '../domain/text';
import { configOf } from '../instances/config-of';
import { keepOffer } from '../store/portal-sessions';
import { formToken } from './form-token';
import { html, type Html } from './html';
import { calledOf, confirmedFields, offerOf, type Offer, type Planned } from './offer';
import type { PortalDeps, Visit } from './visit';
import { money, tellCode } from './words';

/**
 * Counts with the key that waits to be confirmed; nothing is posted, and the key comes not into force.
 * What keeps it from being counted is shown and keeps nobody from confirming.
 * @throws SyncError NOT_FOUND when nothing waits to be confirmed, SYNC_SINCE_REQUIRED,
 * STRIPE_SOURCE_DIFFERS
 */
export async function planFirst(
  deps: PortalDeps,
  visit: Visit,
  { since, change }: { readonly since: string; readonly change: boolean },
): Promise<void> {
  const offer = offerOf(visit);
  const { stripeKey, tokenHash } = visit.session;
  if (!offer || stripeKey === null) throw new SyncError('NOT_FOUND');
  const parsed = parseSince(since);
  if (parsed === undefined) throw new SyncError('SYNC_SINCE_REQUIRED');
  if (offer.differs !== undefined && !change) {
    throw new SyncError('STRIPE_SOURCE_DIFFERS', { differs: offer.differs });
  }
  const row = { ...visit.access, stripeKey, syncSince: parsed.toString() };
  const told = await deps.plan(configOf(row, deps.connected, deps.keyring), change).then(
    (plan: FirstPlan) => ({ plan }),
    (error: unknown) => {
      if (!(error instanceof SyncError)) throw error;
      return { failed: error.code };
    },
  );
  const planned: Planned = { since, change, ...told };
  await keepOffer(deps.db, tokenHash, { sealedKey: stripeKey, shown: { ...offer, planned } });
}

export function plannedPart(planned: Planned, offer: Offer, visit: Visit): Html {
  const { since, change, plan, failed } = planned;
  const from = since === 'all' ? 'the whole history' : `from ${since} on (UTC)`;
  return html`<section class="card" aria-labelledby="plan-title">
    <h2 id="plan-title">Which pay-ins will be posted, ${from}</h2>
    ${plan ? figures(plan) : uncounted(failed)}
    ${offer.movements && uncountedMovements(since, visit)}
    <div class="notice warn">
      <p>
        <strong>This cannot be undone.</strong> The first day is fixed once the first sync has begun
        to book by it, and nothing that is posted is ever taken back.
      </p>
    </div>
    <form method="post" action="${visit.at('stripe', '/confirm')}">
      ${formToken(visit)} ${confirmedFields(offer)}
      ${change && html`<input type="hidden" name="change" value="yes" />`}
      <input type="hidden" name="from" value="${since === 'all' ? 'all' : 'day'}" />
      ${since !== 'all' && html`<input type="hidden" name="day" value="${since}" />`}
      <button class="primary" data-busy="Connecting…">
        Connect
        ${calledOf(offer)}${plan && plan.toPost > 0 && html` and post ${plan.isComplete ? count(plan.toPost, 'pay-in') : 'these and the others'}`}
      </button>
    </form>
  </section>`;
}

function figures(plan: FirstPlan): Html {
  const rows = [
    ['To be posted', plan.toPost],
    ['In the ledger already', plan.alreadyPosted],
    ['To be set aside', plan.toSetAside],
    ['Before the first day', plan.beforeSince],
  ] as const;
  const amounts = Object.entries(plan.amounts);
  return html`${
      !plan.isComplete &&
      html`<p>
        <strong>There are more.</strong> These are the newest; counting all would take longer than
        this page waits.
      </p>`
    }
    <dl class="counts">
      ${rows
        .filter(([, number], index) => index === 0 || number > 0)
        .map(
          ([label, number]) =>
            html`<div>
              <dt>${label}</dt>
              <dd>${!plan.isComplete && 'at least '}${formatNumber(number)}</dd>
            </div>`,
        )}
    </dl>
    ${
      amounts.length > 0 &&
      html`<p>
        Money to be posted:
        ${amounts.map(([currency, amount], index) => html`${index > 0 && ', '}<strong>${money(BigInt(amount), currency)}</strong>`)}
      </p>`
    }
    ${plan.toPost === 0 && plan.isComplete && html`<p class="muted">There is no pay-in to post now; what succeeds from here on is posted.</p>`}`;
}

/** The ledger is asked by the first sync what stands there. */
function uncountedMovements(since: string, { access }: Visit): Html {
  const what =
    since === 'all'
      ? 'everything else that has moved Stripe’s balance is booked (fees, refunds, disputes, payouts)'
      : 'everything else that moves Stripe’s balance from that day on is booked (fees, refunds, disputes, payouts), and one opening balance in each currency';
  return html`<p>
    Besides these, ${what}, unless <code>${access.balances.source}</code> is in use in the ledger
    already. They are not counted here.
  </p>`;
}

function uncounted(failed: string | undefined): Html {
  const told = tellCode(failed);
  return html`<p>
    It could not be
    counted${told && `: ${told.what}. ${told.next}`}${failed !== undefined && html` <code>${failed}</code>`}
  </p>`;
}
