/**
 * The worker is killed as an opening balance is posted, and money that waited for its pay-in is applied; and in the next
 * sync, whose proof is broken, in the search for what it is broken by. The same sync ends in the next worker with
 * everything named that was planted, and the ledger holds what Stripe holds, each posting once.
 */
import { SANDBOX_BLNK_KEY } from '../../sandbox/blnk/keys';
import { proofOfSync } from '../../src/store/proofs';
import { expectIdle } from '../support/books/books';
import { control, expectHeld, move } from '../support/processes/crash-money';
import { startCrashSystem, type CrashSystem, type Gates } from '../support/processes/crash-system';
import type { Stop } from '../support/proxies/tcp-gate';

interface Step {
  readonly gate: keyof Gates;
  readonly stop: Stop;
}

/** What was searched by then, and what is to be searched next, is kept. */
const kept = (nth: number): Step => ({
  gate: 'database',
  stop: { texts: ['update stripe_syncs set walk = $2', 'commit'], at: 'answer', nth },
});

const blnkAnswers = (...texts: string[]): Step => ({ gate: 'blnk', stop: { texts, at: 'answer' } });

/** The last of a search's steps is where it is killed; those before it lead there. */
const STEPS: [opening: string, search: string, Step, Step[]][] = [
  [
    'after Blnk accepted the opening balance and before we know',
    'while postings are looked up by reference',
    blnkAnswers('"leg":"opening"'),
    [kept(2), blnkAnswers('"field":"reference"')],
  ],
  [
    'after Blnk accepted what is applied to a pay-in and before we know',
    'while the ledger lists its postings',
    blnkAnswers('"leg":"applied"'),
    [blnkAnswers('"field":"balance_id"')],
  ],
];

const DAY = 86_400;
const now = () => Math.floor(Date.now() / 1000);
const CUT_OVER = new Date((now() - 5 * DAY) * 1000).toISOString().slice(0, 10);

/** More than one look-up asks for, and than one page of the ledger lists. */
const OTHERS = 110;

it.concurrent.each(STEPS)(
  'killed %s, and in the next sync %s',
  async (_opening, _search, opening, search) => {
    const settings = { SYNC_SINCE: CUT_OVER, MOVEMENTS: 'on' };
    const system = await startCrashSystem({ gated: true, settings });
    try {
      await begin(system);
      await endsThough(system, [opening]);
      const planted = await plant(system);
      const syncId = await endsThough(system, search);
      const { proof } = (await proofOfSync(system.db, system.instanceId, syncId))!;
      const items = proof.currencies.flatMap((one) => one.items);
      expect(items.map(({ kind, reference }) => `${kind} ${reference}`).sort()).toEqual(planted);

      await control(system.blnkUrl, 'forget', { references: [BY_HAND] });
      const booked = await system.booked();
      expectIdle(await system.sync());
      expect(await system.booked()).toBe(booked);
      await expectHeld(system);
    } finally {
      await system.close();
    }
  },
  240_000,
);

/** What one has and who waits: money from before the cut-over, and a debit whose money has come before its success. */
async function begin(system: CrashSystem): Promise<void> {
  const before = now() - 10 * DAY;
  await move(system, 'payment_intents', { amount: 9_000, createdAt: before, succeededAt: before });
  const debit = { status: 'processing', paymentMethodType: 'us_bank_account', amount: 5_000 };
  const id = await move(system, 'payment_intents', { ...debit, chargeCreatedAt: now() });
  await move(system, 'fees', { amount: LOST });
  await syncAfter(system, 60);
  for (let count = 0; count < OTHERS; count += 1) await move(system, 'fees', { amount: 1 });
  await syncAfter(system, 60);
  await move(system, `payment_intents/${id}/succeed`, {});
  await control(system.stripeUrl, 'clock', { advance: 1_800 });
}

/** At some distance from the newest rows: near them a balance leaves several amounts. */
async function syncAfter(system: CrashSystem, seconds: number): Promise<void> {
  await control(system.stripeUrl, 'clock', { advance: seconds });
  expect(await system.sync()).toMatchObject({ status: 'completed' });
}

const LOST = 611;
const BY_HAND = 'by hand';

/** That, and a posting of somebody else's. @returns how they are named */
async function plant({ db, instanceId, stripeUrl, blnkUrl }: CrashSystem): Promise<string[]> {
  const [row] = await db.query<{ id: string }>(
    'select bt_id as id from balance_transactions where instance_id = $1 and net = $2',
    [instanceId, -LOST],
  );
  const { id } = row!;
  await control(blnkUrl, 'forget', { references: [id] });
  const posting = {
    ...{ precise_amount: 777, precision: 100, currency: 'USD', reference: BY_HAND },
    ...{ source: '@stripe', destination: '@till', description: 'By hand' },
    ...{ allow_overdraft: true, skip_queue: true },
  };
  const headers = { 'X-Blnk-Key': SANDBOX_BLNK_KEY };
  const body = JSON.stringify(posting);
  const answer = await fetch(`${blnkUrl}/transactions`, { method: 'POST', headers, body });
  expect(answer.status).toBe(201);
  await control(stripeUrl, 'clock', { advance: 3_600 });
  return [`foreign ${BY_HAND}`, `posted_again ${id}`];
}

/** Kills the worker at the last of the steps of a sync, which then has to end in the next worker. */
async function endsThough(system: CrashSystem, steps: readonly Step[]): Promise<string> {
  const gates = system.gates!;
  const [first, ...others] = steps;
  let stopped = gates[first!.gate].stop(first!.stop);
  const started = await system.start();
  await stopped.reached;
  for (const { gate, stop } of others) {
    const next = gates[gate].stop(stop);
    stopped.release();
    await next.reached;
    stopped = next;
  }
  await system.worker.kill('SIGKILL');
  stopped.release();
  await system.worker.start();
  const row = await system.rowOf(started);
  expect(row).toMatchObject({ status: 'completed', counts: { alreadyPosted: 0, quarantined: 0 } });
  return row!.syncId;
}
