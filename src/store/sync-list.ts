/** Runs as a person looks through them, newest first, in pages. */
import { inOrder, keyOfTime, timeOfKey, type Cut } from './cut';
import type { Db } from './db';
import { NOTABLE, SYNC_COLUMNS, type SyncRow } from './syncs';

export interface SyncFilter {
  /** Without those that found nothing and ended well. */
  readonly notable: boolean;
  /** One by its id, or those that began on a day, as YYYY-MM-DD in UTC. */
  readonly search?: { readonly syncId: string } | { readonly day: string } | undefined;
}

/** With its place in the list. */
export type ListedSync = SyncRow & { readonly key: string };

/** Parameters: $1 the instance, $2 the id, $3 the day. */
const conditionOf = ({ notable }: SyncFilter) => `instance_id = $1 ${notable ? NOTABLE : ''}
  and ($2::text is null or sync_id = $2)
  and ($3::date is null or (started_at >= $3::date::timestamp at time zone 'UTC'
    and started_at < ($3::date + 1)::timestamp at time zone 'UTC'))`;

const parametersOf = (instanceId: string, { search }: SyncFilter) => [
  instanceId,
  search && 'syncId' in search ? search.syncId : null,
  search && 'day' in search ? search.day : null,
];

export async function pageOfSyncs(
  db: Db,
  instanceId: string,
  filter: SyncFilter,
  cut: Cut,
): Promise<ListedSync[]> {
  const [sign, direction] = cut.isBack ? ['>', 'asc'] : ['<', 'desc'];
  const behind = `and (started_at, sync_id) ${sign} (${timeOfKey('$5')}, $6)`;
  const rows = await db.query<ListedSync>(
    `select ${SYNC_COLUMNS}, ${keyOfTime('started_at')} as key from stripe_syncs
     where ${conditionOf(filter)} ${cut.place ? behind : ''}
     order by started_at ${direction}, sync_id ${direction} limit $4`,
    [
      ...parametersOf(instanceId, filter),
      cut.limit,
      ...(cut.place ? [cut.place.key, cut.place.id] : []),
    ],
  );
  return inOrder(cut, rows);
}

/** Counted up to a limit: years of runs are not counted for a figure below a list. */
export async function countSyncs(
  db: Db,
  instanceId: string,
  filter: SyncFilter,
  limit: number,
): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    `select count(*) as count from (
       select 1 from stripe_syncs where ${conditionOf(filter)}
       order by started_at desc limit $4) counted`,
    [...parametersOf(instanceId, filter), limit],
  );
  return row?.count ?? 0;
}
