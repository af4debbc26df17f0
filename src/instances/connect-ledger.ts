/** Connects a ledger to an instance by a key that a person gives, once the key has worked there. */
import { randomUUID } from 'node:crypto';
import { SyncError } from '../domain/errors';
import type { Secret } from '../secret';
import { ledgerPlace } from '../secrets/keyring';
import { ensureConnectedInstance, lockAccess } from '../store/access';
import { insertInstall } from '../store/installs';
import type { StoreDeps } from './deps';
import { putInForce } from './trial';
import { tryLedger } from './try-ledger';

export interface GivenLedger {
  readonly instanceId: string;
  readonly kind: 'cloud' | 'core';
  readonly url: string;
  readonly apiKey: Secret;
}

/** A key that is not much longer than this is not shown in part either. */
const SHORTEST_SHOWN = 24;

/**
 * Replaces whatever key was in force; access to Stripe ends with it.
 * @throws SyncError INSTANCE_FROM_ENVIRONMENT, BLNK_*
 */
export async function connectLedger(
  deps: StoreDeps,
  { instanceId, kind, url, apiKey }: GivenLedger,
  signal: AbortSignal,
): Promise<void> {
  const refuse = () => new SyncError('INSTANCE_FROM_ENVIRONMENT', { instance: instanceId });
  if (instanceId === deps.environmentId) throw refuse();
  const install = {
    ...{ installId: `cli_${randomUUID()}`, appId: null, instanceId, permissions: null },
    ...{ origin: 'cli' as const, blnkKind: kind, blnkUrl: url },
  };
  const { problem, works } = await tryLedger(
    install,
    apiKey,
    { cloudUrl: deps.connected.cloudUrl, limits: deps.limits },
    signal,
  );
  if (problem) throw problem;
  const key = apiKey.reveal();
  const { balances } = deps.connected;
  await deps.db.transaction(async (tx) => {
    await ensureConnectedInstance(tx, { instanceId, origin: 'cli', balances });
    const { origin } = await lockAccess(tx, instanceId);
    if (origin === 'environment') throw refuse();
    await insertInstall(tx, {
      ...install,
      apiKey: deps.keyring.seal(apiKey, ledgerPlace(install)),
      apiKeyPrefix: key.length < SHORTEST_SHOWN ? '' : key.slice(0, 8),
    });
    await putInForce(tx, deps, install, works);
  });
}
