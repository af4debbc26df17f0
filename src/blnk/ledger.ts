/** The ledger of an instance, in whichever form its settings name. */
import type { InstanceConfig } from '../config';
import type { Ledger } from '../domain/ledger';
import { rememberNames } from './balance-names';
import { createCloudLedger } from './cloud';
import { createCoreLedger } from './core';
import type { PaceOptions } from './pace';
import { createPostingLimit, type PostingLimit } from './posting-limit';

/** @param limits the defaults are those of BlnkHttpOptions and PaceOptions */
export function createLedger(
  instance: Pick<InstanceConfig, 'id' | 'blnk'>,
  {
    pace = {},
    ...limits
  }: {
    readonly timeoutMs?: number;
    readonly confirmAfterMs?: number;
    readonly pace?: PaceOptions;
  } = {},
): Ledger {
  const ledger = createForm(instance, limits);
  const limit = postingLimitOf(ledger.address, pace);
  return {
    ...ledger,
    lookUp: (references, signal) => limit.ask(() => ledger.lookUp(references, signal), signal),
    indicatorsOf: rememberNames({
      address: ledger.address,
      indicatorsOf: (ids, signal) => limit.ask(() => ledger.indicatorsOf(ids, signal), signal),
    }),
    probeWrite: (signal) => limit.ask(() => ledger.probeWrite(signal), signal),
    post: (posting, signal) => limit.run(() => ledger.post(posting, signal), signal),
  };
}

function createForm(
  { id, blnk }: Pick<InstanceConfig, 'id' | 'blnk'>,
  limits: { readonly timeoutMs?: number; readonly confirmAfterMs?: number },
): Ledger {
  const { kind, ...access } = blnk;
  switch (kind) {
    case 'cloud':
      return createCloudLedger({ ...access, ...limits, instanceId: id });
    case 'core':
      return createCoreLedger({ ...access, ...limits });
  }
}

const postingLimits = new Map<string, PostingLimit>();

/** One for each ledger address in this process: whoever posts to it shares what it can take. */
function postingLimitOf(address: string, pace: PaceOptions): PostingLimit {
  const known = postingLimits.get(address);
  if (known) return known;
  const limit = createPostingLimit({ pace });
  postingLimits.set(address, limit);
  return limit;
}
