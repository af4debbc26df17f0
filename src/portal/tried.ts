/** What came of many pay-ins that were tried again: through, set aside again, or not come to yet. */
import { count, formatNumber } from '../domain/text';
import { retriedInVain, stillDue, type Choice } from '../store/set-aside';
import { html, type Html } from './html';
import { queryOf } from './paging';
import { progressPart, readProgress, type Progress } from './progress';
import type { PortalDeps, Visit } from './visit';
import { tellReason, timeOf } from './words';

export interface WhatWasTried {
  readonly choice: Choice;
  readonly due: number;
  readonly at: Date;
}

export interface Outcome extends WhatWasTried {
  readonly progress: Progress;
  readonly inVain: readonly { readonly reason: string; readonly count: number }[];
  readonly waiting: number;
}

export async function readTried(
  deps: PortalDeps,
  { session }: Visit,
  tried: WhatWasTried,
): Promise<Outcome> {
  const { instanceId } = session;
  const { choice, at } = tried;
  const progress = await readProgress(deps, instanceId);
  const inVain = await retriedInVain(deps.db, instanceId, choice, at);
  const waiting = await stillDue(deps.db, instanceId, choice, at);
  return { ...tried, progress, inVain, waiting };
}

export function triedBody(outcome: Outcome, visit: Visit): Html {
  const { at, due, inVain, waiting, progress } = outcome;
  const failed = inVain.reduce((sum, one) => sum + one.count, 0);
  const through = Math.max(due - failed - waiting, 0);
  const isOver = progress.state === 'idle';
  const tone = !isOver ? 'busy' : failed + waiting > 0 ? 'warn' : 'good';
  return html`<p><a href="${visit.at('quarantine')}">Set aside</a></p>
    ${progressPart(progress, visit)}
    <section class="card" aria-labelledby="tried-title">
      <h2 id="tried-title">
        ${isOver ? `Of ${count(due, 'pay-in')} tried again` : `${count(due, 'pay-in')} tried again`}
      </h2>
      <p class="muted">Asked for at ${timeOf(at)}.</p>
      <dl class="counts">
        ${fact('Through', through)} ${failed > 0 && fact('Set aside again', failed)}
        ${waiting > 0 && fact(isOver ? 'Not tried yet' : 'Still to be tried', waiting)}
      </dl>
      <div class="notice ${tone}"><p>${verdict(outcome, isOver, failed)}</p></div>
      ${inVain.length > 0 && again(outcome, visit)}
    </section>`;
}

function verdict({ waiting }: Outcome, isOver: boolean, failed: number): string {
  if (!isOver) return 'The sync goes on; this page follows it.';
  if (waiting > 0) {
    return 'The sync has ended before it came to all of them. The next one takes up the rest by itself.';
  }
  return failed > 0
    ? 'What stood in the way of those that are set aside again is still there.'
    : 'All went through: nothing of it is set aside any more.';
}

function again({ inVain }: Outcome, { at }: Visit): Html {
  return html`<ul class="reasons">
    ${inVain.map(({ reason, count: number }) => {
      const { what, next } = tellReason(reason);
      return html`<li>
        <strong>${formatNumber(number)}</strong> ${what}. ${next}
        <a href="${at('quarantine', queryOf({ reason }))}">See them</a>
        <code>${reason}</code>
      </li>`;
    })}
  </ul>`;
}

function fact(name: string, number: number): Html {
  return html`<div>
    <dt>${name}</dt>
    <dd>${formatNumber(number)}</dd>
  </div>`;
}
