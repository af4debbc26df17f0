/**
 * Sessions of the portal. Each launch from Blnk's dashboard makes one: a token for the URL, exchanged
 * once for a cookie. Both are random and stored as hashes, so a copy of the database opens nothing.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { SyncError } from '../domain/errors';
import type { Queries } from '../store/db';
import { assertSame, findInstall, type InstallIds } from '../store/installs';
import {
  exchangeToken,
  findByCookie,
  findByToken,
  insertSession,
  prolongSession,
  type PortalSessionRow,
} from '../store/portal-sessions';

/** Seconds without a page or an action; Blnk asks for 5 to 15 minutes. */
const SESSION_SECONDS = 600;

/** Seconds from the launch, however much it is used. */
export const LONGEST_SECONDS = 7_200;

export interface Session extends Pick<
  PortalSessionRow,
  'tokenHash' | 'installId' | 'instanceId' | 'expiresAt' | 'stripeKey' | 'stripeOffer'
> {
  /** Goes into the forms of this session's pages; nobody else can know it. */
  readonly formToken: string;
}

/**
 * @returns the token for the URL
 * @throws SyncError INSTALL_NOT_ACTIVE, INSTALL_MISMATCH
 */
export async function startSession(db: Queries, ids: InstallIds): Promise<string> {
  assertSame(await findInstall(db, ids.installId), ids);
  const token = newSecret();
  const { installId, instanceId } = ids;
  const session = { tokenHash: hashOf(token), installId, instanceId };
  if (await insertSession(db, session, SESSION_SECONDS)) return token;
  throw new SyncError('INSTALL_NOT_ACTIVE');
}

export interface Opened {
  readonly instanceId: string;
  /** undefined: this browser has opened the session before and keeps its cookie. */
  readonly cookie: string | undefined;
}

/**
 * @param held the cookie that the browser has for an instance: a frame that is loaded again asks with
 *   its first URL, which then opens nothing but what the browser has already
 * @throws SyncError SESSION_UNKNOWN, SESSION_EXPIRED
 */
export async function openSession(
  db: Queries,
  token: string,
  held: (instanceId: string) => string | undefined,
): Promise<Opened> {
  const tokenHash = hashOf(token);
  const cookie = newSecret();
  const instanceId = await exchangeToken(db, tokenHash, hashOf(cookie));
  if (instanceId !== undefined) return { instanceId, cookie };
  const row = await findByToken(db, tokenHash);
  if (!row) throw new SyncError('SESSION_UNKNOWN');
  const own = held(row.instanceId);
  if (row.expired || own === undefined || row.cookieHash !== hashOf(own)) {
    throw new SyncError('SESSION_EXPIRED');
  }
  return { instanceId: row.instanceId, cookie: undefined };
}

/**
 * @param isUse a page or an action of a person, which lets the session go on; live progress does not
 * @throws SyncError SESSION_UNKNOWN, SESSION_EXPIRED
 */
export async function readSession(
  db: Queries,
  instanceId: string,
  cookie: string | undefined,
  isUse: boolean,
): Promise<Session> {
  const row = cookie === undefined ? undefined : await findByCookie(db, hashOf(cookie));
  if (cookie === undefined || row?.instanceId !== instanceId || !row.active) {
    throw new SyncError('SESSION_UNKNOWN');
  }
  if (row.expired) throw new SyncError('SESSION_EXPIRED');
  const formToken = createHmac('sha256', cookie).update('form').digest('base64url');
  const limits = { idle: SESSION_SECONDS, longest: LONGEST_SECONDS };
  const prolonged = isUse ? await prolongSession(db, row.tokenHash, limits) : undefined;
  return { ...row, expiresAt: prolonged ?? row.expiresAt, formToken };
}

/**
 * Refuses what another site makes the browser send. Browsers say where a request comes from; the token
 * holds where they do not.
 * @throws SyncError ACTION_REFUSED
 */
export function assertFromOwnPage(
  { formToken }: Session,
  sent: {
    readonly token: unknown;
    readonly origin: string | undefined;
    readonly fetchSite: string | undefined;
  },
  ownOrigin: string,
): void {
  const { token, origin, fetchSite } = sent;
  const own =
    (origin === undefined || origin === ownOrigin) &&
    (fetchSite === undefined || fetchSite === 'same-origin') &&
    typeof token === 'string' &&
    timingSafeEqual(Buffer.from(hashOf(token)), Buffer.from(hashOf(formToken)));
  if (!own) throw new SyncError('ACTION_REFUSED');
}

function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
