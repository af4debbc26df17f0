/** What the owner of a Blnk Cloud instance may grant to an app; fixed when it is installed. */

const PERMISSIONS = ['data:read', 'data:write', 'alerts:read', 'alerts:write'] as const;

export type Permission = (typeof PERMISSIONS)[number];

/** null: not told, as with a key that a person gave: only the answer to a request tells. */
export type Grants = readonly Permission[] | null;

export function may(grants: Grants, permission: Permission): boolean {
  return grants === null || grants.includes(permission);
}

export function isPermission(text: string): text is Permission {
  return PERMISSIONS.some((permission) => permission === text);
}
