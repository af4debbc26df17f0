/**
 * Who may do what at the stand-in: keys of a self-hosted Core with scopes, and keys that an app gets
 * from Blnk Cloud, each good for one instance and some permissions.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import type { Reply } from '../exchange';
import { errorReply } from './errors';

/** The demo key: Core's master key and a Cloud key with every permission. Worth nothing elsewhere. */
export const SANDBOX_BLNK_KEY = 'blnk_sandbox';
export const SANDBOX_BLNK_INSTANCE = 'inst_sandbox';

/** `master` may do everything; a scope is `resource:action`, either of them `*`. */
export type CoreKey =
  | 'master'
  | { readonly id: string; readonly scopes: readonly string[]; readonly expired?: boolean };

export const CLOUD_PERMISSIONS = [
  'data:read',
  'data:write',
  'alerts:read',
  'alerts:write',
] as const;
export type CloudPermission = (typeof CLOUD_PERMISSIONS)[number];

export interface CloudKey {
  readonly instanceId: string;
  readonly permissions: readonly CloudPermission[];
}

/** Looked at by every request, so that a test revokes or narrows a key in the middle of a run. */
export interface BlnkKeys {
  readonly core: Map<string, CoreKey>;
  readonly cloud: Map<string, CloudKey>;
  /**
   * What Cloud does with a key of another instance than the one that a request names, which nothing documents:
   * it refuses it, or takes the key's own instance as if nothing were wrong. Default: refuse.
   */
  foreign?: 'refuse' | 'filter';
}

export function sandboxKeys(): BlnkKeys {
  const everything: CloudKey = {
    instanceId: SANDBOX_BLNK_INSTANCE,
    permissions: ['data:read', 'data:write', 'alerts:read', 'alerts:write'],
  };
  return {
    core: new Map([[SANDBOX_BLNK_KEY, 'master']]),
    cloud: new Map([[SANDBOX_BLNK_KEY, everything]]),
  };
}

export function sentCoreKey(headers: IncomingHttpHeaders): string | null {
  const sent = headers['x-blnk-key'];
  return typeof sent === 'string' && sent !== '' ? sent : null;
}

export function sentBearer(headers: IncomingHttpHeaders): string | null {
  return /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1] ?? null;
}

export function hasScope(scopes: readonly string[], resource: string, action: string): boolean {
  return scopes.some((scope) => {
    const [scopeResource, scopeAction] = scope.split(':');
    return (
      (scopeResource === '*' || scopeResource === resource) &&
      (scopeAction === '*' || scopeAction === action)
    );
  });
}

const asked = z.object({
  name: z.string().min(1),
  owner: z.string().min(1),
  scopes: z.array(z.string()).min(1),
  expires_at: z.iso.datetime({ offset: true }),
});

/** POST /api-keys: a scoped key, made with the master key. It dies with the process. */
export function makeKey(keys: BlnkKeys, body: string): Reply {
  const parsed = z.preprocess(readJson, asked).safeParse(body);
  if (!parsed.success) {
    return errorReply({ code: 'GEN_MALFORMED_REQUEST', message: parsed.error.message });
  }
  const { owner, ...rest } = parsed.data;
  const made = {
    api_key_id: `api_key_${randomUUID()}`,
    key: randomBytes(32).toString('base64url'),
  };
  keys.core.set(made.key, { id: made.api_key_id, scopes: rest.scopes });
  return { status: 201, json: { ...made, ...rest, owner_id: owner, is_revoked: false } };
}

function readJson(text: unknown): unknown {
  try {
    return JSON.parse(String(text));
  } catch {
    // Not JSON fails the fields' rules like any other wrong body.
    return undefined;
  }
}
