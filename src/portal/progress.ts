/** The sync that is under way: a part of pages that the script renews while it runs. */
import type { Report } from '../domain/report';
import { readReport } from '../store/overview';
import { findOpenSync } from '../store/syncs';
import { findAdhocSync } from '../temporal/syncs';
import { formatNumber } from '../domain/text';
import { html, type Html } from './html';
import { askTemporal, unlessAway } from './temporal';
import type { PortalDeps, Visit } from './visit';
import { money, timeOf } from './words';

export type Progress =
  | { readonly state: 'running'; readonly report: Report }
  /** Temporal has it; no worker has taken it up yet. */
  | { readonly state: 'starting' }
  | { readonly state: 'idle' };

export async function readProgress(deps: PortalDeps, instanceId: string): Promise<Progress> {
  const open = await findOpenSync(deps.db, instanceId);
  if (open) return { state: 'running', report: await readReport(deps.db, open, null) };
  const asked = askTemporal(deps, (client) => findAdhocSync(client, instanceId));
  return { state: (await unlessAway(asked)) ? 'starting' : 'idle' };
}

/** Seconds between two looks of a browser without scripts. */
export const REFRESH_SECONDS = 5;

/** @returns what stays in its place while nothing runs is empty */
export function progressPart(progress: Progress, { at }: Visit): Html {
  const { state } = progress;
  return html`<div id="progress" data-state="${state}" data-poll="${at('progress')}">
    ${
      state === 'idle'
        ? null
        : html`<section class="card busy" aria-labelledby="progress-title">
            <h2 id="progress-title">
              <span class="pulse" aria-hidden="true"></span
              >${state === 'running' ? 'A sync is running' : 'A sync is starting'}
            </h2>
            ${state === 'running' ? counts(progress.report) : html`<p>It has been handed over and begins as soon as a worker takes it up, mostly within a second.</p>`}
          </section>`
    }
  </div>`;
}

/** No percentages: Stripe gives no totals. */
function counts(report: Report): Html {
  const rows = [
    ['Found', report.recordsFound],
    ['Posted', report.recordsPosted],
    ['Already in the ledger', report.recordsAlreadyPosted],
    ['Set aside', report.recordsQuarantined],
    ['Before the first day', report.recordsBeforeSince],
  ] as const;
  const shown = rows.filter(([, count], index) => index < 2 || count > 0);
  const amounts = Object.entries(report.amounts);
  return html`<dl class="counts">
      ${shown.map(
        ([label, count]) =>
          html`<div>
            <dt>${label}</dt>
            <dd>${formatNumber(count)}</dd>
          </div>`,
      )}
    </dl>
    <p class="muted">
      Since
      ${timeOf(report.startedAt)}${
        amounts.length > 0 &&
        html`, so far
        ${amounts.map(([currency, { found }], index) => html`${index > 0 && ', '}${money(BigInt(found), currency)}`)}`
      }
    </p>`;
}
