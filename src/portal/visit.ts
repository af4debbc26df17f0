/** One request of a person in the portal: the session that it came with and the instance that it shows. */
import { SyncError } from '../domain/errors';
import type { FirstPlan } from '../domain/first-plan';
import type { SyncAccess } from '../instances/config-of';
import type { InstanceDeps } from '../instances/deps';
import { viewOf, type InstanceView } from '../instances/view';
import { findAccess } from '../store/access';
import type { AccessRow } from '../store/access';
import { readSession, type Session } from './session';

export interface PortalDeps extends InstanceDeps {
  /** As browsers reach us. */
  readonly publicUrl: URL;
  /** What a first sync with this access would post. Posts and writes nothing. */
  readonly plan: (access: SyncAccess, isChange: boolean) => Promise<FirstPlan>;
}

export interface Visit {
  readonly session: Session;
  readonly access: AccessRow;
  readonly view: InstanceView;
  /** Address of a page of this instance; '' is the overview. */
  readonly at: (page: Page | '', more?: string) => string;
}

export type Page =
  | 'runs'
  | 'proof'
  | 'quarantine'
  | 'stripe'
  | 'schedule'
  | 'permissions'
  | 'progress'
  | 'sync'
  | 'logout'
  | 'cancel'
  | 'payments'
  | 'installs';

/** @throws SyncError SESSION_UNKNOWN, SESSION_EXPIRED */
export async function readVisit(
  { db, connected, publicUrl }: PortalDeps,
  instanceId: string,
  cookie: string | undefined,
  isUse: boolean,
): Promise<Visit> {
  const session = await readSession(db, instanceId, cookie, isUse);
  const access = await findAccess(db, instanceId);
  if (!access) throw new SyncError('SESSION_UNKNOWN');
  const home = portalPath(publicUrl, instanceId);
  return {
    session,
    access,
    view: viewOf(access, connected),
    at: (page, more = '') => (page === '' ? `${home}${more}` : `${home}/${page}${more}`),
  };
}

/** @param rest of the path below the portal's own */
export function portalPath({ pathname }: URL, rest: string): string {
  return `${pathname.replace(/\/+$/, '')}/portal/${rest}`;
}
