/** Counts of legs by kind, in columns named `legs`: what is no pay-in, apart from the counters of pay-ins. */
import { FIELD_OF, OUTCOMES, type Counts } from '../domain/outcomes';
import type { Db } from './db';

/** By kind of movement; those with none are left out. */
export type LegCounts = Readonly<Record<string, Counts>>;

const asObject = (found: string, outcome: (field: string, state: string) => string) =>
  `jsonb_build_object('found', ${found}, ${OUTCOMES.map(
    (state) => `'${FIELD_OF[state]}', ${outcome(FIELD_OF[state], state)}`,
  ).join(', ')})`;

const byKind = (rows: string) =>
  `(select coalesce(jsonb_object_agg(k.kind, k.counts), '{}') from (${rows}) k)`;

/** A value of SQL. A retry that fails again was counted when it was first set aside. @param page its id */
export const legsOfPage = (page: string) =>
  byKind(`select m.kind, ${asObject('count(*)', (_, state) => `count(*) filter (where m.state = '${state}')`)} as counts
    from movements m
    where m.page_id = ${page} and m.leg is not null and m.state <> 'staged' and not (m.state = 'quarantined'
      and exists (select from sync_pages g join sync_windows w using (window_id)
        where g.page_id = m.page_id and w.feed = 'backlog' and g.sync_id <> m.quarantined_by))
    group by m.kind`);

const sumOf = (field: string) => `sum((c.counts->>'${field}')::bigint)`;

/** A value of SQL: the sum of a sync's pages. @param sync its id */
export const legsOfPages = (sync: string) =>
  byKind(`select c.kind, ${asObject(sumOf('found'), sumOf)} as counts
    from sync_pages g, jsonb_each(g.legs) c(kind, counts)
    where g.sync_id = ${sync} and g.legs <> '{}' group by c.kind`);

/** Of syncs by their ids, whether they run or have ended: their pages may be gone by then. */
export async function legsOfSyncs(
  db: Db,
  syncIds: readonly string[],
): Promise<ReadonlyMap<string, LegCounts>> {
  const rows = await db.query<{ syncId: string; legs: LegCounts }>(
    `select sync_id as "syncId",
       case when status = 'running' then ${legsOfPages('s.sync_id')} else s.legs end as legs
     from stripe_syncs s where sync_id = any($1)`,
    [syncIds],
  );
  return new Map(rows.map(({ syncId, legs }) => [syncId, legs]));
}

export async function legsOfSync(db: Db, syncId: string): Promise<LegCounts> {
  return (await legsOfSyncs(db, [syncId])).get(syncId) ?? {};
}
