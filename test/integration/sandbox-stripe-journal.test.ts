/** What the Stripe stand-in acknowledged survives its death, and its invented history stays in place. */
import { appendFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createClock } from '../../sandbox/clock';
import { openJournal } from '../../sandbox/journal';
import { SANDBOX_STRIPE_KEY } from '../../sandbox/stripe/keys';
import { startStripeStandIn, type StripeStandIn } from '../../sandbox/stripe/start';
import type { ScenarioName } from '../../sandbox/stripe/scenarios';

const NOON = Date.UTC(2026, 5, 1, 12) / 1000;

let folder: string;
let path: string;
let running: StripeStandIn[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sandbox-journal-'));
  path = join(folder, 'deeper', 'stripe.jsonl');
});

afterEach(async () => {
  await Promise.all(running.map((one) => one.close()));
  running = [];
  await rm(folder, { recursive: true });
});

async function start(scenario: ScenarioName, startAt = NOON) {
  const clock = createClock({ startAt, wallMs: () => NOON * 1000 });
  const standIn = await startStripeStandIn({ scenario, journal: path, clock });
  running.push(standIn);
  return standIn;
}

const listed = (standIn: StripeStandIn) => read(standIn, 'payment_intents?limit=100');

async function read(standIn: StripeStandIn, address: string): Promise<unknown> {
  const url = `${standIn.url}/v1/${address}`;
  const headers = { Authorization: `Bearer ${SANDBOX_STRIPE_KEY}` };
  return (await fetch(url, { headers })).json();
}

describe('journal', () => {
  it('has a change in the file when its promise resolves, in the order of the calls', async () => {
    const journal = await openJournal(path);
    const writes = Array.from({ length: 50 }, (_, n) => journal.append({ n }));
    await writes[0];
    expect((await stat(path)).size).toBeGreaterThan(0);
    await Promise.all(writes);
    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(
      Array.from({ length: 50 }, (_, n) => ({ n })),
    );
    await journal.close();
    await expect(journal.append({ n: 51 })).rejects.toThrow('closed');
  });

  it('drops a torn last line and writes on after it', async () => {
    const first = await openJournal(path);
    await first.append({ n: 1 });
    await first.close();
    await appendFile(path, '{"n":2,"half":"');
    const second = await openJournal(path);
    expect(second.changes).toEqual([{ n: 1 }]);
    await second.append({ n: 3 });
    await second.close();
    const third = await openJournal(path);
    expect(third.changes).toEqual([{ n: 1 }, { n: 3 }]);
    await third.close();
  });

  it('names the line that is broken inside the file', async () => {
    const journal = await openJournal(path);
    await journal.append({ n: 1 });
    await journal.close();
    await appendFile(path, 'oops\n{"n":3}\n');
    await expect(openJournal(path)).rejects.toThrow('Line 2');
  });

  it('writes the rest before it closes', async () => {
    const journal = await openJournal(path);
    const writes = [journal.append({ n: 1 }), journal.append({ n: 2 })];
    await journal.close();
    await Promise.all(writes);
    const again = await openJournal(path);
    expect(again.changes).toHaveLength(2);
    await again.close();
  });
});

describe('the stand-in on a journal', () => {
  it('knows after a restart what it acknowledged, without having been closed', async () => {
    const before = await start('problems');
    const paid = await before.world.pay({ amount: 9_007_199_254_740_995n, currency: 'jpy' });
    const late = await before.world.create({ createdAt: NOON - 99, amount: 50 });
    await before.world.succeed(late.id, { amountReceived: 40, lagSeconds: 5 });
    await before.world.create({ status: 'canceled' });
    const charge = await before.world.charge({ amount: 30 });

    const after = await start('problems');
    expect(await listed(after)).toEqual(await listed(before));
    expect(after.world.find(paid.id)).toEqual(paid);
    expect(after.world.find(late.id)!.amountReceived).toBe('40');
    expect(after.world.totals()).toEqual(before.world.totals());
    expect(after.world.charges[0]?.find(charge.id)?.charge).toEqual(charge);

    const next = await after.world.pay();
    expect(before.world.find(next.id)).toBeUndefined();
  });

  it('keeps its invented history where it was when a later start reads the journal', async () => {
    const before = await start('default');
    const after = await start('default', NOON + 5 * 24 * 60 * 60);
    expect(await listed(after)).toEqual(await listed(before));
  });

  it('keeps a moved clock and a revoked key, but no key', async () => {
    const before = await start('empty');
    const post = (path: string, body: unknown) =>
      fetch(`${before.url}/sandbox/${path}`, { method: 'POST', body: JSON.stringify(body) });
    await post('clock', { advance: 1000 });
    await post('keys/revoke', { key: SANDBOX_STRIPE_KEY });
    const after = await start('empty');
    expect(after.clock.nowSeconds()).toBe(NOON + 1000);
    expect(await listed(after)).toMatchObject({ error: { code: 'api_key_expired' } });
    expect(await readFile(path, 'utf8')).not.toContain(SANDBOX_STRIPE_KEY);
  });

  it('knows after a restart all that moved its balance, and goes on with ids of its own', async () => {
    const before = await start('default');
    const { money } = before.world;
    await before.world.settle({ currencies: ['usd'] });
    const { id: payment } = await before.world.pay({ amount: 900, currency: 'eur' });
    const refund = await money.refund({ payment, amount: 200 });
    const dispute = await money.dispute({ payment });
    await money.closeDispute({ dispute: dispute.id, status: 'won' });
    const payout = await money.payout({ amount: 100 });
    await money.failPayout({ payout: payout.id });
    await money.row({ type: 'odd', amount: 3, unlisted: true });
    await before.world.viewBalance({ omits: ['kwd'] });

    const after = await start('default', NOON + 60);
    const paths = ['balance', 'events', 'balance_transactions', 'payouts', 'disputes'];
    for (const name of paths) expect(await read(after, name)).toEqual(await read(before, name));
    expect(await read(after, `refunds/${refund.id}`)).toMatchObject({ amount: 200 });
    const next = await after.world.money.refund({ payment, amount: 1 });
    expect(before.world.account.objects.find(next.id)).toBeUndefined();
    await after.world.pay({ currency: 'gbp' });
    const [newest] = after.world.account.transactions.stored.rows().slice(-1);
    expect(newest?.transaction.currency).toBe('usd');
  });

  it('takes up a journal that tells of no balance: what was paid has brought what it usually brings', async () => {
    const intent = {
      ...{ created: NOON - 60, amount: '5000', currency: 'usd', customer: null },
      ...{ customerAccount: null, captureMethod: 'automatic_async', paymentMethodType: 'card' },
      ...{ description: null, receiptEmail: null, metadata: {}, id: 'pi_old' },
    };
    const at = NOON - 50;
    const charge = { id: 'ch_old', created: at };
    const shown = { visibleAt: at, eventVisibleAt: at };
    const unpaid = { status: 'requires_payment_method', amountReceived: '0', charge: null };
    const paid = { status: 'succeeded', amountReceived: '5000', charge };
    const legacy = { id: 'ch_legacy', created: at, status: 'succeeded', amount: '1500' };
    const lines = [
      { kind: 'opened', scenario: 'empty', seed: 'empty', at: NOON - 99 },
      { kind: 'created', intent: { ...intent, ...unpaid }, eventId: 'evt_1', ...shown },
      { kind: 'succeeded', at, intent: { ...intent, ...paid }, eventId: 'evt_2', ...shown },
      {
        kind: 'charged',
        charge: {
          ...legacy,
          currency: 'usd',
          customer: null,
          paymentIntent: null,
          sourceTransfer: null,
        },
      },
    ];
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));

    const before = await start('empty');
    const rows = await read(before, 'balance_transactions');
    expect(rows).toMatchObject({
      data: [
        { source: 'ch_legacy', created: at, amount: 1500, fee: 74 },
        { source: 'ch_old', created: at, amount: 5000, fee: 175 },
      ],
    });
    await before.world.pay({ settle: { never: true } });
    const after = await start('empty');
    expect(await read(after, 'balance_transactions')).toEqual(rows);
  });

  it('refuses a journal of another scenario', async () => {
    await start('empty');
    await expect(start('default')).rejects.toThrow('scenario empty');
  });
});
