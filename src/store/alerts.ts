/**
 * The rows of `alerts`: one for each problem, open or over, and when an instance is looked at next. Who
 * looks at one has taken it for a while, so that servers and workers do not all look at the same.
 */
import type { ErrorCode } from '../domain/errors';
import type { Problem } from '../domain/problems';
import type { Queries } from './db';
import { COMPLETED } from './problem-facts';

/** The instances of a program: those whose keys it can have. */
export interface ServedIds {
  /** That of its environment. */
  readonly own: string | undefined;
  /** Whether it opens the keys of connected ones. */
  readonly connected: boolean;
  /** Of these only this one. */
  readonly only?: string | undefined;
}

export type Channel = 'cloud' | 'webhook';

/** What Temporal says of the schedule. */
export interface ScheduleFact {
  /** null: it is paused, or there is none. */
  readonly nextRun: Date | null;
  readonly pausedFor: ErrorCode | null;
}

/** Seconds between two looks at an instance that nothing happens to; the end of a sync asks for one. */
const LOOK_SECONDS = 300;

/**
 * Seconds until an instance that we have paused is tried: a minute, doubling up to an hour until a sync has
 * completed, so that a pause that was lifted in vain is not lifted every minute.
 */
export const probeSeconds = (probes: string): string =>
  `least(3600, 60 * power(2, least(${probes}, 6)))`;

/** With the parameters of `servedParameters` from $1 on; the instance is `i`. */
export const IS_SERVED = `(i.instance_id = $1 or ($2 and i.origin <> 'environment'))
  and ($3::text is null or i.instance_id = $3)`;

export function servedParameters({ own, connected, only }: ServedIds): unknown[] {
  return [own ?? null, connected, only ?? null];
}

/** Takes instances that are to be looked at. */
export async function takeLooks(db: Queries, served: ServedIds, limit: number): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `update instances set look_at = now() + make_interval(secs => ${LOOK_SECONDS})
     where instance_id in (
       select i.instance_id from instances i where i.look_at <= now() and ${IS_SERVED}
       order by i.look_at limit $4 for update skip locked)
     returning instance_id as id`,
    [...servedParameters(served), limit],
  );
  return rows.map(({ id }) => id);
}

/**
 * Writes down what the schedule was seen to be, and locks the instance until the transaction ends: of two
 * that look at the same time the second one sees what the first one has opened.
 * @param schedule undefined: Temporal could not be asked, so what was known stays
 */
export async function noteSchedule(
  tx: Queries,
  instanceId: string,
  schedule: ScheduleFact | undefined,
): Promise<void> {
  if (!schedule) {
    await tx.query('select 1 from instances where instance_id = $1 for no key update', [
      instanceId,
    ]);
    return;
  }
  // A run stays due until a sync has completed since; only then the next one is waited for.
  await tx.query(
    `update instances i set paused_for = $3,
       probe_at = case when $3::text is not null
         then coalesce(i.probe_at, now() + make_interval(secs => ${probeSeconds('i.probes')})) end,
       due_at = case
         when $2::timestamptz is null then null
         when i.due_at is null or i.due_at > now() or exists (select 1 from stripe_syncs s
           where ${COMPLETED} and s.completed_at >= i.due_at) then $2
         else i.due_at end
     where i.instance_id = $1`,
    [instanceId, schedule.nextRun, schedule.pausedFor],
  );
}

/** Opens what is new, ends what is over, and makes both known to the channels; the instance is locked. */
export async function saveProblems(
  tx: Queries,
  instanceId: string,
  problems: readonly Problem[],
  channels: readonly Channel[],
): Promise<void> {
  const given = 'jsonb_to_recordset($2::jsonb) as p(problem text, subject text, codes text[])';
  const parameters = [instanceId, JSON.stringify(problems)];
  await tx.query(
    `insert into alerts as a (instance_id, problem, subject, codes)
     select $1, p.problem, p.subject, p.codes from ${given}
     on conflict (instance_id, problem, subject) do update
       set codes = excluded.codes, closed_at = null,
           opened_at = case when a.closed_at is null then a.opened_at else now() end`,
    parameters,
  );
  // What nobody was told of needs no end either: the next time it begins anew.
  await tx.query(
    `with over as (
       update alerts a set closed_at = now()
       where a.instance_id = $1 and a.closed_at is null and not exists (
         select 1 from ${given} where p.problem = a.problem and p.subject = a.subject)
       returning problem, subject
     )
     update alert_channels c set unknown = 0, attempts = 0, trouble = null
     from over where c.instance_id = $1 and c.told = 'nothing'
       and c.problem = over.problem and c.subject = over.subject`,
    parameters,
  );
  await tx.query(
    `insert into alert_channels (instance_id, problem, subject, channel)
     select instance_id, problem, subject, unnest($2::text[]) from alerts
     where instance_id = $1 and closed_at is null on conflict do nothing`,
    [instanceId, channels],
  );
}

export interface AlertRow {
  readonly problem: string;
  readonly subject: string;
  readonly openedAt: Date;
  /** Where it was told. */
  readonly told: readonly Channel[];
}

export function openAlerts(db: Queries, instanceId: string): Promise<AlertRow[]> {
  return db.query<AlertRow>(
    `select problem, subject, opened_at as "openedAt", array(
       select c.channel from alert_channels c where c.told = 'open' and c.problem = a.problem
         and c.subject = a.subject and c.instance_id = a.instance_id order by 1) as told
     from alerts a where instance_id = $1 and closed_at is null`,
    [instanceId],
  );
}
