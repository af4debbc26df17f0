/** Whether the settings may be used for this instance: what was fixed still holds. */
import { instanceOf, instanceSettings } from '../engine/instance-settings';
import type { InstanceConfig } from '../config';
import { SyncError } from '../domain/errors';
import type { BalanceNames } from '../domain/balances';
import { rfc3339 } from '../domain/posting';
import type { Db } from '../store/db';
import type { InstanceRow } from '../store/instances';
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
      const row = open && (await instanceOf(await open(), config));
      const since =
        syncSince === 'all' ? 'the whole history' : `from ${rfc3339(Number(syncSince))}`;
      return { ok: true, detail: `${since}; ${namesText(config.balances)}; ${fixedText(row)}` };
    },
  };
}

function namesText({ source, guest, payouts, disputesLost }: BalanceNames): string {
  const more = [
    ...(payouts === undefined ? [] : [`payouts ${payouts}`]),
    ...(disputesLost === undefined ? [] : [`lost disputes ${disputesLost}`]),
  ];
  return [`balances ${source}`, `guests ${guest}`, ...more].join(', ');
}

/** The first posting fixes all but the names that only movements are booked to; these, and a cut-over, do so as they begin. */
function fixedText(row: Pick<InstanceRow, 'frozen' | 'opened'> | undefined): string {
  if (row?.opened && row.frozen) return 'fixed, movements have begun';
  if (row?.opened) return 'fixed for movements, which have begun; else not yet';
  return row?.frozen ? 'fixed by the first posting' : 'not fixed yet';
}
