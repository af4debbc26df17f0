/** The ledger of an instance, in whichever form its settings name. */
import type { InstanceConfig } from '../config';
import type { Ledger } from '../domain/ledger';
import { createCloudLedger } from './cloud';
import { createCoreLedger } from './core';

/** @param limits time limits; the defaults are those of BlnkHttpOptions */
export function createLedger(
  instance: Pick<InstanceConfig, 'id' | 'blnk'>,
  limits: { readonly timeoutMs?: number; readonly confirmAfterMs?: number } = {},
): Ledger {
  const { kind, ...access } = instance.blnk;
  switch (kind) {
    case 'cloud':
      return createCloudLedger({ ...access, ...limits, instanceId: instance.id });
    case 'core':
      return createCoreLedger({ ...access, ...limits });
  }
}
