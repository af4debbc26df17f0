/** Times, amounts and codes as the portal's pages show them. */
import { saidToOwner } from '../domain/code-text';
import { errorInfo, isErrorCode, type ErrorCode } from '../domain/errors';
import { formatAmount } from '../domain/money';
import { isReasonCode, REASONS, type ReasonInfo } from '../domain/reasons';
import type { SyncStatus, Trigger } from '../domain/sync';
import { asSentence } from '../domain/text';
import { html, type Html } from './html';

/** To the minute; the script adds how long ago that is. */
export function timeOf(time: Date | string): Html {
  const iso = typeof time === 'string' ? time : time.toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, 16).replace('T', ' ')} UTC</time>`;
}

/** To the second, for what is about to happen. */
export function secondOf(time: Date): Html {
  const iso = time.toISOString();
  return html`<time datetime="${iso}" data-seconds>${iso.slice(11, 19)} UTC</time>`;
}

/** "1,234.56 USD" in a form that stays on one line. */
export function money(minor: bigint, currency: string): Html {
  return html`<span class="money">${formatAmount(minor, currency)} ${currency}</span>`;
}

export function took(startedAt: string, completedAt: string | null): string {
  if (completedAt === null) return '';
  const seconds = (Date.parse(completedAt) - Date.parse(startedAt)) / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  return seconds < 120 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
}

export type Tone = 'good' | 'busy' | 'warn' | 'bad' | 'quiet';

export const STATUS: Readonly<Record<SyncStatus, { readonly text: string; readonly tone: Tone }>> =
  {
    running: { text: 'Running', tone: 'busy' },
    completed: { text: 'Completed', tone: 'good' },
    completed_with_problems: { text: 'With pay-ins set aside', tone: 'warn' },
    failed: { text: 'Failed', tone: 'bad' },
    cancelled: { text: 'Cancelled', tone: 'quiet' },
    skipped: { text: 'Skipped', tone: 'quiet' },
  };

export function badge(text: string, tone: Tone): Html {
  return html`<span class="badge ${tone}">${text}</span>`;
}

export const TRIGGER: Readonly<Record<Trigger, string>> = {
  schedule: 'Schedule',
  cli: 'Command',
  start: 'Start',
  portal: 'This portal',
};

export interface Told {
  readonly code: string;
  readonly what: string;
  readonly next: string;
}

export function tellError(code: ErrorCode): Told {
  return { code, ...saidToOwner(errorInfo(code)) };
}

/** Settings, commands and their options: words of whoever runs the program, not of an owner. */
const NOT_OWNERS = /[A-Z]{2,}_[A-Z]|`|npm |--/;

/** @param message the error with its details, as a report has it */
export function tellFailure(code: ErrorCode, message: string): Told {
  const told = tellError(code);
  const end = message.indexOf(`. ${errorInfo(code).next}`);
  const detailed = message.slice(0, Math.max(end, 0));
  return { ...told, what: detailed === '' || NOT_OWNERS.test(detailed) ? told.what : detailed };
}

/** Of a code that may come from anywhere, as from the address of a page. */
export function tellCode(code: string | undefined): Told | undefined {
  return code !== undefined && isErrorCode(code) ? tellError(code) : undefined;
}

/** A database may hold a reason of another version. */
export function tellReason(reason: string): Told & { readonly passing: boolean } {
  if (!isReasonCode(reason)) {
    const next = 'Update the app.';
    return { code: reason, what: 'A reason of another version', next, passing: false };
  }
  const info: ReasonInfo = REASONS[reason];
  const { what, next } = saidToOwner(info);
  return {
    code: reason,
    what: asSentence(what),
    next,
    passing: info.kind === 'passing',
  };
}
