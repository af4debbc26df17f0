/** Whether the settings may be used for this instance: what its first posting fixed still holds. */
import { checkInstance, instanceSettings } from '../engine/instance-settings';
import type { InstanceConfig } from '../config';
import { SyncError } from '../domain/errors';
import { rfc3339 } from '../domain/posting';
import type { Db } from '../store/db';
import type { Probe } from './probe';

/** @param open undefined: no database is there, so only the settings themselves are looked at */
export function settingsProbe(
  config: InstanceConfig,
  open: (() => Promise<Db>) | undefined,
): Probe {
  return {
    name: 'settings',
    after: ['database'],
    async run() {
      const { syncSince } = instanceSettings(config);
      if (syncSince === null) throw new SyncError('SYNC_SINCE_REQUIRED');
      const frozen = open !== undefined && (await isFrozen(await open(), config));
      const since =
        syncSince === 'all' ? 'the whole history' : `from ${rfc3339(Number(syncSince))}`;
      const balances = `${config.balances.source}, guests ${config.balances.guest}`;
      const fixed = frozen ? 'fixed by the first posting' : 'not fixed yet';
      return { ok: true, detail: `${since}; balances ${balances}; ${fixed}` };
    },
  };
}

/** An instance that no worker or sync has seen yet has nothing to disagree with. */
async function isFrozen(db: Db, config: InstanceConfig): Promise<boolean> {
  try {
    return (await checkInstance(db, config)).frozen;
  } catch (error) {
    if (error instanceof SyncError && error.code === 'INSTANCE_UNKNOWN') return false;
    throw error;
  }
}
