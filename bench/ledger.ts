/**
 * `ledger`: how close a durable sync comes to what the ledger takes. Held against a bare concurrent
 * loop and a sequential one on the same ledger, in turns, at two latencies or on a real Core.
 */
import { SANDBOX_BLNK_KEY } from '../sandbox/blnk/keys';
import type { Context } from './context';
import { figure, type Figure, type Goal } from './figures';
import { postAll, preparePostings } from './loop';
import { settingsOf, startBlnk, startStripe } from './stand-ins';
import { median } from './statistics';
import { runSync } from './syncs';
import { inWorld, type World } from './world';

/** The most that the product keeps in flight. */
const CONCURRENCY = 16;
const DAY = 24 * 60 * 60;
/** Pay-ins before anything is measured: connections are made, and code is compiled. */
const WARM_UP = 1_000;
/** Few enough that each second holds at most one. */
const PER_DAY = 500;

interface Setting {
  /** `40ms`, `5ms` or `core`. */
  readonly name: string;
  readonly url: string;
  readonly apiKey: string;
  /** Two runs on one real ledger must not share a payment. */
  readonly seed: string;
  readonly rounds: number;
  /** Pay-ins of a round, for the sync and for the loop. */
  readonly size: number;
  /** Postings of the sequential loop in a round. */
  readonly sequential: number;
  readonly goals: { readonly loop: Goal; readonly sequential: Goal | null };
}

export function ledger(context: Context): Promise<Figure[]> {
  return inWorld(context, async (world) => {
    const { core } = context;
    if (core) return measure(world, context, { ...coreSetting(context), ...core });
    const figures: Figure[] = [];
    for (const setting of latencySettings(context)) {
      const blnk = await startBlnk(world, setting);
      const { url } = blnk;
      figures.push(
        ...(await measure(world, context, { ...setting, url, apiKey: SANDBOX_BLNK_KEY })),
      );
      await blnk.stop();
    }
    return figures;
  });
}

function latencySettings({ quick }: Context) {
  const rounds = quick ? 2 : 4;
  return [
    {
      ...{ name: '40ms', seed: 'ledger-40', latencyMs: 40, rounds, size: quick ? 5_000 : 12_000 },
      sequential: quick ? 75 : 250,
      goals: { loop: ['>=', 0.95], sequential: ['>=', 7] },
    },
    {
      ...{ name: '5ms', seed: 'ledger-5', latencyMs: 5, rounds, size: quick ? 5_000 : 20_000 },
      sequential: quick ? 200 : 1_000,
      goals: { loop: ['>=', 0.6], sequential: null },
    },
  ] as const;
}

function coreSetting({ quick }: Context) {
  return {
    ...{ name: 'core', seed: `core-${Date.now().toString(36)}`, rounds: quick ? 2 : 4 },
    ...{ size: quick ? 3_000 : 10_000, sequential: quick ? 200 : 1_000 },
    goals: { loop: ['>=', 0.95], sequential: null },
  } as const;
}

interface Rates {
  readonly loop: number;
  readonly sequential: number;
  readonly sync: number;
  /** The sync by the clock of who asked for it. */
  readonly wall: number;
}

async function measure(world: World, { say }: Context, setting: Setting): Promise<Figure[]> {
  const { name, url, apiKey, seed, rounds, size, sequential } = setting;
  const target = { url, apiKey };
  const all = WARM_UP + size * rounds;
  const stripe = await startStripe(world, {
    ...{ seed, size: all, days: all / PER_DAY },
    density: 'even',
  });
  const opened = Math.floor(Date.now() / 1000);
  const instanceId = `bench-ledger-${name}`;
  const worker = await world.worker({
    ...settingsOf(instanceId, { stripe, blnk: { url } }),
    BLNK_API_KEY: apiKey,
  });
  /** Syncs a stretch of the history that no other round has, so many pay-ins give or take one. */
  const sync = (first: number, count: number) => {
    const timeOf = (index: number) => opened - Math.round(((all - index) / PER_DAY) * DAY) - 90;
    const to = first + count === all ? opened : timeOf(first + count);
    return runSync(world, instanceId, { scope: { kind: 'range', from: timeOf(first), to } });
  };
  const loop = (round: number) =>
    postAll(target, preparePostings(`${seed}c${round}x`, size), CONCURRENCY);

  say(`ledger ${name}: warming up`);
  await sync(0, WARM_UP);
  await postAll(target, preparePostings(`${seed}w`, WARM_UP), CONCURRENCY);
  const rates: Rates[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    // In turns, and each first once in two rounds, so that a slow drift of the machine favours none.
    let loopSeconds = round % 2 === 1 ? await loop(round) : 0;
    const synced = await sync(WARM_UP + size * (round - 1), size);
    if (round % 2 === 0) loopSeconds = await loop(round);
    const slow = await postAll(target, preparePostings(`${seed}s${round}x`, sequential), 1);
    const { found, posted } = synced.row.counts;
    if (posted !== found) throw new Error('a sync of new pay-ins found some posted');
    rates.push({
      loop: size / loopSeconds,
      sequential: sequential / slow,
      sync: found / synced.seconds,
      wall: found / synced.wallSeconds,
    });
    say(`ledger ${name}: round ${round} of ${rounds}: ${describe(rates.slice(-1))}`);
  }
  await worker.stop();
  await stripe.stop();

  const share = median(rates.map((rate) => rate.sync / rate.loop));
  const times = median(rates.map((rate) => rate.sync / rate.sequential));
  const detail = `${rounds} rounds of ${size} pay-ins in turns, ${CONCURRENCY} in flight; ${describe(rates)}`;
  const fewer = `the sequential loop posts ${sequential} a round, its rate is taken for all; ${describe(rates)}`;
  const speed = median(rates.map((rate) => rate.sync));
  return [
    figure(`ledger.share_of_loop_${name}`, share, setting.goals.loop, detail),
    figure(`ledger.times_sequential_${name}`, times, setting.goals.sequential, fewer),
    figure(
      `ledger.pay_ins_per_second_${name}`,
      speed,
      null,
      'completed_at - started_at of the sync',
    ),
  ];
}

function describe(rates: readonly Rates[]): string {
  const middle = (of: keyof Rates) => median(rates.map((rate) => rate[of])).toFixed(1);
  return (
    `a second: sync ${middle('sync')} (${middle('wall')} from the request to the answer), ` +
    `loop ${middle('loop')}, sequential ${middle('sequential')}`
  );
}
