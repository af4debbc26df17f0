/** What the rows of an instance say about its problems, as `problemsOf` wants it. Changes nothing. */
import { isErrorCode, type ErrorCode, type ErrorDetails } from '../domain/errors';
import type { Permission } from '../domain/permissions';
import type { ProblemFacts, SyncFact } from '../domain/problems';
import { REASONS } from '../domain/reasons';
import type { SyncStatus } from '../domain/sync';
import type { Queries } from './db';
import { OF_CURRENT_SOURCE } from './movements';
import { provenSourceOf, readProofFacts, type ProvenSource } from './proof-facts';
import { MOVED_AT } from './stalls';

/** Conflicts that get an alert of their own; from there on they count as set aside, or alerts would pour. */
const OWN_ALERTS = 20;

/** A passing reason is told once so many attempts were in vain: most are gone by then. */
const VAIN_ATTEMPTS = 3;

const SYNCS = 10;

const PASSING = Object.entries(REASONS)
  .filter(([, { kind }]) => kind === 'passing')
  .map(([code]) => code);

/**
 * One that is tried again just now is not over yet. What a person has closed is, and so is what belongs
 * to a source that was left.
 */
const SET_ASIDE = `p.instance_id = $1 and p.kind = 'pay_in' and p.quarantined_by is not null
  and p.state in ('quarantined', 'staged') and p.closed_at is null and p.${OF_CURRENT_SOURCE}`;

/** As the index of what is set aside has it. */
const REASON = `coalesce(p.reason, 'unknown')`;

/** Has a completed sync of everything, as parameter $1 names its instance. */
export const COMPLETED = `s.instance_id = $1 and s.status in ('completed', 'completed_with_problems')
  and s.scope ->> 'kind' = 'full'`;

/** undefined: there is no such instance. */
export async function readProblemFacts(
  db: Queries,
  instanceId: string,
): Promise<ProblemFacts | undefined> {
  const [instance] = await db.query<{
    now: Date;
    active: boolean;
    grants: Permission[] | null;
    dueAt: Date | null;
    movedAt: Date | null;
    pausedFor: string | null;
    stalledFor: string[] | null;
    held: string[] | null;
    proven: ProvenSource | null;
  }>(
    `select clock_timestamp() as now,
       i.status = 'active' and (i.origin = 'environment' or i.install_id is not null) as active,
       case when i.origin <> 'environment' then n.granted_permissions end as grants,
       case when not exists (select 1 from stripe_syncs s
         where ${COMPLETED} and s.completed_at >= i.due_at) then i.due_at end as "dueAt",
       ${MOVED_AT} as "movedAt", i.paused_for as "pausedFor", i.stalled_for as "stalledFor",
       (select array_agg(h.problem order by h.problem) from installs h
        where h.instance_id = $1 and h.status = 'held') as held,
       ${provenSourceOf('i.instance_id')} as proven
     from instances i left join installs n on n.install_id = i.install_id
     where i.instance_id = $1`,
    [instanceId],
  );
  if (!instance) return undefined;
  const { proven, ...facts } = instance;
  const conflicts = await conflictsOf(db, instanceId);
  return {
    ...facts,
    pausedFor: codeOf(facts.pausedFor),
    stalledFor: facts.stalledFor?.map((code) => codeOf(code) ?? 'INTERNAL') ?? null,
    held: facts.held?.map((code) => codeOf(code) ?? 'INTERNAL') ?? [],
    syncs: await newestSyncs(db, instanceId),
    conflicts,
    setAside: await otherReasons(db, instanceId, conflicts),
    proof: proven && (await readProofFacts(db, instanceId, proven)),
  };
}

async function newestSyncs(db: Queries, instanceId: string): Promise<SyncFact[]> {
  const rows = await db.query<{
    status: SyncStatus;
    error: string | null;
    details: ErrorDetails | null;
    rewound: boolean;
  }>(
    `select status, error, error_details as details, 'LEDGER_REWOUND' = any(notes) as rewound
     from stripe_syncs where instance_id = $1 and status <> 'skipped' and scope ->> 'kind' = 'full'
     order by started_at desc limit ${SYNCS}`,
    [instanceId],
  );
  return rows.map(({ status, error, details, rewound }) => {
    const permission = details?.['right'] ?? details?.['permission'];
    const known = typeof permission === 'string' ? permission : null;
    return { status, error: codeOf(error), permission: known, rewound };
  });
}

/** Those that were told keep their alert; the others follow in a fixed order. */
async function conflictsOf(db: Queries, instanceId: string): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `(select a.subject as id from alerts a
        join movements p on p.instance_id = a.instance_id and p.movement_id = a.subject
      where a.instance_id = $1 and a.problem = 'CONFLICT' and a.closed_at is null
        and ${SET_ASIDE} and ${REASON} = 'CONFLICT'
      order by a.subject limit ${OWN_ALERTS})
     union all
     (select p.movement_id from movements p
      where ${SET_ASIDE} and ${REASON} = 'CONFLICT' and not exists (select 1 from alerts a
        where a.instance_id = $1 and a.problem = 'CONFLICT' and a.subject = p.movement_id
          and a.closed_at is null)
      order by p.attempts, p.movement_id limit ${OWN_ALERTS})
     limit ${OWN_ALERTS}`,
    [instanceId],
  );
  return rows.map(({ id }) => id);
}

/** Each reason is found from the one before: there are a few, and perhaps very many pay-ins. */
async function otherReasons(
  db: Queries,
  instanceId: string,
  conflicts: readonly string[],
): Promise<string[]> {
  const rows = await db.query<{ reason: string }>(
    `with recursive reasons(reason) as (
       (select ${REASON} from movements p where ${SET_ASIDE} order by 1 limit 1)
       union all
       select (select ${REASON} from movements p where ${SET_ASIDE} and ${REASON} > r.reason
               order by 1 limit 1)
       from reasons r where r.reason is not null
     )
     select r.reason from reasons r
     where r.reason is not null and exists (
       select 1 from movements p
       where ${SET_ASIDE} and ${REASON} = r.reason and p.movement_id <> all ($2::text[])
         and p.attempts >= case when r.reason = any ($3::text[]) then ${VAIN_ATTEMPTS} else 0 end)
     order by 1`,
    [instanceId, conflicts, PASSING],
  );
  return rows.map(({ reason }) => reason);
}

/** A database may hold a code of another version. */
function codeOf(text: string | null): ErrorCode | null {
  if (text === null) return null;
  return isErrorCode(text) ? text : 'INTERNAL';
}
