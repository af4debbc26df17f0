/**
 * `movements`: the first sync of a shop with all that moved its balance: what it costs on Temporal and at Stripe, what
 * an idle run costs, and how close it comes to a bare loop that sends the same postings to the same ledger.
 */
import { SANDBOX_BLNK_KEY } from '../sandbox/blnk/keys';
import { countActions } from './actions';
import type { Context } from './context';
import { figure, type Figure } from './figures';
import { postAll, type Target } from './loop';
import { asOthers, postingsIn } from './same-postings';
import { settingsOf, startBlnk, startShop, type StandIn } from './stand-ins';
import { median } from './statistics';
import { runSync, type FinishedSync } from './syncs';
import { inWorld, type World } from './world';

/** Of the stand-in's ledger: as far away as Blnk Cloud, and next door. */
const LATENCIES_MS = [40, 5] as const;
/** The most that the product keeps in flight. */
const CONCURRENCY = 16;
const ROWS = '/v1/balance_transactions';

export function movements(context: Context): Promise<Figure[]> {
  const { core, quick } = context;
  return inWorld(context, async (world) => {
    const size = quick ? 4_000 : 20_000;
    // Two runs on one real ledger must not share a payment.
    const seed = core ? Date.now().toString(36) : 'shop';
    const stripe = await startShop(world, { seed, size });
    const { figures, bodies } = await measureCosts(world, stripe, size);
    const shop: Shop = { stripe, bodies, seed };
    if (core) return [await shareOfCore(world, context, shop, core)];
    const shares: Figure[] = [];
    for (const ms of LATENCIES_MS) shares.push(await shareOfLoop(world, context, shop, ms));
    return [...figures, ...shares];
  });
}

interface Shop {
  readonly stripe: StandIn;
  /** Of all its postings, oldest first. */
  readonly bodies: readonly string[];
  readonly seed: string;
}

/** Of a first sync and of an idle one, and the postings that the first has made. */
async function measureCosts(
  world: World,
  stripe: StandIn,
  size: number,
): Promise<{ figures: Figure[]; bodies: string[] }> {
  const blnk = await startBlnk(world, { latencyMs: 0 });
  const instanceId = 'bench-movements';
  const worker = await world.worker(settings(instanceId, stripe, blnk));
  const sync = () => firstSync(world, instanceId);
  const first = await costOf(world, stripe, sync);
  // It asks the ledger once more for what the first has posted.
  await sync();
  const idle = await costOf(world, stripe, sync);
  const rows = await countRows(world, instanceId);
  await worker.stop();
  const bodies = await postingsIn({ url: blnk.url, apiKey: SANDBOX_BLNK_KEY });
  await blnk.stop();
  return { figures: figuresOf(size, rows, first, idle), bodies };
}

const settings = (instanceId: string, stripe: StandIn, blnk: { readonly url: string }) => ({
  ...settingsOf(instanceId, { stripe, blnk }),
  MOVEMENTS: 'on',
});

/** A figure of a run that has left something out would say nothing. */
async function firstSync(world: World, instanceId: string): Promise<FinishedSync> {
  const sync = await runSync(world, instanceId, { limitMinutes: 30 });
  const [proof] = await world.db.query<{ state: string }>(
    'select state from proofs where sync_id = $1',
    [sync.row.syncId],
  );
  if (proof?.state !== 'proven') throw new Error(`the proof says ${proof?.state ?? 'nothing'}`);
  return sync;
}

/** Seconds of both. */
interface Round {
  readonly sync: number;
  readonly loop: number;
}

async function shareOfLoop(
  world: World,
  { quick, say }: Context,
  { stripe, bodies }: Shop,
  latencyMs: number,
): Promise<Figure> {
  /** On an empty ledger. */
  const onEmpty = async (work: (target: Target) => Promise<number>) => {
    const blnk = await startBlnk(world, { latencyMs });
    const seconds = await work({ url: blnk.url, apiKey: SANDBOX_BLNK_KEY });
    await blnk.stop();
    return seconds;
  };
  const loop = () => onEmpty((target) => postAll(target, bodies, CONCURRENCY));
  const rounds: Round[] = [];
  for (let round = 1; round <= (quick ? 1 : 2); round += 1) {
    // Each comes first once in two rounds, so that a slow drift of the machine favours none.
    const early = round % 2 === 1 ? await loop() : null;
    const instanceId = `bench-movements-${latencyMs}-${round}`;
    const sync = await onEmpty(async (blnk) => {
      const worker = await world.worker(settings(instanceId, stripe, blnk));
      const { seconds } = await firstSync(world, instanceId);
      await worker.stop();
      return seconds;
    });
    rounds.push({ sync, loop: early ?? (await loop()) });
    say(`movements ${latencyMs}ms: ${describe(rounds.slice(-1))}`);
  }
  return shareFigure(`${latencyMs}ms`, bodies.length, rounds);
}

/** On a ledger that others have used: each side has balances of its own for what is Stripe's. */
async function shareOfCore(
  world: World,
  { say }: Context,
  { stripe, bodies, seed }: Shop,
  core: Target,
): Promise<Figure> {
  const loop = (name: string) =>
    postAll(core, bodies.map(asOthers(`@bench-${seed}-${name}`, name)), CONCURRENCY);
  const before = await loop('before');
  const instanceId = 'bench-movements-core';
  const worker = await world.worker({
    ...settings(instanceId, stripe, core),
    BLNK_API_KEY: core.apiKey,
    BLNK_SOURCE_BALANCE: `@bench-${seed}`,
  });
  const { seconds: sync } = await firstSync(world, instanceId);
  await worker.stop();
  const rounds = [{ sync, loop: (before + (await loop('after'))) / 2 }];
  say(`movements core: ${describe(rounds)}`);
  return shareFigure('core', bodies.length, rounds);
}

interface Cost {
  readonly sync: FinishedSync;
  readonly actions: number;
  readonly reads: number;
  readonly rowReads: number;
}

async function costOf(
  world: World,
  stripe: StandIn,
  run: () => Promise<FinishedSync>,
): Promise<Cost> {
  await stripe.forget();
  const before = await countActions(world);
  const sync = await run();
  const actions = (await countActions(world)) - before;
  const { total: reads } = await stripe.requests();
  const rowReads = (await stripe.requests(ROWS)).listed.length;
  return { sync, actions, reads, rowReads };
}

async function countRows({ db }: World, instanceId: string): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    'select sum(count)::bigint as count from stripe_totals where instance_id = $1',
    [instanceId],
  );
  return row?.count ?? 0;
}

function figuresOf(size: number, rows: number, first: Cost, idle: Cost): Figure[] {
  const thousands = size / 1_000;
  const { actions, reads, rowReads } = first;
  const detail = `a first sync of ${size} payments with their refunds, disputes and payouts, all of it`;
  const idleDetail =
    'a run with nothing new, with its proof; a schedule adds 2 actions for each start';
  return [
    figure(
      'movements.actions',
      actions / thousands,
      ['<=', 30],
      `${detail}, for each 1,000 payments`,
    ),
    figure(
      'movements.stripe_reads',
      rowReads / (rows / 1_000),
      ['<=', 11],
      `of ${rows} balance transactions, for each 1,000 of them; ${reads} reads of Stripe in all`,
    ),
    figure('movements.idle_stripe_reads', idle.reads, ['<=', 3], idleDetail),
    figure('movements.idle_actions', idle.actions, ['<=', 8], idleDetail),
  ];
}

function shareFigure(name: string, postings: number, rounds: readonly Round[]): Figure {
  return figure(
    `movements.share_of_bare_loop_${name}`,
    median(rounds.map(({ sync, loop }) => loop / sync)),
    ['>=', 0.9],
    `${postings} postings, ${CONCURRENCY} in flight; ${describe(rounds)}`,
  );
}

function describe(rounds: readonly Round[]): string {
  const seconds = (of: (round: Round) => number) => median(rounds.map(of)).toFixed(1);
  return `the sync ${seconds(({ sync }) => sync)} s, the loop ${seconds(({ loop }) => loop)} s`;
}
