/**
 * `movements`: the first sync of a shop with all that moved its balance: what it costs on Temporal and at Stripe, and
 * how close it comes to a bare loop that sends the same postings to the same ledger. Then what an idle run costs.
 */
import { SANDBOX_BLNK_KEY } from '../sandbox/blnk/keys';
import { countActions } from './actions';
import type { Context } from './context';
import { figure, type Figure } from './figures';
import { postAll } from './loop';
import { postingsIn } from './same-postings';
import { settingsOf, startBlnk, startShop, type StandIn } from './stand-ins';
import { median } from './statistics';
import { runSync, type FinishedSync } from './syncs';
import { inWorld, type World } from './world';

const LATENCY_MS = 5;
/** The most that the product keeps in flight. */
const CONCURRENCY = 16;
const ROWS = '/v1/balance_transactions';

interface Round {
  /** Balance transactions of the account. */
  readonly rows: number;
  readonly postings: number;
  /** Seconds. */
  readonly sync: number;
  readonly loop: number;
}

export function movements(context: Context): Promise<Figure[]> {
  const { quick, say } = context;
  return inWorld(context, async (world) => {
    const size = quick ? 4_000 : 20_000;
    const stripe = await startShop(world, { seed: 'shop', size });
    const rounds: Round[] = [];
    const costs: Cost[] = [];
    let bodies: readonly string[] = [];
    for (let round = 1; round <= (quick ? 2 : 3); round += 1) {
      // What is to be sent is known from the first round on. Then each comes first once in two rounds.
      const loopFirst = round % 2 === 0;
      let loop = loopFirst ? await postBare(world, bodies) : 0;
      const blnk = await startBlnk(world, { latencyMs: LATENCY_MS });
      const instanceId = `bench-movements-${round}`;
      const settings = { ...settingsOf(instanceId, { stripe, blnk }), MOVEMENTS: 'on' };
      const worker = await world.worker(settings);
      const sync = () => runSync(world, instanceId, { limitMinutes: 30 });
      const first = await costOf(world, stripe, sync);
      // It asks the ledger once more for what the first has posted.
      await sync();
      const idle = await costOf(world, stripe, sync);
      await assertProven(world, [first.sync, idle.sync]);
      const rows = await countRows(world, instanceId);
      await worker.stop();
      bodies = await postingsIn({ url: blnk.url, apiKey: SANDBOX_BLNK_KEY });
      await blnk.stop();
      if (!loopFirst) loop = await postBare(world, bodies);
      rounds.push({ rows, postings: bodies.length, sync: first.sync.seconds, loop });
      costs.push(first, idle);
      say(`movements: ${describe(rounds.slice(-1))}`);
    }
    return figuresOf(size, rounds, costs);
  });
}

/** To an empty ledger of its own. @returns seconds */
async function postBare(world: World, bodies: readonly string[]): Promise<number> {
  const blnk = await startBlnk(world, { latencyMs: LATENCY_MS });
  const seconds = await postAll({ url: blnk.url, apiKey: SANDBOX_BLNK_KEY }, bodies, CONCURRENCY);
  await blnk.stop();
  return seconds;
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

/** A figure of a run that has left something out would say nothing. */
async function assertProven({ db }: World, syncs: readonly FinishedSync[]): Promise<void> {
  for (const { row } of syncs) {
    const [proof] = await db.query<{ state: string }>(
      'select state from proofs where sync_id = $1',
      [row.syncId],
    );
    if (proof?.state !== 'proven') throw new Error(`the proof says ${proof?.state ?? 'nothing'}`);
  }
}

async function countRows({ db }: World, instanceId: string): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    'select sum(count)::bigint as count from stripe_totals where instance_id = $1',
    [instanceId],
  );
  return row?.count ?? 0;
}

function figuresOf(size: number, rounds: readonly Round[], costs: readonly Cost[]): Figure[] {
  const [first, idle] = costs as [Cost, Cost];
  const [{ rows }] = rounds as [Round];
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
      `of balance transactions, for each 1,000 of them; ${reads} reads of Stripe in all`,
    ),
    figure('movements.idle_stripe_reads', idle.reads, ['<=', 3], idleDetail),
    figure('movements.idle_actions', idle.actions, ['<=', 8], idleDetail),
    figure(
      'movements.share_of_bare_loop',
      median(rounds.map(({ sync, loop }) => loop / sync)),
      ['>=', 0.9],
      `${rounds.length} rounds in turns, ${CONCURRENCY} in flight at ${LATENCY_MS} ms; ${describe(rounds)}`,
    ),
  ];
}

function describe(rounds: readonly Round[]): string {
  const seconds = (of: (round: Round) => number) => median(rounds.map(of)).toFixed(1);
  const [{ rows, postings }] = rounds as [Round];
  return (
    `${rows} balance transactions, ${postings} postings: ` +
    `the sync ${seconds(({ sync }) => sync)} s, the loop ${seconds(({ loop }) => loop)} s`
  );
}
