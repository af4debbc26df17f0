/**
 * `tenants`: many connected instances on the product's worker, each synced once, all begun within 20 s, as
 * after an outage or where all have one time. One is busy, one broken, one slow: none of them may delay
 * another beyond the interval of a schedule.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowFailedError } from '@temporalio/client';
import { startAdhocSync, type SyncHandle } from '../src/temporal/syncs';
import type { Context } from './context';
import { figure, type Figure } from './figures';
import { percentile } from './statistics';
import { connectTenants, settingsOfTenants, tenantOf, type Ends, type Role } from './tenant';
import { inWorld, type World } from './world';

const PAY_INS = 5;
const BEGUN_WITHIN_MS = 20_000;

interface Run {
  readonly instanceId: string;
  readonly role: Role;
  readonly seconds: number;
  /** open: not ended when its interval was over. */
  readonly status: string;
}

export function tenants(context: Context): Promise<Figure[]> {
  const { quick, say } = context;
  return inWorld(context, async (world) => {
    const count = quick ? 200 : 1_000;
    const intervalMs = (quick ? 5 : 15) * 60_000;
    const big = quick ? 10_000 : 100_000;
    await startParts(world, count, big);
    const gapMs = BEGUN_WITHIN_MS / count;
    say(`tenants: ${count} instances, one started every ${gapMs} ms`);

    const runs: Promise<Run>[] = [];
    for (let number = 0; number < count; number += 1) {
      const turn = sleep(gapMs);
      const { instanceId, role } = tenantOf(number);
      const run = async () => {
        const { handle } = await startAdhocSync(world.client, { instanceId, trigger: 'schedule' });
        return { instanceId, role, ...(await untilEnd(handle, intervalMs)) };
      };
      // The next one does not wait for the server's answer.
      runs.push(run());
      await Promise.race([turn, world.broken]);
    }
    const ended = await Promise.race([Promise.all(runs), world.broken]);

    const ordinary = ended.filter(({ role }) => role === 'ordinary');
    const late = ordinary.filter(({ status }) => status !== 'completed');
    for (const { instanceId, status } of late.slice(0, 5)) say(`tenants: ${instanceId}: ${status}`);
    const others = await Promise.all(
      ended.filter(({ role }) => role !== 'ordinary').map((run) => describe(world, run)),
    );
    const limit = intervalMs / 1_000;
    const setting = `${count} instances begun within ${BEGUN_WITHIN_MS / 1_000} s, ${PAY_INS} pay-ins each`;
    const seconds = ordinary.map((run) => run.seconds);
    const times = `from the request to the end, all but the ${others.length} special ones`;
    return [
      figure(
        'tenants.late_or_failed',
        late.length,
        ['=', 0],
        `${setting}, the big one ${big}; ${others.join('; ')}`,
      ),
      figure('tenants.p50_s', percentile(seconds, 50), null, times),
      figure('tenants.p99_s', percentile(seconds, 99), null, times),
      figure('tenants.max_s', percentile(seconds, 100), ['<=', limit], times),
    ];
  });
}

async function startParts(world: World, count: number, big: number): Promise<void> {
  const args = ['--count', String(count), '--pay-ins', String(PAY_INS), '--big', String(big)];
  const ends = await world.program({ name: 'ends', entry: 'bench/tenants-ends', args });
  const addresses = JSON.parse(String(ends.ready['ends'])) as Ends;
  await connectTenants(world.db, count, addresses);
  await world.worker(settingsOfTenants(addresses));
}

/** How a run ends, or that it has not after `limitMs`. */
async function untilEnd(
  handle: SyncHandle,
  limitMs: number,
): Promise<Pick<Run, 'seconds' | 'status'>> {
  const began = performance.now();
  const timer = new AbortController();
  const limit = sleep(limitMs, 'open', { signal: timer.signal }).catch(() => 'open');
  const end = handle.result().then(
    ({ status }) => status,
    (error: unknown) => {
      if (error instanceof WorkflowFailedError) return 'failed';
      throw error;
    },
  );
  const status = await Promise.race([end, limit]);
  timer.abort();
  if (status === 'open') await handle.terminate('its interval is over');
  return { seconds: (performance.now() - began) / 1_000, status };
}

/** `big open, 8200 posted` */
async function describe({ db }: World, { instanceId, role, status }: Run): Promise<string> {
  const [row] = await db.query<{ posted: number }>(
    `select count(*) as posted from movements where instance_id = $1 and state = 'posted'`,
    [instanceId],
  );
  return `${role} ${status}, ${row?.posted ?? 0} posted`;
}
