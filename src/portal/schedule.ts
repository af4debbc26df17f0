/** When the instance syncs: its pace, and a pause that only a person ends. */
import { describeSchedule, pauseCode, type ScheduleState } from '../temporal/schedules';
import { html, type Html } from './html';
import { formToken } from './form-token';
import { askTemporal, unlessAway } from './temporal';
import type { PortalDeps, Visit } from './visit';
import { badge, tellError, timeOf } from './words';

export const PACES = {
  quarter: {
    cron: '*/15 * * * *',
    text: 'Every 15 minutes',
    detail: 'the ledger is never far behind',
  },
  hour: { cron: '0 * * * *', text: 'Every hour', detail: 'at the full hour' },
  day: { cron: '0 3 * * *', text: 'Once a day', detail: 'at 03:00 UTC' },
} as const;

export type Pace = keyof typeof PACES;

export interface SchedulePage {
  /** null: there is none; undefined: Temporal cannot be asked. */
  readonly state: ScheduleState | null | undefined;
  /** What the instance's row says, or the settings. */
  readonly cron: string;
}

export async function readSchedule(deps: PortalDeps, visit: Visit): Promise<SchedulePage> {
  const { instanceId } = visit.session;
  const asked = askTemporal(deps, (client) => describeSchedule(client, instanceId));
  const state = await unlessAway(asked.then((found) => found ?? null));
  const ofEnvironment = visit.access.origin === 'environment' ? state?.cron : null;
  return { state, cron: visit.access.cron ?? ofEnvironment ?? deps.cron };
}

export function scheduleBody({ state, cron }: SchedulePage, visit: Visit): Html {
  if (state === null) {
    const text =
      visit.view.standing === 'ready'
        ? 'The schedule is being made; it appears here within seconds.'
        : 'There is no schedule, since nothing can be synced yet. The overview says what is missing.';
    return html`<div class="card empty" ${isComing({ state }, visit) && html` data-reload`}>
        <p>${text}</p>
      </div>
      ${paces(cron, visit)}`;
  }
  return html`${state === undefined ? away() : running(state, visit)}${paces(cron, visit)}`;
}

/** Whether the page changes by itself within seconds. */
export function isComing({ state }: Pick<SchedulePage, 'state'>, { view }: Visit): boolean {
  return state === null && view.standing === 'ready';
}

function away(): Html {
  return html`<div class="notice warn">
    <p>
      <strong>The schedule cannot be read just now.</strong> A change of the pace is kept and
      carried out as soon as it can be.
    </p>
  </div>`;
}

function running(state: ScheduleState, visit: Visit): Html {
  const { paused, nextRun } = state;
  const action = (verb: 'pause' | 'resume', text: string) =>
    html`<form method="post" action="${visit.at('schedule', `/${verb}`)}">
      ${formToken(visit)}<button class="${paused && 'primary'}">${text}</button>
    </form>`;
  return html`<section
    class="card state ${paused ? 'warn' : 'good'}"
    aria-labelledby="running-title"
  >
    <div>
      <h2 id="running-title">${paused ? 'Paused' : 'Running'}</h2>
      <p>
        ${paused ? pauseText(state) : nextRun ? html`The next sync starts at ${timeOf(nextRun)}.` : 'No next run is planned.'}
      </p>
    </div>
    <div class="actions">${paused ? action('resume', 'Resume') : action('pause', 'Pause')}</div>
  </section>`;
}

function pauseText(state: ScheduleState): string {
  const code = state.pausedByUs ? pauseCode(state) : undefined;
  if (code) {
    const { what, next } = tellError(code);
    return `The app has paused it, since every further sync would fail the same way: ${what}. ${next}`;
  }
  const note = state.note === '' ? 'No reason was given.' : `The reason given: ${state.note}.`;
  return `A person has paused it. ${note} Nothing syncs by itself until it is resumed.`;
}

function paces(cron: string, visit: Visit): Html {
  const fixed = visit.access.origin === 'environment';
  const known = Object.values(PACES).some((pace) => pace.cron === cron);
  return html`<section class="card" aria-labelledby="pace-title">
    <h2 id="pace-title">How often</h2>
    ${!known && html`<p>${badge('Its own', 'quiet')} <code>${cron}</code> (UTC), as it was set up. Choosing one of these replaces it.</p>`}
    ${
      fixed
        ? html`<p>The keys and the schedule of this instance are set where the program runs.</p>`
        : html`<form method="post" action="${visit.at('schedule')}">
              ${formToken(visit)}
              <fieldset>
                <legend class="hidden">How often</legend>
                ${Object.entries(PACES).map(
                  ([name, pace]) =>
                    html`<label class="choice"
                      ><input
                        type="radio"
                        name="pace"
                        value="${name}"
                        ${pace.cron === cron && html` checked`}
                        required
                      /><span
                        ><strong>${pace.text}</strong
                        ><span class="muted">${pace.detail}</span></span
                      ></label
                    >`,
                )}
              </fieldset>
              <button>Save</button>
            </form>
            <p class="muted">
              A sync without anything new costs one to three reads at Stripe. Each one takes up
              where the last has ended, so a slower pace loses nothing.
            </p>`
    }
  </section>`;
}
