/** The page of the proof of an instance of which only pay-ins are booked: what a proof is, and what it takes. */
import { wholeKeyForm } from '../domain/movements/stripe-rights';
import { html, type Html } from './html';
import { keyRights } from './key-rights';
import type { Visit } from './visit';

export function proofOffBody({ view, at }: Visit): Html {
  const form = wholeKeyForm(view.stripe?.livemode ?? true);
  return html`<section class="card proof quiet" aria-labelledby="proof-title">
      <div>
        <h2 id="proof-title">Only pay-ins are booked</h2>
        <p>
          Fees, refunds, disputes and payouts are not, so what the ledger holds is not what Stripe
          holds, and nothing can be held against Stripe’s own balance.
        </p>
      </div>
    </section>
    <section class="card" aria-labelledby="takes-title">
      <h2 id="takes-title">What it takes to prove the ledger</h2>
      <p>
        Everything that moves Stripe’s balance is booked then, and after each run Stripe’s balance
        is compared with the ledger, currency by currency, until nothing is unexplained.
      </p>
      <ol class="steps">
        <li>
          The Stripe key may read what this takes:
          <ul>
            ${keyRights()}
          </ul>
          <a href="${form}" target="_blank" rel="noopener noreferrer"
            >Make such a key<span class="hidden">, in a new tab</span></a
          >
          (all of these are ticked, on “Read”), and
          <a href="${at('stripe')}">give it to this instance</a>.
        </li>
        <li>
          Whoever runs this program looks at what will be posted and turns it on (<code
            >movements plan</code
          >, <code>movements enable</code>). Nothing that is booked already is changed.
        </li>
      </ol>
    </section>`;
}
