/**
 * Connects a Stripe account to an instance, in two steps: what the key is and may do is shown to the
 * owner, then confirmed. Nobody else ever gives an instance access to Stripe.
 */
import { runProbes, type ProbeResult } from '../checks/probe';
import { stripePermissionProbes } from '../checks/stripe-permissions';
import { createLedger } from '../blnk/ledger';
import type { InstanceConfig } from '../config';
import { isLive, ORGANISATION_KEY, STRIPE_KEY } from '../config/settings';
import { SyncError } from '../domain/errors';
import { keyFingerprintOf } from '../domain/ids';
import { NO_BUDGET } from '../domain/read-budget';
import { isPlainRemote } from '../domain/unsafe';
import { isNew, lackingRights } from '../engine/opening/enabled-by-default';
import type { Secret } from '../secret';
import { ledgerPlace } from '../secrets/keyring';
import { findAccess, lockAccess, saveStripe, type AccessRow } from '../store/access';
import type { Db, Queries } from '../store/db';
import { addIntent } from '../store/intents';
import { currentSource, switchSource } from '../store/sources';
import { findOpenSync } from '../store/syncs';
import { createStripeReader } from '../stripe/client';
import { ledgerUrlOf, stripeConfig } from './config-of';
import type { StoreDeps } from './deps';

/** What the owner is shown before confirming. */
export interface StripeOffer {
  /** null: the key may not read its account's id; it then stands for the account itself. */
  readonly account: string | null;
  /** As its owner calls it; null: the key may not read it, or it has none. */
  readonly name: string | null;
  readonly livemode: boolean;
  /** Each permission that is needed, by name, and whether the key has it. */
  readonly permissions: readonly ProbeResult[];
  /** What it lacks for movements, as `lackingText` takes it; nothing where the settings want pay-ins alone. */
  readonly lacking: readonly string[];
  /** They begin with the first sync, as far as settings, key and our database say. */
  readonly movements: boolean;
  /** What differs from what the instance was synced or connected with before. */
  readonly differs: 'account' | 'mode' | undefined;
  /** The first sync needs to be told from when on to post: the key is live and nothing is fixed yet. */
  readonly needsSince: boolean;
}

export interface Confirmation {
  /** As they were shown: another key, or one that changed hands meanwhile, is refused. */
  readonly account: string | null;
  readonly livemode: boolean;
  /** The owner knows that it is another account or mode, and that everything is listed again. */
  readonly change: boolean;
  /** Unix seconds, or 'all'; undefined: not said, or fixed already. */
  readonly since: InstanceConfig['since'];
}

/**
 * @throws SyncError STRIPE_KEY_MALFORMED, STRIPE_KEY_OF_ORGANISATION, STRIPE_KEY_UNRESTRICTED,
 * STRIPE_KEY_REJECTED, STRIPE_UNAVAILABLE, INSTANCE_UNKNOWN, INSTANCE_INACTIVE, INSTANCE_FROM_ENVIRONMENT
 */
export async function inspectStripe(
  deps: StoreDeps,
  instanceId: string,
  key: Secret,
  signal: AbortSignal,
): Promise<StripeOffer> {
  assertForm(deps, key);
  const row = await findAccess(deps.db, instanceId);
  if (!row) throw new SyncError('INSTANCE_UNKNOWN', { instance: instanceId });
  assertConnectable(row);
  const livemode = isLive(key.reveal());
  const stripe = stripeConfig(deps.connected, { secretKey: key, livemode });
  // A handful of reads; a row of the budget for each key that anybody tries would stay for ever.
  const reader = createStripeReader(stripe, NO_BUDGET, deps.limits);
  const { id: account, name } = await reader.readAccount(signal);
  const permissions = await runProbes(stripePermissionProbes(reader, true));
  const lacking = deps.connected.movements ? await lackingRights(reader, signal) : [];
  const differs = await whatDiffers(deps.db, row, { account, livemode, key });
  const movements =
    deps.connected.movements && lacking.length === 0 && (await beginsAnew(deps.db, row, differs));
  const needsSince = livemode && (row.syncSince === null || differs !== undefined);
  return { account, name, livemode, permissions, lacking, movements, differs, needsSince };
}

/**
 * Stores the key and lets the instance sync. Probes again: what was shown may be minutes old.
 * @throws SyncError those of `inspectStripe`, STRIPE_PERMISSION_MISSING, STRIPE_SOURCE_DIFFERS,
 * SYNC_SINCE_REQUIRED, INSTANCE_FROZEN, SYNC_ALREADY_RUNNING
 */
export async function connectStripe(
  deps: StoreDeps,
  instanceId: string,
  key: Secret,
  confirmed: Confirmation,
  signal: AbortSignal,
): Promise<void> {
  const offer = await inspectStripe(deps, instanceId, key, signal);
  const { account, name, livemode } = offer;
  if (account !== confirmed.account || livemode !== confirmed.livemode) {
    throw new SyncError('STRIPE_SOURCE_DIFFERS', { confirmed: 'another account or mode' });
  }
  const missing = offer.permissions.find(({ ok }) => !ok);
  if (missing) throw new SyncError('STRIPE_PERMISSION_MISSING', { permission: missing.name });
  const sealed = deps.keyring.seal(key, { owner: instanceId, purpose: 'stripe' });
  await deps.db.transaction(async (tx) => {
    const row = await lockAccess(tx, instanceId);
    assertConnectable(row);
    const differs = await whatDiffers(tx, row, { account, livemode, key });
    if (differs !== undefined) await change(tx, deps, row, { ...confirmed, differs, key });
    const now = differs === undefined ? row : { ...row, frozen: false, syncSince: null };
    const since = sinceFor(now, livemode, confirmed.since);
    await saveStripe(tx, instanceId, { key: sealed, account, name, livemode }, since);
    await addIntent(tx, { kind: 'settle', instanceId });
  });
}

/** The owner gives up another account or mode for this one: everything is listed again. */
async function change(
  tx: Queries,
  deps: StoreDeps,
  row: AccessRow,
  to: Confirmation & { readonly differs: string; readonly key: Secret },
): Promise<void> {
  const { instanceId, install } = row;
  if (!to.change) throw new SyncError('STRIPE_SOURCE_DIFFERS', { differs: to.differs });
  // A sync under way would post what it read from the old one as if it were of the new one.
  const open = await findOpenSync(tx, instanceId);
  if (open) throw new SyncError('SYNC_ALREADY_RUNNING', { workflow: open.workflowId });
  if (!install || !(await currentSource(tx, instanceId))) return;
  const apiKey = deps.keyring.open(install.apiKey, ledgerPlace(install));
  const blnk = {
    kind: install.blnkKind,
    url: ledgerUrlOf(install, deps.connected.cloudUrl),
    apiKey,
  };
  await switchSource(tx, instanceId, {
    stripeAccount: to.account,
    livemode: to.livemode,
    ledgerAddress: createLedger({ id: instanceId, blnk }).address,
    keyFingerprint: keyFingerprintOf(to.key.reveal()),
  });
}

async function whatDiffers(
  db: Queries,
  row: AccessRow,
  given: { readonly account: string | null; readonly livemode: boolean; readonly key: Secret },
): Promise<StripeOffer['differs']> {
  const source = await currentSource(db, row.instanceId);
  const before =
    source ??
    (row.stripeKey === null
      ? undefined
      : { livemode: row.stripeLivemode, stripeAccount: row.stripeAccount, keyFingerprint: '' });
  if (!before) return undefined;
  if (before.livemode !== given.livemode) return 'mode';
  if (before.keyFingerprint === keyFingerprintOf(given.key.reveal())) return undefined;
  const same = given.account !== null && given.account === before.stripeAccount;
  return same ? undefined : 'account';
}

/** Another account than the one that was synced has movements only once a person enables them. */
async function beginsAnew(
  db: Db,
  row: AccessRow,
  differs: StripeOffer['differs'],
): Promise<boolean> {
  const source = await currentSource(db, row.instanceId);
  return differs === undefined ? isNew(db, source, row) : source === undefined;
}

/** @throws SyncError SYNC_SINCE_REQUIRED, INSTANCE_FROZEN */
function sinceFor(
  row: Pick<AccessRow, 'frozen' | 'syncSince'>,
  livemode: boolean,
  since: Confirmation['since'],
): string | null {
  const given = since?.toString() ?? null;
  if (row.frozen && given !== null && given !== row.syncSince) {
    throw new SyncError('INSTANCE_FROZEN', { setting: 'since' });
  }
  const chosen = given ?? row.syncSince;
  if (livemode && chosen === null) throw new SyncError('SYNC_SINCE_REQUIRED');
  return chosen ?? 'all';
}

function assertForm({ connected }: StoreDeps, key: Secret): void {
  if (ORGANISATION_KEY.test(key.reveal())) throw new SyncError('STRIPE_KEY_OF_ORGANISATION');
  if (!STRIPE_KEY.test(key.reveal())) throw new SyncError('STRIPE_KEY_MALFORMED');
  if (!isLive(key.reveal())) return;
  // It could move money; a test key can do no harm.
  if (key.reveal().startsWith('sk_')) throw new SyncError('STRIPE_KEY_UNRESTRICTED');
  if (isPlainRemote(connected.stripeBase.href)) {
    throw new SyncError('SETTINGS_INVALID', { STRIPE_API_BASE: 'must be https with a live key' });
  }
}

function assertConnectable({ instanceId, origin, status, install }: AccessRow): void {
  if (origin === 'environment') {
    throw new SyncError('INSTANCE_FROM_ENVIRONMENT', { instance: instanceId });
  }
  if (status !== 'active' || !install) {
    throw new SyncError('INSTANCE_INACTIVE', { instance: instanceId });
  }
}
