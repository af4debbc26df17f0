/** Which settings come together, and which programs need which. */
import { isPlainRemote } from '../domain/unsafe';
import { DEFAULT_GUEST_BALANCE, DEFAULT_SOURCE_BALANCE, isLive, parseList } from './settings';

/** What settings are read for. */
export type Program = 'start' | 'worker' | 'server' | 'cli';

export type Environment = Readonly<Record<string, string | undefined>>;

/** With stored keys an instance of the environment is one among others, and may be left out. */
export function describesInstance(present: Environment): boolean {
  if (present['ENCRYPTION_KEYS'] === undefined) return wantsRealThing(present);
  const names = ['BLNK_KIND', 'BLNK_URL', 'BLNK_API_KEY', 'BLNK_INSTANCE_ID'];
  const unbound =
    present['STRIPE_SECRET_KEY'] !== undefined && present['STRIPE_KEY_INSTANCES'] === undefined;
  return unbound || names.some((name) => present[name] !== undefined);
}

export function combinationProblems(present: Environment, program: Program): [string, string][] {
  const problems: [string, string][] = [];
  const require = (name: string, when: string) => {
    if (present[name] === undefined) problems.push([name, `is missing (${when})`]);
  };
  const external = program === 'worker' || program === 'server';
  const connects = present['ENCRYPTION_KEYS'] !== undefined;
  if (describesInstance(present) || (program === 'worker' && !connects)) {
    require('STRIPE_SECRET_KEY', 'needed with any STRIPE_ or BLNK_ setting');
    require('BLNK_API_KEY', 'needed with any STRIPE_ or BLNK_ setting');
    if (present['BLNK_KIND'] === 'core') require('BLNK_URL', 'needed with BLNK_KIND core');
    else
      require('BLNK_INSTANCE_ID', 'needed for Blnk Cloud; for a self-hosted Core set BLNK_KIND=core');
  }
  if (present['STRIPE_KEY_INSTANCES'] !== undefined) {
    require('STRIPE_SECRET_KEY', 'the key that STRIPE_KEY_INSTANCES binds');
    require('ENCRYPTION_KEYS', 'needed to connect the instances of STRIPE_KEY_INSTANCES');
  }
  if (program === 'server') require('CALLBACK_SECRET', 'needed by the Blnk Cloud app');
  if (program === 'server' || present['CALLBACK_SECRET'] !== undefined) {
    require('ENCRYPTION_KEYS', 'comes together with CALLBACK_SECRET');
    require('PUBLIC_URL', 'comes together with CALLBACK_SECRET');
  }
  if (present['LAUNCH_SECRET'] !== undefined) {
    require('CALLBACK_SECRET', 'comes together with LAUNCH_SECRET');
    const callback = parseList(present['CALLBACK_SECRET'] ?? '');
    if (parseList(present['LAUNCH_SECRET']).some((secret) => callback.includes(secret))) {
      problems.push(['LAUNCH_SECRET', 'must differ from CALLBACK_SECRET']);
    }
  }
  if (external || present['DATABASE_URL'] !== undefined) {
    require('TEMPORAL_ADDRESS', 'comes together with DATABASE_URL');
  }
  if (external || present['TEMPORAL_ADDRESS'] !== undefined) {
    require('DATABASE_URL', 'comes together with TEMPORAL_ADDRESS');
  }
  if (present['TEMPORAL_WORKER_BUILD_ID'] !== undefined) {
    require('TEMPORAL_DEPLOYMENT_NAME', 'comes together with TEMPORAL_WORKER_BUILD_ID');
  }
  if (present['TEMPORAL_DEPLOYMENT_NAME'] !== undefined) {
    require('TEMPORAL_WORKER_BUILD_ID', 'comes together with TEMPORAL_DEPLOYMENT_NAME');
  }
  if (isLive(present['STRIPE_SECRET_KEY']) && isPlainRemote(present['STRIPE_API_BASE'])) {
    problems.push(['STRIPE_API_BASE', 'must be https with a live key']);
  }
  if (present['BLNK_KIND'] !== 'core' && isPlainRemote(present['BLNK_URL'])) {
    problems.push([
      'BLNK_URL',
      'must be https for Blnk Cloud: its key would go over the network in clear',
    ]);
  }
  if (isPlainRemote(present['BLNK_CLOUD_URL'])) {
    problems.push(['BLNK_CLOUD_URL', 'must be https: keys would go over the network in clear']);
  }
  const guest = present['BLNK_GUEST_BALANCE'] ?? DEFAULT_GUEST_BALANCE;
  if (guest === (present['BLNK_SOURCE_BALANCE'] ?? DEFAULT_SOURCE_BALANCE)) {
    const why = 'must differ from BLNK_SOURCE_BALANCE: Blnk books nothing from a balance to itself';
    problems.push(['BLNK_GUEST_BALANCE', why]);
  }
  const source = present['BLNK_SOURCE_BALANCE'] ?? DEFAULT_SOURCE_BALANCE;
  for (const name of ['BLNK_PAYOUT_BALANCE', 'DISPUTES_LOST_TO'] as const) {
    const value = present[name];
    if (value === source || value === guest || value?.startsWith(`${source}-`)) {
      problems.push([name, 'must be none of the balances that the chart of accounts has already']);
    }
  }
  return problems;
}

/** BLNK_CORE_* address the contract suite's ledger and are no settings of the product. */
function wantsRealThing(present: Environment): boolean {
  return Object.keys(present).some(
    (name) => /^(STRIPE|BLNK)_/.test(name) && !name.startsWith('BLNK_CORE_'),
  );
}
