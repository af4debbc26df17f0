/** The rows of `portal_sessions`. Tokens and cookies are known by their hashes only. */
import type { Queries } from './db';

export interface PortalSessionRow {
  readonly tokenHash: string;
  readonly installId: string;
  readonly instanceId: string;
  readonly expiresAt: Date;
  readonly expired: boolean;
  /** Whether the install is in force, and the one in force of its instance. */
  readonly active: boolean;
  /** Of a browser that has exchanged the token; null: nobody has. */
  readonly cookieHash: string | null;
  /** A key that waits for its owner's confirmation, sealed for the instance. */
  readonly stripeKey: string | null;
  /** As `stripe_offer` was written. */
  readonly stripeOffer: unknown;
}

const SELECT = `select s.token_hash as "tokenHash", s.install_id as "installId",
    s.instance_id as "instanceId", s.expires_at as "expiresAt", s.expires_at <= now() as expired, s.cookie_hash as "cookieHash",
    s.stripe_key as "stripeKey", s.stripe_offer as "stripeOffer",
    n.status = 'active' and i.install_id = s.install_id as active
  from portal_sessions s
  join installs n on n.install_id = s.install_id
  join instances i on i.instance_id = s.instance_id`;

/** Only for an install that is in force; @returns whether it is */
export async function insertSession(
  db: Queries,
  session: Pick<PortalSessionRow, 'tokenHash' | 'installId' | 'instanceId'>,
  seconds: number,
): Promise<boolean> {
  const rows = await db.query(
    `insert into portal_sessions (token_hash, install_id, instance_id, expires_at)
     select $1, n.install_id, n.instance_id, now() + make_interval(secs => $4)
     from installs n join instances i using (instance_id)
     where n.install_id = $2 and n.instance_id = $3 and n.status = 'active'
       and i.install_id = n.install_id
     returning token_hash`,
    [session.tokenHash, session.installId, session.instanceId, seconds],
  );
  return rows.length > 0;
}

/**
 * Exchanges a token for a cookie. Of two that try at the same time one succeeds.
 * @returns the instance; undefined when the token is unknown, expired or was used
 */
export async function exchangeToken(
  db: Queries,
  tokenHash: string,
  cookieHash: string,
): Promise<string | undefined> {
  const [row] = await db.query<{ instanceId: string }>(
    `update portal_sessions set cookie_hash = $2
     where token_hash = $1 and cookie_hash is null and expires_at > now()
     returning instance_id as "instanceId"`,
    [tokenHash, cookieHash],
  );
  return row?.instanceId;
}

export async function findByToken(
  db: Queries,
  tokenHash: string,
): Promise<PortalSessionRow | undefined> {
  const [row] = await db.query<PortalSessionRow>(`${SELECT} where s.token_hash = $1`, [tokenHash]);
  return row;
}

export async function findByCookie(
  db: Queries,
  cookieHash: string,
): Promise<PortalSessionRow | undefined> {
  const [row] = await db.query<PortalSessionRow>(`${SELECT} where s.cookie_hash = $1`, [
    cookieHash,
  ]);
  return row;
}

/**
 * A session goes on while it is used. Written once a minute at most.
 * @returns when it ends now; undefined when nothing was to be changed
 */
export async function prolongSession(
  db: Queries,
  tokenHash: string,
  { idle, longest }: { readonly idle: number; readonly longest: number },
): Promise<Date | undefined> {
  const [row] = await db.query<{ expiresAt: Date }>(
    `update portal_sessions s set expires_at = n.expires_at
     from (select least(now() + make_interval(secs => $2), launched_at + make_interval(secs => $3))
           as expires_at from portal_sessions where token_hash = $1) n
     where s.token_hash = $1 and s.expires_at > now()
       and n.expires_at > s.expires_at + interval '1 minute'
     returning s.expires_at as "expiresAt"`,
    [tokenHash, idle, longest],
  );
  return row?.expiresAt;
}

/** A person logs out: neither its cookie nor its link opens anything any more. */
export async function endSession(db: Queries, tokenHash: string): Promise<void> {
  await db.query('delete from portal_sessions where token_hash = $1', [tokenHash]);
}

/** Keeps what its owner has still to confirm; null forgets it. */
export async function keepOffer(
  db: Queries,
  tokenHash: string,
  offer: { readonly sealedKey: string; readonly shown: unknown } | null,
): Promise<void> {
  await db.query(
    'update portal_sessions set stripe_key = $2, stripe_offer = $3 where token_hash = $1',
    [tokenHash, offer?.sealedKey ?? null, offer === null ? null : JSON.stringify(offer.shown)],
  );
}

/** Part of the transaction that ends the install. */
export async function endSessions(tx: Queries, installId: string): Promise<void> {
  await tx.query('delete from portal_sessions where install_id = $1', [installId]);
}

/** Erases keys that nobody can confirm any more; a day later who asks need not be told "expired". */
export async function sweepSessions(db: Queries): Promise<void> {
  await db.query(
    `update portal_sessions set stripe_key = null, stripe_offer = null
     where expires_at <= now() and stripe_key is not null`,
  );
  await db.query(`delete from portal_sessions where expires_at <= now() - interval '1 day'`);
}
