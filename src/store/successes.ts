/** What has ever got through to the two ends of an instance, and when: by the database's clock. */
import type { Queries } from './db';
import { IN_LEDGER_STATES } from './outcome-columns';
import { watermarkOf } from './sources';

/** Milliseconds since 1970. */
export interface Successes {
  readonly now: number;
  /** When something of this source was last posted; null: never. */
  readonly newest: number | null;
}

export async function readSuccesses(db: Queries, sourceId: string): Promise<Successes> {
  const [row] = await db.query<Successes>(
    `select (extract(epoch from clock_timestamp()) * 1000)::float8 as now,
       (select (extract(epoch from posted_at) * 1000)::float8 from movements
        where source_id = $1 and state in ${IN_LEDGER_STATES}
        order by coalesce(booked_at, posted_at, updated_at) desc limit 1) as newest`,
    [sourceId],
  );
  if (!row) throw new Error('a select without a table returned no row');
  return row;
}

/** Which ends of an instance have answered before, in whatever process: one that did is not a wrong address. */
export async function haveAnswered(
  db: Queries,
  instanceId: string,
): Promise<{ readonly stripe: boolean; readonly blnk: boolean }> {
  const [row] = await db.query<{ stripe: boolean; blnk: boolean }>(
    `select (${watermarkOf('s')} is not null or s.listing_id is not null) as stripe,
       exists (select 1 from movements p where p.source_id = s.source_id
         and p.state in ${IN_LEDGER_STATES}) as blnk
     from sources s where s.instance_id = $1 and s.is_current`,
    [instanceId],
  );
  return row ?? { stripe: false, blnk: false };
}
