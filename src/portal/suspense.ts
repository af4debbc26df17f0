/** Money that Stripe has moved for a reason that is not known: in the ledger, until a person says what it was. */
import { accountOf } from '../domain/movements/accounts';
import {
  ofTheNewest,
  suspenseCount,
  suspenseNumber,
  type SuspenseSum,
} from '../domain/movements/suspense-sum';
import { html, type Html } from './html';
import type { Visit } from './visit';
import { money } from './words';

/** "2 movements stand in suspense: 0.07 USD, -3.00 GBP." */
export function suspenseText(sums: readonly SuspenseSum[]): Html {
  const number = suspenseCount(sums);
  const stand = number === 1 ? 'stands' : 'stand';
  const known = sums.filter(({ currency }) => currency !== '');
  const amounts = known.map(
    ({ amount, currency }, index) => html`${index > 0 && ', '}${money(amount, currency)}`,
  );
  return html`<strong>${suspenseNumber(number)} ${stand} in suspense</strong
    >${amounts.length > 0 && html`${ofTheNewest(number)}: ${amounts}`}.`;
}

export function suspensePart(sums: readonly SuspenseSum[], { access }: Visit): Html {
  return html`<section class="card" aria-labelledby="suspense-title">
    <h2 id="suspense-title">In suspense</h2>
    ${
      sums.length === 0
        ? html`<p>Nothing. Stripe has moved no money for a reason that is not known.</p>`
        : html`<p>${suspenseText(sums)}</p>
            <p>
              Stripe gives a reason that this program does not know. The money is in the ledger, in
              the balance <code>${accountOf('suspense', access.balances)}</code>, so that nothing is
              missing. Find out in the Stripe Dashboard what it was; whoever runs this program then
              assigns it to the balance where it belongs.
            </p>`
    }
  </section>`;
}
