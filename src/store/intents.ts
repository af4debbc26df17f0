/**
 * The rows of `intents`: what has been decided here and has to be carried to Temporal or Blnk. Each is
 * written in the transaction that decided it, so neither a crash nor an outage loses it.
 */
import type { ErrorCode } from '../domain/errors';
import type { Queries } from './db';

export interface Intent {
  readonly intentId: number;
  /** `probe`: try an install's key, then put it in force. `settle`: make Temporal do what the row says. */
  readonly kind: 'probe' | 'settle';
  readonly instanceId: string;
  readonly installId: string | null;
  /** Counts the one that is under way. */
  readonly attempts: number;
  readonly createdAt: Date;
}

/** Seconds for which one is left to whoever took it; after a crash it is taken again. */
const LEASE_SECONDS = 120;

const COLUMNS = `intent_id as "intentId", kind, instance_id as "instanceId",
  install_id as "installId", attempts, created_at as "createdAt"`;

export async function addIntent(
  tx: Queries,
  intent: Pick<Intent, 'kind' | 'instanceId'> & { readonly installId?: string },
): Promise<void> {
  await tx.query('insert into intents (kind, instance_id, install_id) values ($1, $2, $3)', [
    intent.kind,
    intent.instanceId,
    intent.installId ?? null,
  ]);
}

/** Leaves those that are chosen to whoever asks. */
const taking = (chosen: string) => `update intents set attempts = attempts + 1,
  next_at = now() + make_interval(secs => ${LEASE_SECONDS})
  where intent_id in (${chosen}) returning ${COLUMNS}`;

/**
 * Takes what Temporal is to be told, the one that has waited longest first. The order does not matter:
 * each is carried out by what the rows say by then, not by what they said when it was written.
 * @param instanceId only those of this instance
 */
export function takeSettles(db: Queries, limit: number, instanceId?: string): Promise<Intent[]> {
  return db.query<Intent>(
    taking(`select intent_id from intents
       where done_at is null and kind = 'settle' and next_at <= now()
         and ($2::text is null or instance_id = $2)
       order by next_at, intent_id limit $1 for update skip locked`),
    [limit, instanceId ?? null],
  );
}

/**
 * Takes keys that are to be tried. Anybody may have sent them, so none waits for all the others: calls
 * from one address wait for each other only, what was refused once waits for what is new, and the newest
 * are taken beside the oldest.
 */
export function takeProbes(db: Queries, limit: number, instanceId?: string): Promise<Intent[]> {
  return db.query<Intent>(
    taking(`select intent_id from intents
       where done_at is null and next_at <= now() and intent_id = any (array(
         select intent_id from (
           select i.intent_id, i.next_at,
             row_number() over (partition by n.received_from
               order by i.problem is not null, i.next_at, i.intent_id) as turn,
             row_number() over (order by i.problem is not null, i.intent_id desc) as newest
           from intents i join installs n on n.install_id = i.install_id
           where i.done_at is null and i.kind = 'probe' and i.next_at <= now()
             and ($2::text is null or i.instance_id = $2)) due
         order by least(turn, newest), next_at limit $1))
       order by intent_id for update skip locked`),
    [limit, instanceId ?? null],
  );
}

/** Whoever is held, or waits for a next try, is looked at now. */
export async function probeAgain(tx: Queries, instanceId: string): Promise<void> {
  await tx.query(
    `update intents set next_at = now()
     where instance_id = $1 and kind = 'probe' and done_at is null and next_at > now()`,
    [instanceId],
  );
}

/** @param version the access that was carried out; when it has changed meanwhile, nothing is done yet */
export async function finishIntent(
  db: Queries,
  { intentId, instanceId }: Intent,
  version?: number,
): Promise<boolean> {
  const rows = await db.query(
    `update intents set done_at = now(), problem = null
     where intent_id = $1 and ($3::integer is null or exists (
       select 1 from instances where instance_id = $2 and version = $3))
     returning intent_id`,
    [intentId, instanceId, version ?? null],
  );
  return rows.length > 0;
}

/** @param seconds until it is tried again */
export async function postponeIntent(
  db: Queries,
  { intentId }: Intent,
  seconds: number,
  problem: ErrorCode | null,
): Promise<void> {
  await db.query(
    `update intents set next_at = now() + make_interval(secs => $2), problem = $3
     where intent_id = $1 and done_at is null`,
    [intentId, seconds, problem],
  );
}

/**
 * How many wait, and for how many seconds the oldest has: shown by /readyz. What waits for a person is none.
 * @param instanceId only those of this instance
 */
export async function openIntents(
  db: Queries,
  instanceId?: string,
): Promise<{ count: number; seconds: number }> {
  const [row] = await db.query<{ count: number; seconds: number }>(
    `select count(*) as count, coalesce(extract(epoch from now() - min(created_at)), 0)::float8
       as seconds
     from intents i where done_at is null and ($1::text is null or instance_id = $1)
       and not exists (
         select 1 from installs n where n.install_id = i.install_id and n.status = 'held')`,
    [instanceId ?? null],
  );
  return row ?? { count: 0, seconds: 0 };
}
