/** What the verbs of connected instances work with, and how what they decided is carried out at once. */
import { SyncError } from '../domain/errors';
import { checkKeyring } from '../instances/canary';
import { storeDeps, type StoreDeps } from '../instances/deps';
import { reconcileOnce } from '../instances/reconcile';
import { createLogger } from '../logger';
import { DEFAULT_CRON } from '../temporal/schedules';
import type { Context } from './context';

/** @throws SyncError SETTINGS_INVALID without ENCRYPTION_KEYS, ENCRYPTION_KEY_CHANGED */
export async function connectedDeps(context: Context): Promise<StoreDeps> {
  const db = await context.db();
  const deps = storeDeps(db, context.place.config);
  if (!deps) throw new SyncError('SETTINGS_INVALID', { ENCRYPTION_KEYS: 'is missing' });
  await checkKeyring(db, deps.connected);
  return deps;
}

/** Carries out what is due; what cannot be done now is left to `npm run server`. */
export async function settleNow(context: Context, deps: StoreDeps, instanceId: string) {
  const cron = context.place.config.cron ?? DEFAULT_CRON;
  const temporal = () => context.temporal();
  const all = {
    ...deps,
    temporal,
    cron,
    log: createLogger({ logLevel: 'error', logFormat: 'json' }),
  };
  while ((await reconcileOnce(all, new AbortController().signal, instanceId)) > 0);
}
