/** When instances whose schedule we have paused are tried again: a key may be let in again by itself. */
import { IS_SERVED, probeSeconds, servedParameters, type ServedIds } from './alerts';
import type { Queries } from './db';

/** Takes paused instances that are to be tried. */
export async function takeProbes(db: Queries, served: ServedIds, limit: number): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `update instances i set probes = i.probes + 1,
       probe_at = now() + make_interval(secs => ${probeSeconds('i.probes + 1')})
     where i.instance_id in (
       select i.instance_id from instances i
       where i.probe_at <= now() and i.paused_for is not null and ${IS_SERVED}
       order by i.probe_at limit $4 for update skip locked)
     returning i.instance_id as id`,
    [...servedParameters(served), limit],
  );
  return rows.map(({ id }) => id);
}

/** What the schedule is now is to be looked at. */
export async function askForLook(db: Queries, instanceId: string): Promise<void> {
  await db.query('update instances set look_at = now() where instance_id = $1', [instanceId]);
}
