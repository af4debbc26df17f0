/**
 * `read`: reading alone. Payments that have not succeeded are read like all others and are nothing to
 * post, so the sync does nothing but read, through a Stripe that is slow and has a limit.
 */
import type { Context } from './context';
import { figure, type Figure } from './figures';
import { settingsOf, startBlnk, startStripe, type StripeOptions } from './stand-ins';
import { runSync } from './syncs';
import { inWorld, type World } from './world';

const LATENCY_MS = 300;
const READS_PER_SECOND = 25;
const PAGE_SIZE = 100;

interface Reading {
  readonly density: string;
  readonly rowsPerSecond: number;
  readonly requests: number;
  readonly rateLimited: number;
}

export function read(context: Context): Promise<Figure[]> {
  const { quick, say } = context;
  return inWorld(context, async (world) => {
    const size = quick ? 20_000 : 100_000;
    const readings: Reading[] = [];
    for (const density of ['growth', 'even', 'bursts'] as const) {
      const reading = await readAll(world, size, density);
      readings.push(reading);
      say(`read ${density}: ${Math.round(reading.rowsPerSecond)} rows/s`);
    }
    const [growth] = readings;
    if (!growth) throw new Error('nothing was read');
    const share = growth.rowsPerSecond / (READS_PER_SECOND * PAGE_SIZE);
    const most = Math.max(...readings.map(({ requests }) => requests));
    const limited = readings.reduce((sum, { rateLimited }) => sum + rateLimited, 0);
    const setting = `${size} rows, ${LATENCY_MS} ms a page, ${READS_PER_SECOND} requests/s allowed`;
    const each = (of: (reading: Reading) => number) =>
      readings.map((one) => `${one.density} ${of(one)}`).join(', ');
    const speeds = each(({ rowsPerSecond }) => Math.round(rowsPerSecond));
    return [
      figure('read.share_of_budget', share, ['>=', 0.85], `${setting}; rows a second: ${speeds}`),
      figure('read.rate_limited', limited, ['=', 0], `answers with 429, ${setting}`),
      figure(
        'read.requests_to_minimum',
        most / (size / PAGE_SIZE),
        ['<=', 1.25],
        `requests for ${size / PAGE_SIZE} full pages: ${each(({ requests }) => requests)}`,
      ),
    ];
  });
}

async function readAll(
  world: World,
  size: number,
  density: NonNullable<StripeOptions['density']>,
): Promise<Reading> {
  const stripe = await startStripe(world, {
    ...{ seed: `read-${density}`, size, density, unpaid: true },
    ...{ latencyMs: LATENCY_MS, readsPerSecond: READS_PER_SECOND },
  });
  const blnk = await startBlnk(world, { latencyMs: 0 });
  const instanceId = `bench-read-${density}`;
  const worker = await world.worker({
    ...settingsOf(instanceId, { stripe, blnk }),
    STRIPE_READS_PER_SECOND: String(READS_PER_SECOND),
  });
  const { seconds } = await runSync(world, instanceId, { limitMinutes: 30 });
  const { listed } = await stripe.requests('/v1/payment_intents');
  const { byStatus } = await stripe.requests();
  for (const part of [worker, stripe, blnk]) await part.stop();
  return {
    density,
    rowsPerSecond: size / seconds,
    requests: listed.length,
    rateLimited: byStatus['429'] ?? 0,
  };
}
