/** Where an instance stands, for whoever shows it. Holds no secret. */
import type { ConnectedConfig } from '../config';
import { isErrorCode, type ErrorCode } from '../domain/errors';
import { may, type Permission } from '../domain/permissions';
import type { AccessRow } from '../store/access';
import { isBound, isShared } from './config-of';

export type Standing =
  /** Syncs by its schedule, or could. */
  | 'ready'
  /** Waits for its owner to connect a Stripe account. */
  | 'needs_stripe'
  /** The app may not post: `data:write` was not granted. */
  | 'needs_write'
  /** The key is being tried on the instance. */
  | 'checking'
  /** The key does not work on the instance. */
  | 'refused'
  /** The configured Stripe key is meant for it, and nobody has approved its install. */
  | 'needs_approval'
  /** Its install does not show what was posted before: a person decides. */
  | 'held'
  /** Uninstalled or removed. */
  | 'inactive';

export interface InstanceView {
  readonly instanceId: string;
  readonly origin: AccessRow['origin'];
  readonly standing: Standing;
  /** Rights that would be used and were not granted. */
  readonly missing: readonly Permission[];
  /** Why it is `checking` for longer, or `refused`. */
  readonly problem: ErrorCode | null;
  readonly ledger: {
    readonly installId: string;
    readonly kind: 'cloud' | 'core';
    readonly url: string;
    readonly keyPrefix: string;
    readonly permissions: readonly Permission[] | null;
  } | null;
  readonly stripe: {
    /** null: not known. */
    readonly account: string | null;
    /** As its owner calls it; null: not known. */
    readonly name: string | null;
    readonly livemode: boolean;
    /** The configured key, bound to this instance by a setting. */
    readonly shared: boolean;
    readonly confirmedAt: string | null;
  } | null;
  /** 'all', a time, or null: not said. */
  readonly since: string | null;
  readonly removedAt: string | null;
}

/** What is used of what can be granted. */
const USED: readonly Permission[] = ['data:read', 'data:write', 'alerts:write'];

export function viewOf(row: AccessRow, connected: ConnectedConfig | undefined): InstanceView {
  const { install, candidate } = row;
  const problem = candidate?.problem ?? '';
  return {
    instanceId: row.instanceId,
    origin: row.origin,
    standing: standingOf(row, connected),
    missing: install ? USED.filter((right) => !may(install.permissions, right)) : [],
    problem: isErrorCode(problem) ? problem : null,
    ledger: install && {
      installId: install.installId,
      kind: install.blnkKind,
      url: install.blnkUrl,
      keyPrefix: install.apiKeyPrefix,
      permissions: install.permissions,
    },
    stripe: stripeOf(row, connected),
    since: sinceText(row.syncSince),
    removedAt: row.removedAt?.toISOString() ?? null,
  };
}

export function standingOf(row: AccessRow, connected: ConnectedConfig | undefined): Standing {
  if (row.origin === 'environment') return 'ready';
  const { install, candidate } = row;
  if (row.status === 'inactive' || !install) {
    if (candidate?.status === 'pending') return 'checking';
    if (candidate?.status === 'held') return 'held';
    return candidate === null || row.removedAt !== null ? 'inactive' : 'refused';
  }
  if (!may(install.permissions, 'data:write')) return 'needs_write';
  if (stripeOf(row, connected) !== null) return 'ready';
  return isBound(row, connected) ? 'needs_approval' : 'needs_stripe';
}

function stripeOf(row: AccessRow, connected: ConnectedConfig | undefined): InstanceView['stripe'] {
  if (row.stripeKey !== null) {
    const confirmedAt = row.stripeConfirmedAt?.toISOString() ?? null;
    const livemode = row.stripeLivemode === true;
    const { stripeAccount: account, stripeName: name } = row;
    return { account, name, livemode, shared: false, confirmedAt };
  }
  if (!connected?.shared || !isShared(row, connected)) return null;
  const { livemode } = connected.shared;
  return { account: null, name: null, livemode, shared: true, confirmedAt: null };
}

function sinceText(since: string | null): string | null {
  if (since === null || since === 'all') return since;
  return new Date(Number(since) * 1000).toISOString();
}
