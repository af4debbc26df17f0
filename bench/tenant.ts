/** The instances of `tenants`, known by their number to the benchmark and its stand-ins. */
import { loadConfig } from '../src/config';
import { Secret } from '../src/secret';
import { createKeyring } from '../src/secrets/keyring';
import { enforceInstall, ensureConnectedInstance, saveStripe } from '../src/store/access';
import type { Db } from '../src/store/db';
import { randomKey } from '../test/support/random-key';

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

/** Addresses of the stand-ins. */
export interface Ends {
  readonly blnk: string;
  readonly slow: string;
  readonly stripe: string;
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

const ENCRYPTION_KEYS = `bench:${randomKey('bench')}`;

/** What the product's worker is started with to serve them all. */
export function settingsOfTenants(ends: Ends): Record<string, string> {
  return { ENCRYPTION_KEYS, STRIPE_API_BASE: ends.stripe, BLNK_CLOUD_URL: ends.blnk };
}

/** Connects them all, as `instances connect` and the callback of Blnk leave it. */
export async function connectTenants(db: Db, count: number, ends: Ends): Promise<void> {
  const { connected } = loadConfig('cli', settingsOfTenants(ends));
  if (!connected) throw new Error('the settings serve no connected instances');
  const keyring = createKeyring(connected.encryptionKeys);
  const { balances } = connected;
  for (let number = 0; number < count; number += 1) {
    const { instanceId, role, account, stripeKey, blnkKey } = tenantOf(number);
    const installId = `cli_${instanceId}`;
    // Nobody listens on the port of a service that is long forgotten.
    const url = {
      big: ends.blnk,
      broken: 'http://127.0.0.1:1',
      slow: ends.slow,
      ordinary: ends.blnk,
    };
    const sealed = (secret: string, owner: string, purpose: 'blnk' | 'stripe') =>
      keyring.seal(new Secret(secret), { owner, purpose });
    await db.transaction(async (tx) => {
      const instance = { instanceId, origin: 'cli' as const, balances };
      await ensureConnectedInstance(tx, instance);
      await tx.query(
        `insert into installs (install_id, origin, instance_id, blnk_kind, blnk_url, api_key,
           api_key_prefix, status, received_at)
         values ($1, 'cli', $2, 'cloud', $3, $4, '', 'active', now())`,
        [installId, instanceId, url[role], sealed(blnkKey, installId, 'blnk')],
      );
      await enforceInstall(tx, instanceId, installId, 'cli');
      const key = sealed(stripeKey, instanceId, 'stripe');
      await saveStripe(tx, instanceId, { key, account, name: null, livemode: false }, 'all');
    });
  }
}
