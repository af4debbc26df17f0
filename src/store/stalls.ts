/** What `instances` knows of a run that does not get on: as the last look at Temporal saw it. */
import { isErrorCode, type ErrorCode } from '../domain/errors';
import type { Stall } from '../domain/stall';
import type { Queries } from './db';

export interface OpenRun {
  /** By the database's clock. */
  readonly now: Date;
  /** null: no sync is open. */
  readonly workflowId: string | null;
  readonly firstRunId: string | null;
  /** When the open sync was last seen to get on, by its pages. */
  readonly movedAt: Date | null;
}

/** When the open sync of instance `i` last got on, as far as its pages tell. */
export const MOVED_AT = `(select greatest(s.started_at,
    (select max(fetched_at) from sync_pages where sync_id = s.sync_id),
    (select max(saved_at) from sync_pages where sync_id = s.sync_id))
  from stripe_syncs s where s.instance_id = i.instance_id and s.status = 'running')`;

/** undefined: there is no such instance. */
export async function readOpenRun(db: Queries, instanceId: string): Promise<OpenRun | undefined> {
  const [row] = await db.query<OpenRun>(
    `select clock_timestamp() as now, o.workflow_id as "workflowId", o.first_run_id as "firstRunId",
       ${MOVED_AT} as "movedAt"
     from instances i left join stripe_syncs o
       on o.instance_id = i.instance_id and o.status = 'running'
     where i.instance_id = $1`,
    [instanceId],
  );
  return row;
}

export type NotedStall = Pick<Stall, 'since' | 'codes'>;

/** @param stall null: it gets on */
export async function noteStall(
  tx: Queries,
  instanceId: string,
  stall: NotedStall | null,
): Promise<void> {
  await tx.query(
    `update instances set stalled_for = $2, stalled_since = $3
     where instance_id = $1 and (stalled_for, stalled_since) is distinct from ($2::text[], $3::timestamptz)`,
    [instanceId, stall?.codes ?? null, stall?.since ?? null],
  );
}

export async function readStall(db: Queries, instanceId: string): Promise<NotedStall | undefined> {
  const [row] = await db.query<{ codes: string[] | null; since: Date | null }>(
    `select stalled_for as codes, stalled_since as since from instances where instance_id = $1`,
    [instanceId],
  );
  if (!row?.codes || !row.since) return undefined;
  const codes = row.codes.map((code): ErrorCode => (isErrorCode(code) ? code : 'INTERNAL'));
  return { codes, since: row.since };
}
