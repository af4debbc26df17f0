/**
 * `resync`: a full listing of pay-ins that the ledger has already, as after a loss of our database. A
 * new instance on the same two ends knows nothing, and must find everything posted.
 */
import { pacesOf } from '../src/domain/read-budget';
import type { Context } from './context';
import { figure, type Figure } from './figures';
import { settingsOf, startBlnk, startStripe } from './stand-ins';
import { runSync } from './syncs';
import { inWorld } from './world';

const LATENCY_MS = 40;
/** What the product reads at most of a list of Stripe's, in a second. */
const ROWS_PER_SECOND = (100 * 1000) / pacesOf(100, false).endpoint.stepMs;

export function resync(context: Context): Promise<Figure[]> {
  const { quick, say } = context;
  return inWorld(context, async (world) => {
    const size = quick ? 10_000 : 100_000;
    const stripe = await startStripe(world, { seed: 'resync', size });
    const blnk = await startBlnk(world, { latencyMs: LATENCY_MS });
    const listing = async (instanceId: string) => {
      const worker = await world.worker(settingsOf(instanceId, { stripe, blnk }));
      const sync = await runSync(world, instanceId, { limitMinutes: 60 });
      await worker.stop();
      if (sync.row.counts.found !== size) throw new Error(`found ${sync.row.counts.found}`);
      return sync;
    };
    const posting = await listing('bench-resync-first');
    const held = await blnk.totals();
    say(`resync: ${size} pay-ins posted in ${Math.round(posting.seconds)} s, now once more`);
    await blnk.forget();
    const again = await listing('bench-resync-again');

    const { byStatus, total } = await blnk.requests();
    // Blnk answers a posting with 201, or with 409 where it is there.
    const posts = (byStatus['201'] ?? 0) + (byStatus['409'] ?? 0) + again.row.counts.posted;
    if ((await blnk.totals()).count !== held.count) throw new Error('the ledger has grown');
    // Nobody reads faster than Stripe allows, however little the rest takes.
    const most = (posting.seconds * ROWS_PER_SECOND) / size;
    const setting = `${size} known pay-ins at ${LATENCY_MS} ms`;
    return [
      figure('resync.posts', posts, ['=', 0], `${setting}; ${total} requests to the ledger in all`),
      figure(
        'resync.times_posting',
        posting.seconds / again.seconds,
        ['>=', 8],
        `${setting}; posted in ${posting.seconds.toFixed(1)} s, found in ${again.seconds.toFixed(1)} s; ` +
          `Stripe’s ${ROWS_PER_SECOND} rows a second allow ${most.toFixed(1)}`,
      ),
    ];
  });
}
