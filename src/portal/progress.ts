/** The sync that is under way: a part of pages that the script renews while it runs. */
import { withoutOutcome, withTexts } from '../domain/outcomes';
import { countsOf, type Report } from '../domain/report';
import { readMovements, readReport } from '../store/sync-reports';
import { findLastEnded, findOpenSync } from '../store/syncs';
import { outcomesOf, NO_MOVEMENTS } from '../domain/movements/movement-counts';
import { describePhase, type Progress as SyncProgress } from '../domain/progress';
import { count, formatNumber } from '../domain/text';
import type { StepWait } from '../domain/waits';
import { askProgress } from '../temporal/follow';
import { findLongestWait } from '../temporal/runs';
import { html, type Html } from './html';
import { formToken } from './form-token';
import { OUTCOME_LABEL } from './outcomes';
import { askTemporal, findStartingSync, unlessAway } from './temporal';
import type { PortalDeps, Visit } from './visit';
import { money, secondOf, tellError, timeOf } from './words';

type Told = Pick<SyncProgress, 'phase' | 'rows' | 'readBackTo'>;

export type Progress =
  | {
      readonly state: 'running';
      readonly report: Report;
      /** As its workflow tells it; undefined: no worker answers just now. */
      readonly told: Told | undefined;
      /** What it waits for; undefined: nothing, as far as is known. */
      readonly waiting?: StepWait | undefined;
    }
  /** Temporal has it; no worker has taken it up yet. */
  | { readonly state: 'starting'; readonly waiting?: StepWait | undefined }
  /** `mark` changes with each sync that ends. */
  | { readonly state: 'idle'; readonly mark?: string | undefined };

export async function readProgress(deps: PortalDeps, instanceId: string): Promise<Progress> {
  const open = await findOpenSync(deps.db, instanceId);
  if (open) {
    const asked = askTemporal(deps, async (client) => {
      const [waiting, told] = await Promise.all([
        findLongestWait(client, open.workflowId),
        askProgress(client, open),
      ]);
      return { waiting, told };
    });
    const { waiting, told } = (await unlessAway(asked)) ?? {};
    const movements = await readMovements(deps.db, open.syncId);
    const report = await readReport(deps.db, open, null, movements);
    return { state: 'running', report, told, waiting };
  }
  const asked = askTemporal(deps, async (client) => {
    const owner = await findStartingSync(deps, client, instanceId);
    return owner && { waiting: await findLongestWait(client, owner.workflowId) };
  });
  const starting = await unlessAway(asked);
  return starting
    ? { state: 'starting', ...starting }
    : { state: 'idle', mark: (await findLastEnded(deps.db, instanceId))?.syncId };
}

/** Seconds between two looks of a browser without scripts. */
export const REFRESH_SECONDS = 5;

/** @returns what stays in its place while nothing runs is empty */
export function progressPart(progress: Progress, visit: Visit): Html {
  const { at } = visit;
  const { state } = progress;
  return html`<div
    id="progress"
    data-state="${state}"
    data-mark="${state === 'idle' ? (progress.mark ?? '') : ''}"
    data-poll="${at('progress')}"
  >
    ${
      state === 'idle'
        ? null
        : html`<section class="card busy" aria-labelledby="progress-title">
            <h2 id="progress-title">
              <span class="pulse" aria-hidden="true"></span
              >${state === 'running' ? 'A sync is running' : 'A sync is starting'}
            </h2>
            ${state === 'running' ? counts(progress) : html`<p>It has been handed over and begins as soon as a worker takes it up, mostly within a second. If it does not, the worker is away: whoever runs this program starts it.</p>`}
            ${progress.waiting && waitingPart(progress.waiting)}
            <form method="post" action="${at('cancel')}">
              ${formToken(visit)}<button class="small">Cancel this sync</button>
            </form>
          </section>`
    }
  </div>`;
}

function waitingPart({ code, attempt, nextTry }: StepWait): Html {
  const { what } = tellError(code);
  return html`<div class="notice warn">
    <p>
      <strong>It waits: ${what}.</strong> Nothing is lost; it goes on by itself once that is over.
      Tried
      ${count(attempt, 'time')}${nextTry === null ? ', just now again' : html`, next at ${secondOf(nextTry)}`}.
    </p>
    <p class="code"><code>${code}</code></p>
  </div>`;
}

/** No percentages: Stripe gives no totals. */
function counts({ report, told }: Extract<Progress, { state: 'running' }>): Html {
  const counted = countsOf(report);
  const { movements } = report;
  const amounts = Object.entries(report.amounts);
  const payIns = [
    [counted.found, 'Found'],
    ...withTexts(counted, OUTCOME_LABEL),
    [withoutOutcome(counted), 'Under way'],
  ] as const;
  const others = [
    [told?.rows ?? 0, 'Rows of Stripe’s balance read'],
    ...withTexts(outcomesOf(movements ?? NO_MOVEMENTS), OUTCOME_LABEL),
  ] as const;
  const hasMovements = movements !== undefined || told?.rows !== undefined;
  return html`${told && html`<p>Now: ${describePhase(told)}.</p>`}
    ${hasMovements && html`<h3>Pay-ins</h3>`} ${countsList(payIns)}
    ${
      hasMovements &&
      html`<h3>Movements</h3>
        ${countsList(others)}`
    }
    <p class="muted">
      Since
      ${timeOf(report.startedAt)}${
        amounts.length > 0 &&
        html`, so far
        ${amounts.map(([currency, { found }], index) => html`${index > 0 && ', '}${money(BigInt(found), currency)}`)}`
      }
    </p>`;
}

/** The first two are always shown. */
function countsList(counted: readonly (readonly [number: number, label: string])[]): Html {
  const shown = counted.filter(([number], index) => index < 2 || number > 0);
  return html`<dl class="counts">
    ${shown.map(
      ([number, label]) =>
        html`<div>
          <dt>${label}</dt>
          <dd>${formatNumber(number)}</dd>
        </div>`,
    )}
  </dl>`;
}
