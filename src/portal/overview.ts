/** The first page: where the instance stands, what runs, and the money of the last 30 days. */
import { formatNumber } from '../domain/text';
import { readStanding } from '../store/standing';
import { moneyByDay, quarantineReasons, type MoneyOfDay } from '../store/pay-in-totals';
import { heldInstalls, type InstallRow } from '../store/installs';
import { readList, type ListedSync } from '../store/sync-reports';
import { readStall } from '../store/stalls';
import { listSyncs, type SyncRow } from '../store/syncs';
import { describeSchedule, type ScheduleState } from '../temporal/schedules';
import { moneyChart } from './chart';
import { html, type Html } from './html';
import { formToken } from './form-token';
import { heldPart } from './held';
import { proofCard } from './proof-card';
import { readProofStanding, type ProofStanding } from './proof-standing';
import { progressPart, readProgress, type Progress } from './progress';
import { runsTable } from './runs';
import { isComing } from './schedule';
import { stateOf, type State } from './state';
import { askTemporal, unlessAway } from './temporal';
import type { PortalDeps, Visit } from './visit';
import { timeOf } from './words';

/** Days of the chart, today included. */
const DAYS = 30;

/** Currencies that are seen at once; the others unfold. */
const CHARTS = 3;

export interface Overview {
  readonly state: State;
  readonly progress: Progress;
  readonly syncedUntil: string | null;
  readonly last: SyncRow | undefined;
  readonly schedule: ScheduleState | null | undefined;
  readonly setAside: number;
  readonly days: readonly string[];
  readonly money: readonly MoneyOfDay[];
  readonly newest: readonly ListedSync[];
  /** undefined: only pay-ins are booked. */
  readonly proof: ProofStanding | undefined;
  /** Installs that wait for the owner's decision. */
  readonly held: readonly InstallRow[];
}

export async function readOverview(deps: PortalDeps, visit: Visit): Promise<Overview> {
  const { db } = deps;
  const { session, view } = visit;
  const { instanceId } = session;
  const days = lastDays(new Date());
  const asked = askTemporal(deps, (client) => describeSchedule(client, instanceId));
  const [schedule, progress] = await Promise.all([
    unlessAway(asked.then((state) => state ?? null)),
    readProgress(deps, instanceId),
  ]);
  const standing = await readStanding(db, instanceId);
  const reasons = await quarantineReasons(db, instanceId);
  const setAside = reasons.reduce((sum, { count }) => sum + count, 0);
  const proof = await readProofStanding(deps, visit, new Date());
  const stalled = (await readStall(db, instanceId))?.codes;
  return {
    state: stateOf({ view, standing, progress, schedule, setAside, stalled, proof }),
    ...{ progress, schedule, setAside, days, proof },
    syncedUntil: standing.syncedUntil,
    last: standing.last,
    money: await moneyByDay(db, instanceId, days[0] ?? ''),
    newest: await readList(db, instanceId, await listSyncs(db, instanceId, 5)),
    held: await heldInstalls(db, instanceId),
  };
}

export function overviewBody(overview: Overview, visit: Visit): Html {
  const { state, progress, proof, newest, money, held, last } = overview;
  const { at, view } = visit;
  const canSync = view.standing === 'ready';
  return html`${heldPart(held, visit)}
    <section class="card state ${state.tone}" aria-labelledby="state-title">
      <div>
        <h2 id="state-title">${state.title}</h2>
        <p>${state.text}</p>
        ${state.code !== undefined && html`<p class="code"><code>${state.code}</code></p>`}
      </div>
      <div class="actions">
        ${state.link && html`<a class="button" href="${at(state.link.page)}">${state.link.text}</a>`}
        ${canSync && progress.state === 'idle' && html`<form method="post" action="${at('sync')}">${formToken(visit)}<button class="${state.link === undefined && 'primary'}">Sync now</button></form>`}
      </div>
    </section>
    ${progressPart(progress, visit)} ${facts(overview, visit)}
    ${proofCard(proof, visit, last !== undefined)}
    <section aria-labelledby="money-title">
      <h2 id="money-title">Money by day</h2>
      ${money.length === 0 ? empty(canSync) : charts(overview)}
    </section>
    ${
      newest.length > 0 &&
      html`<section aria-labelledby="newest-title">
        <h2 id="newest-title">Newest runs</h2>
        ${runsTable(newest, visit)}
        <p><a href="${at('runs')}">All runs</a></p>
      </section>`
    }`;
}

function facts({ syncedUntil, last, schedule, setAside }: Overview, visit: Visit): Html {
  const next =
    schedule === undefined
      ? 'Not known just now'
      : schedule === null
        ? isComing({ state: schedule }, visit)
          ? 'In a moment'
          : 'No schedule yet'
        : schedule.paused
          ? 'Paused'
          : schedule.nextRun && timeOf(schedule.nextRun);
  return html`<dl class="facts">
    <div>
      <dt>Synced until</dt>
      <dd>${syncedUntil === null ? 'Nothing yet' : timeOf(syncedUntil)}</dd>
    </div>
    <div>
      <dt>Last sync</dt>
      <dd>${last ? timeOf(last.completedAt ?? last.startedAt) : 'None yet'}</dd>
    </div>
    <div>
      <dt>Next sync</dt>
      <dd ${isComing({ state: schedule }, visit) && html` data-reload`}>${next}</dd>
    </div>
    <div>
      <dt>Set aside</dt>
      <dd>${setAside === 0 ? 'None' : formatNumber(setAside)}</dd>
    </div>
  </dl>`;
}

function empty(canSync: boolean): Html {
  return html`<div class="card empty">
    <p>
      ${
        canSync
          ? 'No pay-ins of the last 30 days yet. They appear here once a sync has found some.'
          : 'Pay-ins appear here once the first sync has run.'
      }
    </p>
  </div>`;
}

function charts({ money, days }: Overview): Html {
  const byCurrency = new Map<string, MoneyOfDay[]>();
  for (const row of money) {
    byCurrency.set(row.currency, [...(byCurrency.get(row.currency) ?? []), row]);
  }
  const payIns = (rows: readonly MoneyOfDay[]) =>
    rows.reduce((sum, row) => sum + row.countInLedger + row.countSetAside, 0);
  const sorted = [...byCurrency].sort(([, a], [, b]) => payIns(b) - payIns(a));
  const drawn = sorted.map(([currency, rows]) => moneyChart(currency, rows, days));
  const more = drawn.slice(CHARTS);
  return html`<p class="muted">
      Pay-ins of the last ${DAYS} days by the day that they are booked to; not net of refunds and
      fees.
    </p>
    <div class="card charts">
      ${drawn.slice(0, CHARTS)}${
        more.length > 0 &&
        html`<details class="more">
          <summary>${more.length} more ${more.length === 1 ? 'currency' : 'currencies'}</summary>
          ${more}
        </details>`
      }
    </div>`;
}

function lastDays(now: Date): string[] {
  const today = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate());
  return Array.from({ length: DAYS }, (_, index) =>
    new Date(today - (DAYS - 1 - index) * 86_400_000).toISOString().slice(0, 10),
  );
}
