/**
 * `instances remove`: ends the access of an instance. What it has synced, and how far, stays, unless it
 * is purged as well.
 */
import { SyncError } from '../domain/errors';
import { EXIT } from '../exit';
import type { StoreDeps } from '../instances/deps';
import { deactivate, lockAccess } from '../store/access';
import { endInstall } from '../store/installs';
import { addIntent, openIntents } from '../store/intents';
import {
  assertNoSync,
  COUNTED,
  countForPurge,
  purgeInstance,
  type PurgeCounts,
} from '../store/purge';
import type { CommonOptions, Context } from './context';
import { connectedDeps, settleNow } from './instances-deps';
import { count } from '../domain/text';
import { createSecretInput } from './secret-input';

export interface RemoveOptions extends CommonOptions {
  readonly purge?: boolean;
  readonly yes?: boolean;
}

export async function removeInstance(context: Context, options: RemoveOptions): Promise<number> {
  if (options.purge === true) return purge(context, options.yes === true);
  if (options.yes !== true) throw notConfirmed();
  const deps = await connectedDeps(context);
  const instanceId = await context.instanceId();
  await endAccess(context, deps, instanceId);
  context.output.data({ instanceId, removed: true }, `Removed ${instanceId}; its keys are erased.`);
  return EXIT.done;
}

async function endAccess(context: Context, deps: StoreDeps, instanceId: string): Promise<void> {
  await deps.db.transaction(async (tx) => {
    const { origin, install } = await lockAccess(tx, instanceId);
    if (origin === 'environment') {
      throw new SyncError('INSTANCE_FROM_ENVIRONMENT', { instance: instanceId });
    }
    if (install) await endInstall(tx, install.installId, 'uninstalled');
    await deactivate(tx, instanceId, true);
    await addIntent(tx, { kind: 'settle', instanceId });
  });
  await settleNow(context, deps, instanceId);
}

async function purge(context: Context, confirmed: boolean): Promise<number> {
  const { output } = context;
  const deps = await connectedDeps(context);
  const instanceId = await context.instanceId();
  // Before anything ends: a sync that runs has postings under way, of which nothing would be left here.
  await assertNoSync(deps.db, instanceId);
  output.say(`This ends the access of ${instanceId} and deletes all that is kept about it:`);
  for (const line of purgeLines(await countForPurge(deps.db, instanceId))) output.say(`  ${line}`);
  for (const line of CONSEQUENCES) output.say(line);
  const yes = confirmed || (await createSecretInput(output).confirm(`Delete ${instanceId}?`));
  if (!yes) throw notConfirmed();
  await endAccess(context, deps, instanceId);
  await assertNoSync(deps.db, instanceId);
  // Its schedule would go on for an instance that nobody knows any more.
  const left = await openIntents(deps.db, instanceId);
  if (left.count > 0) throw new SyncError('TEMPORAL_UNAVAILABLE', { left: 'its schedule' });
  const deleted = await deps.db.transaction((tx) => purgeInstance(tx, instanceId));
  output.data({ instanceId, removed: true, deleted }, `Deleted ${instanceId}.`);
  return EXIT.done;
}

const CONSEQUENCES = [
  'The ledger keeps every transaction. Connected again, the instance begins with a full listing of Stripe,',
  'which finds in the ledger what was posted and posts it no second time. Lost for good are the record of',
  'runs, the reasons of what is set aside, SYNC_SINCE and the names of its balances: give the same again.',
];

/** Each of which several end in -s. */
const NOUNS: Readonly<Record<keyof PurgeCounts, string>> = {
  alert_channels: 'sent message',
  alerts: 'problem',
  pay_ins: 'pay-in',
  movements: 'other movement',
  balance_transactions: 'balance transaction',
  pay_in_totals: 'daily sum',
  ledger_totals: 'movement sum',
  stripe_totals: 'balance transaction sum',
  not_yet_in_stripe: 'unlisted pay-in',
  disputes: 'dispute',
  openings: 'opening balance',
  acceptances: 'accepted posting',
  reading_judgements: 'reading judgement',
  balance_readings: 'balance reading',
  proof_items: 'proof item',
  proofs: 'proof',
  sync_pages: 'page',
  sync_windows: 'window',
  stripe_syncs: 'sync',
  watermarks: 'watermark',
  sources: 'Stripe source',
  portal_sessions: 'portal visit',
  intents: 'decision',
  install_events: 'Blnk call',
  installs: 'install',
  instances: 'instance',
};

export function purgeLines(counts: PurgeCounts): string[] {
  return Object.entries(NOUNS).flatMap(([table, noun]) => {
    const rows = counts[table as keyof PurgeCounts];
    if (rows === undefined) return [];
    const isMore = table !== 'pay_ins' && table !== 'movements' && rows > COUNTED;
    return [isMore ? `more than ${count(COUNTED, noun)}` : count(rows, noun)];
  });
}

function notConfirmed(): SyncError {
  return new SyncError('USAGE', { '--yes': 'is needed to confirm it' });
}
