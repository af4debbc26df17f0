/** What the app was allowed to do, and what follows where a right is missing. */
import { may, type Permission } from '../domain/permissions';
import { html, type Html } from './html';
import type { Visit } from './visit';
import type { LastUse } from './last-use';
import { badge, tellError, timeOf } from './words';

const RIGHTS: readonly {
  readonly right: Permission;
  readonly use: string;
  readonly without: string;
}[] = [
  {
    right: 'data:write',
    use: 'Posts each pay-in, and all else that moves the Stripe balance, to the ledger.',
    without: 'Nothing can be synced, and there is no schedule.',
  },
  {
    right: 'data:read',
    use: 'Looks up by reference whether a posting is in the ledger already, compares it, and reads what the ledger holds, for the proof.',
    without:
      'A new instance gets pay-ins alone, nothing is proven, and what has a reference that is taken is set aside unless this app posted it: it cannot be compared.',
  },
  {
    right: 'alerts:write',
    use: 'Shows in Blnk what needs you: what is set aside or in suspense, a broken proof, and syncs that fail.',
    without: 'Problems are shown in this portal only.',
  },
];

export function permissionsBody({ access, view }: Visit, last: LastUse | undefined): Html {
  const refused = last?.error === 'BLNK_PERMISSION_MISSING' ? (last.missing ?? 'data:write') : null;
  const grants = access.install?.permissions ?? null;
  const { missing } = view;
  return html`${lastUse(last)}${
      missing.length === 0
        ? refused === null &&
          html`<div class="notice good">
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
        const withdrawn = refused === right;
        const granted = may(grants, right) && !withdrawn;
        return html`<li class="card">
          <h2>
            <code>${right}</code>
            ${granted ? badge('Granted', 'good') : badge(withdrawn ? 'Refused by Blnk' : 'Missing', right === 'data:write' ? 'bad' : 'warn')}
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

/** The list says what was granted at the install; what Blnk said when it was used last counts more. */
function lastUse(last: LastUse | undefined): Html | null {
  if (!last) return null;
  if (last.error !== 'BLNK_PERMISSION_MISSING' && last.error !== 'BLNK_KEY_REJECTED') {
    return html`<p class="muted">Last used by a sync: ${timeOf(last.at)}.</p>`;
  }
  const { what, next } = tellError(last.error);
  return html`<div class="notice bad" role="alert">
    <p>
      <strong>${what}.</strong> So Blnk answered the sync that ended at ${timeOf(last.at)}. ${next}
    </p>
    <p class="code"><code>${last.error}</code></p>
  </div>`;
}
