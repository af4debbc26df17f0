/** What the app was allowed to do, and what follows where a right is missing. */
import { may, type Permission } from '../domain/permissions';
import { html, type Html } from './html';
import type { Visit } from './visit';
import { badge } from './words';

const RIGHTS: readonly {
  readonly right: Permission;
  readonly use: string;
  readonly without: string;
}[] = [
  {
    right: 'data:write',
    use: 'Posts each pay-in to the ledger.',
    without: 'Nothing can be synced, and there is no schedule.',
  },
  {
    right: 'data:read',
    use: 'Looks up by reference whether a pay-in is in the ledger already, and compares it.',
    without:
      'Pay-ins are posted, but one whose reference is taken is set aside unless this app posted it: it cannot be compared.',
  },
  {
    right: 'alerts:write',
    use: 'Shows in Blnk what needs you: pay-ins set aside, and syncs that fail.',
    without: 'Problems are shown in this portal only.',
  },
];

export function permissionsBody({ access, view }: Visit): Html {
  const grants = access.install?.permissions ?? null;
  const { missing } = view;
  return html`${
      missing.length === 0
        ? html`<div class="notice good">
            <p>The app has every right that it uses, and no other.</p>
          </div>`
        : html`<div class="notice ${missing.includes('data:write') ? 'bad' : 'warn'}">
            <p>
              <strong
                >${missing.join(' and ')} ${missing.length === 1 ? 'was' : 'were'} not
                granted.</strong
              >
              Rights are fixed at the install: to change them, uninstall the app and install it
              again. What was synced stays, and Stripe is connected anew.
            </p>
          </div>`
    }
    <ul class="rights">
      ${RIGHTS.map(({ right, use, without }) => {
        const granted = may(grants, right);
        return html`<li class="card">
          <h2>
            <code>${right}</code>
            ${granted ? badge('Granted', 'good') : badge('Missing', right === 'data:write' ? 'bad' : 'warn')}
          </h2>
          <p>${use}</p>
          ${!granted && html`<p><strong>Without it:</strong> ${without}</p>`}
        </li>`;
      })}
    </ul>
    <p class="muted">
      Stripe is only ever read: this app cannot move, refund or change anything there.
    </p>`;
}
