/**
 * The rows of `alert_channels`: what each channel was told of a problem. One is due when it was told
 * something else than what the problem's row says now, so a problem that comes and goes in between is
 * not told at all.
 */
import type { ErrorCode } from '../domain/errors';
import { PROBLEMS, type ProblemCode } from '../domain/problems';
import { IS_SERVED, servedParameters, type Channel, type ServedIds } from './alerts';
import type { Queries } from './db';

interface TellingKey {
  readonly instanceId: string;
  readonly problem: ProblemCode;
  readonly subject: string;
  readonly channel: Channel;
}

/** One that was taken to be told. */
export interface Telling extends TellingKey {
  readonly codes: readonly string[];
  readonly openedAt: Date;
  /** null: that it is open is to be told; else that it is over. */
  readonly closedAt: Date | null;
  /** Of the alert that was raised in Blnk Cloud. */
  readonly anomalyId: string | null;
  /** Alerts that were sent and perhaps raised. */
  readonly unknown: number;
  /** In vain so far, with this one. */
  readonly attempts: number;
  /** Tells this taking from a later one. */
  readonly claim: string;
}

/** Seconds for which one is left to whoever took it; an attempt lasts far less. */
const LEASE_SECONDS = 120;

/** Seconds between two messages about one problem to one channel, at the least. */
const QUIET_SECONDS = 60;

/** Seconds after two alerts whose fate is unknown: another one might be the third. */
const DOUBT_SECONDS = 86_400;

const KEY = 'instance_id = $1 and problem = $2 and subject = $3 and channel = $4';

function keyOf({ instanceId, problem, subject, channel }: TellingKey): unknown[] {
  return [instanceId, problem, subject, channel];
}

/** @param channels those that this program can speak to */
export function takeTellings(
  db: Queries,
  served: ServedIds,
  channels: readonly Channel[],
  limit: number,
): Promise<Telling[]> {
  return db.query<Telling>(
    `update alert_channels c set attempted_at = clock_timestamp(), attempts = c.attempts + 1,
       next_at = now() + make_interval(secs => ${LEASE_SECONDS})
     from alerts a
     where (a.instance_id, a.problem, a.subject) = (c.instance_id, c.problem, c.subject)
       and (c.instance_id, c.problem, c.subject, c.channel) in (
         select d.instance_id, d.problem, d.subject, d.channel
         from alert_channels d join alerts b using (instance_id, problem, subject)
           join instances i using (instance_id)
         where d.next_at <= now() and (d.told = 'open') <> (b.closed_at is null)
           and d.channel = any ($4) and d.problem = any ($6) and ${IS_SERVED}
         order by d.next_at limit $5 for update of d skip locked)
     returning c.instance_id as "instanceId", c.problem, c.subject, c.channel, a.codes,
       a.opened_at as "openedAt", a.closed_at as "closedAt", c.anomaly_id as "anomalyId",
       c.unknown, c.attempts, c.attempted_at::text as claim`,
    // A database may hold problems of another version.
    [...servedParameters(served), channels, limit, Object.keys(PROBLEMS)],
  );
}

/**
 * The intention to raise an alert, written before it is sent, since nothing at Blnk tells that one was
 * raised. After a crash it is sent once more, and after the next one not before a day has passed.
 * @returns false when somebody else has taken it meanwhile
 */
export async function intendToRaise(db: Queries, telling: Telling): Promise<boolean> {
  const rows = await db.query(
    `update alert_channels set unknown = unknown + 1,
       next_at = now() + make_interval(secs => case when unknown = 0 then ${LEASE_SECONDS}
         else ${DOUBT_SECONDS} end)
     where ${KEY} and attempted_at = $5::timestamptz and told = 'nothing' returning 1`,
    [...keyOf(telling), telling.claim],
  );
  return rows.length > 0;
}

/** @param anomalyId of an alert that was raised just now */
export async function recordTold(
  db: Queries,
  telling: Telling,
  anomalyId: string | null,
): Promise<void> {
  await db.query(
    `update alert_channels set told = $5, anomaly_id = $6, unknown = 0, attempts = 0,
       trouble = null, next_at = now() + make_interval(secs => ${QUIET_SECONDS})
     where ${KEY}`,
    [...keyOf(telling), telling.closedAt === null ? 'open' : 'nothing', anomalyId],
  );
}

export interface Trouble {
  /** null: it cannot be told yet. */
  readonly code: ErrorCode | null;
  /** Whether an alert was sent that is known not to have been raised. */
  readonly refused: boolean;
  /** Until it is tried again; a minute at the least. */
  readonly seconds: number;
}

export async function recordTrouble(
  db: Queries,
  telling: Telling,
  { code, refused, seconds }: Trouble,
): Promise<void> {
  await db.query(
    `update alert_channels set trouble = $5, unknown = unknown - $6::integer,
       next_at = now() + make_interval(secs => case when unknown - $6::integer >= 2
         then ${DOUBT_SECONDS} else $7 end)
     where ${KEY}`,
    [...keyOf(telling), code, refused ? 1 : 0, Math.max(QUIET_SECONDS, seconds)],
  );
}
