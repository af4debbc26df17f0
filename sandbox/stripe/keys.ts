/**
 * API keys of the Stripe stand-in: who may read what, and keys that stop working in the middle of a
 * run. Keys are masked in messages as Stripe masks them.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { credentialOf, fingerprintOf } from '../requests';
import { Refusal } from './refusal';

/** The key that `npm start` uses against the stand-in. It opens nothing else. */
export const SANDBOX_STRIPE_KEY = 'sk_test_sandbox';

export type Permission =
  | 'rak_payment_intent_read'
  | 'rak_event_read'
  | 'rak_charge_read'
  | 'rak_accounts_kyc_basic_read'
  | 'rak_balance_read'
  | 'rak_balance_transaction_source_read'
  | 'rak_dispute_read'
  | 'rak_payout_read'
  | 'rak_top_up_read'
  | 'rak_transfer_read'
  | 'rak_application_fee_read';

/** Has these as well. Each object that is expanded needs its own one beside it. */
const IMPLIED: Readonly<Record<string, readonly string[]>> = {
  rak_balance_transaction_source_read: [
    ...['rak_application_fee_read', 'rak_balance_read', 'rak_transfer_read'],
  ],
};

export interface StripeKey {
  readonly key: string;
  readonly livemode: boolean;
  /** Restricted keys: the permissions they have. Absent: all. A `_write` includes its `_read`. */
  readonly permissions?: readonly string[] | undefined;
}

export interface KeyRing {
  add(key: StripeKey): void;
  revoke(key: string): void;
  /** The same by fingerprint, which is all that a journal may hold of a key. */
  revokeFingerprint(fingerprint: string): void;
  /** The key of a request, or the 401 that Stripe gives. */
  identify(headers: IncomingHttpHeaders): StripeKey;
  /** The 403 of a restricted key that lacks the permission. */
  demand(key: StripeKey, permission: Permission): void;
}

export function createKeyRing(keys: readonly StripeKey[], account: string): KeyRing {
  const known = new Map(keys.map((key) => [key.key, key]));
  const revoked = new Set<string>();
  return {
    add: (key) => {
      known.set(key.key, key);
      revoked.delete(fingerprintOf(key.key));
    },
    revoke: (key) => void revoked.add(fingerprintOf(key)),
    revokeFingerprint: (fingerprint) => void revoked.add(fingerprint),
    identify: (headers) => {
      const sent = credentialOf(headers);
      if (sent === null) throw unauthorized('You did not provide an API key.');
      const key = known.get(sent);
      if (key === undefined) throw unauthorized(`Invalid API Key provided: ${masked(sent)}`);
      if (revoked.has(fingerprintOf(sent))) {
        throw unauthorized(`Expired API Key provided: ${masked(sent)}`, 'api_key_expired');
      }
      return key;
    },
    demand: (key, permission) => {
      if (key.permissions === undefined) return;
      const writing = permission.replace(/_read$/, '_write');
      const has = (one: string) =>
        one === permission || one === writing || IMPLIED[one]?.includes(permission) === true;
      if (key.permissions.some(has)) return;
      throw new Refusal(403, {
        type: 'invalid_request_error',
        message:
          `The provided key '${masked(key.key)}' does not have the required permissions for this ` +
          `endpoint on account '${account}'. Having the '${permission}' permission would allow ` +
          'this request to continue.',
      });
    },
  };
}

function unauthorized(message: string, code?: string): Refusal {
  const headers = { 'WWW-Authenticate': 'Bearer realm="Stripe"' };
  return new Refusal(401, { type: 'invalid_request_error', message, code }, headers);
}

function masked(key: string): string {
  return `${key.slice(0, 8)}${'*'.repeat(Math.max(4, key.length - 12))}${key.slice(-4)}`;
}
