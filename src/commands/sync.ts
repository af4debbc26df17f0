/** `sync`: runs a sync now and follows it, or shows with --plan which pay-ins one would post. */
import type { Command } from 'commander';
import { SyncError } from '../domain/errors';
import type { Scope } from '../domain/sync';
import { count } from '../domain/text';
import { parseUtc } from '../domain/utc';
import { EXIT } from '../exit';
import type { CommonOptions, Context } from './context';
import { runSync, type SyncRequest } from './follow';
import type { PlannedPayment } from '../domain/plan';
import { planAsText } from '../domain/plan-text';
import { CALLED, verb, type Run } from './verb';

export interface SyncOptions extends CommonOptions {
  readonly from?: string;
  readonly to?: string;
  readonly payment?: string;
  readonly plan?: boolean;
  readonly detach?: boolean;
  readonly acceptSource?: boolean;
}

export function addSync(program: Command, run: Run): void {
  verb(
    program,
    'sync',
    'Sync now and follow it; Ctrl-C leaves it running',
    'sync',
    'sync --plan',
    'sync --from 2026-01-01 --to 2026-02-01',
  )
    .option('--from <time>', 'only pay-ins created from this time on (UTC, YYYY-MM-DD or RFC 3339)')
    .option('--to <time>', 'and before this time')
    .option('--payment <id>', 'only this payment (pi_…)')
    .option('--plan', 'say which pay-ins would be posted, but post and write nothing')
    .option('--detach', 'return once it has started')
    .option('--accept-source', 'confirm another Stripe account or ledger; lists everything again')
    .action((options: SyncOptions) => run(options, (context) => sync(context, options)));
}

async function sync(context: Context, options: SyncOptions): Promise<number> {
  const scope = scopeOf(options);
  const { plan = false, detach = false, acceptSource = false } = options;
  if (plan && detach) throw usage('--detach', 'has no meaning with --plan');
  if (!plan) {
    const outcome = scope.kind === 'payment' ? paymentOutcome(context, scope.paymentIntentId) : {};
    return runSync(context, { scope, acceptSource, detach, ...outcome });
  }
  const { output } = context;
  const { dryRun } = await import('../engine/dry-run.js');
  const show = (found: number) => output.progress(`Planning: ${count(found, 'pay-in')} found`);
  const payments: PlannedPayment[] = [];
  const parts = { db: await context.db(), ends: await context.ends(), show };
  const planned = await dryRun(
    {
      ...parts,
      ...(output.json && {
        list: (page: readonly PlannedPayment[]) => void payments.push(...page),
      }),
    },
    scope,
    acceptSource,
  );
  output.data({ ...planned, payments }, planAsText(planned));
  return EXIT.done;
}

/** A sync that was asked for one payment and posts nothing says why: it has not succeeded, or is closed. */
function paymentOutcome(context: Context, id: string): Pick<SyncRequest, 'outcome'> {
  return {
    async outcome({ recordsFound, status }) {
      if (status !== 'completed') return undefined;
      const { findPayIn } = await import('../store/movements.js');
      const row = await findPayIn(await context.db(), await context.instanceId(), id);
      if (row?.state === 'quarantined' && row.closedAt !== null) {
        const text = `Not posted: ${id} is closed (by ${row.closedBy ?? 'itself'}). To open it again: ${CALLED} quarantine retry ${id}`;
        const json = { payment: { id, closedBy: row.closedBy, reason: row.reason } };
        return { json, text, failed: false };
      }
      if (recordsFound > 0) return undefined;
      const { stripe } = await context.ends();
      const read = await stripe.readPayIn(id, new AbortController().signal);
      if (!read || read.payIn) return undefined;
      const text = `Nothing to post: ${id} is ${read.status} at Stripe, and only payments that succeeded are posted.`;
      return { json: { payment: { id, status: read.status } }, text, failed: false };
    },
  };
}

/** @throws SyncError USAGE */
export function scopeOf({ from, to, payment }: SyncOptions): Scope {
  if (payment !== undefined) {
    if (from !== undefined || to !== undefined) {
      throw usage('--payment', 'cannot be combined with --from and --to');
    }
    return { kind: 'payment', paymentIntentId: paymentIntentId(payment) };
  }
  if (from === undefined && to === undefined) return { kind: 'full' };
  if (from === undefined || to === undefined) {
    throw usage(from === undefined ? '--from' : '--to', 'is missing; both are needed');
  }
  const range = { from: timeOf('--from', from), to: timeOf('--to', to) };
  if (range.from >= range.to) throw usage('--to', 'must be later than --from');
  return { kind: 'range', ...range };
}

export function isPaymentIntentId(text: string): boolean {
  return /^pi_[A-Za-z0-9_]{1,250}$/.test(text);
}

/** @throws SyncError USAGE: an id of something else would be searched in vain */
export function paymentIntentId(text: string): string {
  if (isPaymentIntentId(text)) return text;
  throw usage('payment', 'must be a PaymentIntent id like pi_3Abc…');
}

function timeOf(option: string, text: string): number {
  const time = parseUtc(text);
  if (time === undefined)
    throw usage(option, 'must be YYYY-MM-DD or a time like 2026-01-31T08:00:00Z');
  return time;
}

function usage(what: string, problem: string): SyncError {
  return new SyncError('USAGE', { [what]: problem });
}
