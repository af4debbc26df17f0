/**
 * `million`: a full listing of a million pay-ins, to see whether speed and memory hold to the end and
 * whether both sides agree in count and money.
 */
import type { Context } from './context';
import { figure, type Figure } from './figures';
import { openFixedWork } from './fixed-work';
import { residentMegabytes } from './memory';
import { watch } from './samples';
import { settingsOf, startBlnk, startStripe, type Totals } from './stand-ins';
import { decileMedians, decileSpeeds, decileTimes, lateToEarly, withoutDrift } from './statistics';
import { runSync } from './syncs';
import { inWorld } from './world';

export function million(context: Context): Promise<Figure[]> {
  const { quick, say } = context;
  return inWorld(context, async (world) => {
    const size = quick ? 30_000 : 1_000_000;
    const stripe = await startStripe(world, { seed: 'million', size });
    const blnk = await startBlnk(world, { latencyMs: 5 });
    const instanceId = 'bench-million';
    const worker = await world.worker(settingsOf(instanceId, { stripe, blnk }));
    const pid = worker.pid();
    if (pid === undefined) throw new Error('the worker is gone');
    const memory = watch(quick ? 100 : 1_000, () => residentMegabytes(pid));
    const work = await openFixedWork();
    const machine = watch(quick ? 500 : 5_000, () => work.time());
    const telling = setInterval(() => {
      void blnk.totals().then(({ count }) => say(`million: ${count} of ${size} posted`));
    }, 30_000);
    const { row, seconds } = await runSync(world, instanceId, { limitMinutes: 180 });
    clearInterval(telling);
    const [sizes, pieces] = [await memory(), await machine()];
    await work.close();

    const pages = await world.db.query<{ savedAt: Date; found: number }>(
      `select saved_at as "savedAt", found from sync_pages
       where sync_id = $1 and found > 0 order by saved_at`,
      [row.syncId],
    );
    const steps = pages.map(({ savedAt, found }) => ({ atMs: savedAt.getTime(), count: found }));
    const times = decileTimes(row.startedAt.getTime(), steps);
    const speeds = decileSpeeds(times, row.counts.found);
    const megabytes = decileMedians(times, sizes);
    const workMs = decileMedians(times, pieces);
    const off = differences(await stripe.totals(), await blnk.totals());
    const lost = Math.max(off.count, size - row.counts.posted);
    const list = (values: readonly number[]) => values.map((value) => Math.round(value)).join(' ');
    return [
      figure(
        'million.late_to_early_speed',
        lateToEarly(speeds),
        ['>=', 0.85],
        `${size} pay-ins${quick ? ' (quick)' : ''}; a second, by deciles: ${list(speeds)}`,
      ),
      figure(
        'million.late_to_early_speed_corrected',
        lateToEarly(withoutDrift(speeds, workMs)),
        ['>=', 0.85],
        `by what the machine gave: a fixed piece of work took, by deciles: ${list(workMs)} ms`,
      ),
      figure(
        'million.late_to_early_memory',
        lateToEarly(megabytes),
        ['<=', 1.2],
        `resident MB of the worker, by deciles: ${list(megabytes)}`,
      ),
      figure('million.lost', lost, ['=', 0], 'succeeded at Stripe and not in the ledger'),
      figure('million.wrong_money', off.money, ['=', 0], 'minor units apart, over all currencies'),
      figure('million.pay_ins_per_second', size / seconds, null, `${Math.round(seconds)} s in all`),
    ];
  });
}

/** Of two sides that should be equal. */
function differences(stripe: Totals, blnk: Totals): { count: number; money: number } {
  const codes = new Set([...Object.keys(stripe.amounts), ...Object.keys(blnk.amounts)]);
  const apart = [...codes].map((code) => {
    const difference = BigInt(stripe.amounts[code] ?? 0) - BigInt(blnk.amounts[code] ?? 0);
    return Math.abs(Number(difference));
  });
  return {
    count: Math.abs(stripe.count - blnk.count),
    money: apart.reduce((sum, one) => sum + one, 0),
  };
}
