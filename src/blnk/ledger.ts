/** The ledger of an instance, in whichever form its settings name. */
import type { InstanceConfig } from '../config';
import type { Ledger } from '../domain/ledger';
import { rememberNames } from './balance-names';
import { createCloudLedger } from './cloud';
import { createCoreLedger } from './core';
import type { BlnkHttpOptions } from './http';
import type { PaceOptions } from './pace';
import { createPostingLimit, type PostingLimit } from './posting-limit';

export interface LedgerLimits extends Pick<BlnkHttpOptions, 'timeoutMs' | 'confirmAfterMs'> {
  readonly pace?: PaceOptions;
  /** Waits for nobody else's requests to this ledger, and nobody waits for its own. Never for postings. */
  readonly alone?: boolean;
}

/** @param limits the defaults are those of BlnkHttpOptions and PaceOptions */
export function createLedger(
  instance: Pick<InstanceConfig, 'id' | 'blnk'>,
  { pace = {}, alone = false, ...limits }: LedgerLimits = {},
): Ledger {
  if (alone) return createForm(instance, limits);
  // By its address, which only the form of the ledger knows.
  const limit = () => postingLimitOf(ledger.address, pace);
  // Request by request: a look-up of many references takes several.
  const ask: PostingLimit['ask'] = (work, signal) => limit().ask(work, signal);
  const ledger = createForm(instance, { ...limits, ask });
  return {
    ...ledger,
    indicatorsOf: rememberNames(ledger),
    post: (posting, signal) => limit().run(() => ledger.post(posting, signal), signal),
  };
}

function createForm(
  { id, blnk }: Pick<InstanceConfig, 'id' | 'blnk'>,
  options: Pick<BlnkHttpOptions, 'timeoutMs' | 'confirmAfterMs' | 'ask'>,
): Ledger {
  const { kind, ...access } = blnk;
  switch (kind) {
    case 'cloud':
      return createCloudLedger({ ...access, ...options, instanceId: id });
    case 'core':
      return createCoreLedger({ ...access, ...options });
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
