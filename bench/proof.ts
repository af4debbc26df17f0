/**
 * `proof`: what a proof costs however long the books are: its requests to both ends and its time, with all in order,
 * and how many requests a run needs until it has named a posting that is gone from the middle of them.
 */
import { z } from 'zod';
import type { Context } from './context';
import { figure, type Figure } from './figures';
import { fillBooks, payInOf } from './long-books';
import { controls, settingsOf } from './stand-ins';
import { median } from './statistics';
import { currentSource } from '../src/store/sources';
import { enableMovements } from '../src/store/openings';
import { runSync, secondsOfStep } from './syncs';
import { inWorld, type World } from './world';

/** Runs of which each makes a proof. */
const REPEATS = 5;
/** A run reads Stripe's newest rows again: the books end before them. */
const QUIET_SECONDS = 2 * 60 * 60;
/**
 * Postings of the books. A ledger of less than 50,000 movements has its rows added up with each proof, which takes its
 * time for each row; the proofs whose times are compared are of longer ones.
 */
const SIZES = { quick: [2_000, 60_000, 120_000], full: [10_000, 100_000, 1_000_000] } as const;
/** Of more postings the stand-in would take hours to list the ledger page by page. */
const MOST_SEARCHED = 100_000;

const BALANCE = '/v1/balance';

const ends = z.object({ stripe: z.string(), blnk: z.string() });

interface Measured {
  readonly postings: number;
  /** The most of one proof, to both ends. */
  readonly requests: number;
  readonly ms: number;
  /** Of the first proof, which has the ledger add up its rows. */
  readonly addedUpMs: number;
  /** Of the run that names it: all requests, and the ms of its proofs. null: not tried. */
  readonly broken: { readonly requests: number; readonly ms: number } | null;
}

export function proof(context: Context): Promise<Figure[]> {
  const { quick, say } = context;
  return inWorld(context, async (world) => {
    const measured: Measured[] = [];
    for (const postings of quick ? SIZES.quick : SIZES.full) {
      const one = await measure(world, postings);
      measured.push(one);
      say(`proof: ${describe(one)}`);
    }
    const [shorter, most] = measured.slice(-2) as [Measured, Measured];
    const detail = measured.map(describe).join('; ');
    const figures = [
      figure(
        'proof.requests',
        most.requests,
        ['<=', 5],
        `with ${most.postings} postings; ${detail}`,
      ),
      figure(
        'proof.time_by_size',
        most.ms / shorter.ms,
        ['<=', 2],
        `with ${most.postings} postings by ${shorter.postings}: ${detail}`,
      ),
      figure('proof.ms', most.ms, null, `median of ${REPEATS}, from its step's start to its end`),
      figure(
        'proof.added_up_ms',
        most.addedUpMs,
        null,
        'of one, with the rows of the ledger added up',
      ),
    ];
    const searched = measured.findLast(({ broken }) => broken !== null);
    if (!searched?.broken) return figures;
    const { requests, ms } = searched.broken;
    const one = `one of ${searched.postings} postings is gone from the ledger; its proofs took ${Math.round(ms)} ms`;
    return [...figures, figure('proof.requests_to_name', requests, null, one)];
  });
}

async function measure(world: World, postings: number): Promise<Measured> {
  const payments = postings / 2;
  const args = ['--payments', String(payments)];
  const program = await world.program({ name: 'Both ends', entry: 'bench/proof-ends', args });
  const urls = ends.parse(program.ready);
  const [stripe, blnk] = [controls(urls.stripe), controls(urls.blnk)];
  const instanceId = `bench-proof-${postings}`;
  const worker = await world.worker(settingsOf(instanceId, { stripe, blnk }));
  // It finds no pay-in, and knows the account by now.
  await runSync(world, instanceId);
  await enable(world, instanceId, payments);
  const run = async () => {
    await Promise.all([stripe.forget(), blnk.forget()]);
    const sync = await runSync(world, instanceId, { trigger: 'schedule', limitMinutes: 60 });
    const [row] = await world.db.query<{ state: string }>(
      'select state from proofs where sync_id = $1',
      [sync.row.syncId],
    );
    const balances = (await stripe.requests(BALANCE)).listed.filter(({ path }) => path === BALANCE);
    return {
      state: row?.state ?? 'none',
      ms: (await secondsOfStep(world, sync, 'reconcile')) * 1_000,
      /** Of its proof alone, and of all of it. */
      requests: balances.length + (await blnk.requests('/balances')).listed.length,
      all: (await stripe.requests()).total + (await blnk.requests()).total,
    };
  };
  // Once a day the ledger's own rows are added up, by the first one here.
  const { ms: addedUpMs } = await run();
  const proofs: Awaited<ReturnType<typeof run>>[] = [];
  for (let repeat = 0; repeat < REPEATS; repeat += 1) {
    const one = await run();
    if (one.state !== 'proven') throw new Error(`${postings} postings: ${one.state}`);
    proofs.push(one);
  }
  let broken: Measured['broken'] = null;
  if (postings <= MOST_SEARCHED) {
    const references = [payInOf(payments / 2)];
    await fetch(`${urls.blnk}/sandbox/forget`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ references }),
    });
    const { ms, state, all } = await run();
    if (state !== 'proven') throw new Error(`a posting is gone, and the proof is ${state}`);
    broken = { ms, requests: all - median(proofs.map((one) => one.all)) };
  }
  await worker.stop();
  await program.stop();
  const requests = Math.max(...proofs.map((one) => one.requests));
  return { postings, requests, ms: median(proofs.map(({ ms }) => ms)), addedUpMs, broken };
}

/** As a first sync with its proof leaves it, all of it old. */
async function enable({ db }: World, instanceId: string, payments: number): Promise<void> {
  const source = await currentSource(db, instanceId);
  if (!source) throw new Error('the first run has found no account');
  const { sourceId } = source;
  const now = Math.floor(Date.now() / 1_000);
  await fillBooks(db, { instanceId, sourceId }, payments, now - QUIET_SECONDS);
  const enabling = { instanceId, sourceId, cutOver: null, by: null };
  await db.transaction(async (tx) => {
    await enableMovements(tx, enabling, []);
    await tx.query(
      `insert into watermarks (source_id, feed, at_s) values ($1, 'balance_transactions', $2)`,
      [sourceId, now],
    );
  });
}

function describe({ postings, requests, ms, addedUpMs, broken }: Measured): string {
  const searched = broken ? `, ${broken.requests} requests more to name one that is gone` : '';
  return `${postings} postings: ${requests} requests, ${Math.round(ms)} ms (${Math.round(addedUpMs)} with its rows added up)${searched}`;
}
