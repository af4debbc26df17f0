/**
 * Installs that are held, as the owner sees them: shown to whoever was let in by the install in force, with
 * what he can compare with what he did in Blnk.
 */
import type { InstallRow } from '../store/installs';
import { html, type Html } from './html';
import { formToken } from './form-token';
import type { Visit } from './visit';
import { timeOf } from './words';

const WHY: Readonly<Record<string, string>> = {
  INSTALL_HELD: 'Its key works, and so does the one in force.',
  INSTALL_UNPROVEN: 'Its key does not find what was posted before.',
};

export function heldPart(held: readonly InstallRow[], visit: Visit): Html | false {
  if (held.length === 0) return false;
  return html`<section class="notice warn" aria-labelledby="held-title">
    <h2 id="held-title">
      ${held.length === 1 ? 'An install waits' : `${held.length} installs wait`} for your decision
    </h2>
    <p>
      Somebody has installed the app for this instance once more. Blnk does not sign such calls, so
      nothing was replaced, and syncing goes on as before.
      <strong>Did you install it again just then? If not, refuse it.</strong>
    </p>
    <ul class="rights">
      ${held.map((install) => heldItem(install, visit))}
    </ul>
  </section>`;
}

function heldItem(install: InstallRow, visit: Visit): Html {
  const { installId, receivedAt, receivedFrom, apiKeyPrefix, problem } = install;
  const form = (action: 'approve' | 'refuse', text: string) =>
    html`<form method="post" action="${visit.at('installs', `/${action}`)}">
      ${formToken(visit)}<input type="hidden" name="install" value="${installId}" />
      <button>${text}</button>
    </form>`;
  return html`<li class="card">
    <dl class="facts plain">
      <div>
        <dt>Received</dt>
        <dd>${receivedAt === null ? 'Not known' : timeOf(receivedAt)}</dd>
      </div>
      <div>
        <dt>From</dt>
        <dd>${receivedFrom === null ? 'Not known' : html`<code>${receivedFrom}</code>`}</dd>
      </div>
      <div>
        <dt>Install</dt>
        <dd><code>${installId}</code></dd>
      </div>
      <div>
        <dt>Key</dt>
        <dd><code>${apiKeyPrefix}…</code></dd>
      </div>
    </dl>
    <p>${WHY[problem ?? ''] ?? ''}</p>
    <div class="actions">
      ${form('refuse', 'Refuse')}
      <details>
        <summary>Approve</summary>
        <p>
          It replaces the install in force: pay-ins are posted with its key from then on, this
          session ends, and Stripe is connected anew. Only do this for an install that you made.
        </p>
        ${form('approve', 'Put it in force')}
      </details>
    </div>
  </li>`;
}
