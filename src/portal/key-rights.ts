/** What a Stripe key reads movements and the proof with, as a sentence names it to its owner. */
import { ALL_MOVEMENT_RIGHTS, MOVEMENT_RIGHTS } from '../domain/movements/stripe-rights';
import { html, type Html } from './html';

/** Two parts of a list: what they need, and what is worth having. */
export function keyRights(): Html {
  return html`<li>
      <strong>For fees, refunds, disputes, payouts and the proof:</strong> ${namesOf(true)}. Without
      one of them only pay-ins are booked, and the ledger is not compared with Stripe’s balance.
    </li>
    <li>
      <strong>Worth having:</strong> ${namesOf(false)}. Without them it is not told whose these are,
      and all transfers go to one balance.
    </li>`;
}

function namesOf(isNeeded: boolean): string {
  return ALL_MOVEMENT_RIGHTS.map((right) => MOVEMENT_RIGHTS[right])
    .filter((right) => right.isNeeded === isNeeded)
    .map(({ text }) => text.replace(/^Stripe /, ''))
    .join(', ');
}
