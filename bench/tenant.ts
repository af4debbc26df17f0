/** The instances of `tenants`, known by their number to the benchmark, its worker and its stand-ins. */
import { loadConfig, type InstanceConfig } from '../src/config';

/** big: a hundred thousand pay-ins. broken: its ledger refuses connections. slow: its ledger is. */
export type Role = 'big' | 'broken' | 'slow' | 'ordinary';

const SPECIAL: readonly Role[] = ['big', 'broken', 'slow'];

export interface Tenant {
  readonly instanceId: string;
  readonly role: Role;
  /** Its Stripe account. */
  readonly account: string;
  /** Both are worth nothing outside the stand-ins. */
  readonly stripeKey: string;
  readonly blnkKey: string;
}

/** Addresses of the stand-ins; those of Stripe by number. */
export interface Ends {
  readonly blnk: string;
  readonly slow: string;
  readonly stripes: readonly string[];
}

export function tenantOf(number: number): Tenant {
  const digits = String(number).padStart(5, '0');
  return {
    instanceId: `tenant_${digits}`,
    role: SPECIAL[number] ?? 'ordinary',
    account: `acct_1Tenant${digits}`,
    stripeKey: `sk_test_tenant${digits}`,
    blnkKey: `blnk_tenant_${digits}`,
  };
}

export function configOf(number: number, ends: Ends): InstanceConfig {
  const { instanceId, role, stripeKey, blnkKey } = tenantOf(number);
  const blnk = {
    big: ends.blnk,
    // Nobody listens on the port of a service that is long forgotten.
    broken: 'http://127.0.0.1:1',
    slow: ends.slow,
    ordinary: ends.blnk,
  }[role];
  const { instance } = loadConfig('cli', {
    STRIPE_SECRET_KEY: stripeKey,
    STRIPE_API_BASE: ends.stripes[number],
    BLNK_KIND: 'cloud',
    BLNK_URL: blnk,
    BLNK_API_KEY: blnkKey,
    BLNK_INSTANCE_ID: instanceId,
  });
  if (!instance) throw new Error(`no settings for ${instanceId}`);
  return instance;
}
