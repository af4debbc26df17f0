/**
 * The stand-in of Blnk where no real Core can be held beside it: locks, lost acknowledgements, held
 * queues, the journal, and what tests ask it over HTTP. The rest is in test/contract.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SANDBOX_BLNK_KEY } from '../../sandbox/blnk/keys';
import { openLedger } from '../../sandbox/blnk/ledger';
import {
  startBlnkStandIn,
  type BlnkStandIn,
  type BlnkStandInOptions,
} from '../../sandbox/blnk/start';
import { createClock } from '../../sandbox/clock';

let folder: string;
let open: BlnkStandIn[] = [];
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'blnk-stand-in-'))));
afterEach(async () => {
  await Promise.all(open.map((standIn) => standIn.close()));
  open = [];
});
afterAll(() => rm(folder, { recursive: true }));

async function start(options: BlnkStandInOptions = {}): Promise<BlnkStandIn> {
  const standIn = await startBlnkStandIn(options);
  open.push(standIn);
  return standIn;
}

interface Answer {
  status: number;
  json: Record<string, unknown>;
}

async function ask(to: BlnkStandIn, method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(to.url + path, {
    method,
    headers: { 'X-Blnk-Key': SANDBOX_BLNK_KEY },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    json: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
  };
}

const payIn = (reference: string, changes: Record<string, unknown> = {}) => ({
  precise_amount: 2000,
  precision: 100,
  currency: 'USD',
  reference,
  source: '@stripe',
  destination: '@cus_1',
  description: 'Imported pay-in from Stripe',
  effective_date: '2024-03-01T10:00:00Z',
  meta_data: { stripe_payment_intent_id: reference },
  allow_overdraft: true,
  skip_queue: true,
  ...changes,
});
const queued = (reference: string) => payIn(reference, { skip_queue: false });
const post = (to: BlnkStandIn, body: unknown) => ask(to, 'POST', '/transactions', body);
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

async function stored(standIn: BlnkStandIn): Promise<Record<string, unknown>[]> {
  const { json } = await ask(standIn, 'GET', '/sandbox/transactions');
  return json['data'] as Record<string, unknown>[];
}

describe('locks', () => {
  test('a stale lock answers 423 to everything that touches its balance, for 300 virtual seconds', async () => {
    const standIn = await start({ clock: createClock({ wallMs: () => 1_700_000_000_000 }) });
    await post(standIn, payIn('pi_0'));
    await ask(standIn, 'POST', '/sandbox/locks', { balance: '@stripe' });

    const fresh = await post(standIn, payIn('pi_1'));
    const repeated = await post(standIn, payIn('pi_0'));
    const elsewhere = await post(standIn, payIn('pi_2', { source: '@other' }));
    expect([fresh.status, repeated.status, elsewhere.status]).toEqual([423, 423, 201]);
    expect(fresh.json['error_detail']).toMatchObject({ code: 'GEN_RESOURCE_LOCKED' });

    standIn.clock.advance(299);
    expect((await post(standIn, payIn('pi_1'))).status).toBe(423);
    standIn.clock.advance(1);
    expect((await post(standIn, payIn('pi_1'))).status).toBe(201);
  });

  test('a posting that waits for a lock goes on when the lock is released', async () => {
    const standIn = await start();
    standIn.ledger.locks.hold('@stripe', { waitMs: 5_000 });
    const waiting = post(standIn, payIn('pi_1'));
    await nextTurn();
    await ask(standIn, 'DELETE', '/sandbox/locks');
    expect((await waiting).status).toBe(201);
  });
});

describe('the queued mode', () => {
  test('an acknowledgement that is lost leaves nothing, and its reference free', async () => {
    const standIn = await start();
    await ask(standIn, 'POST', '/sandbox/queue', { mode: 'lose' });
    const lost = await post(standIn, queued('pi_1'));
    expect(lost).toMatchObject({ status: 201, json: { status: 'QUEUED', reference: 'pi_1' } });
    await ask(standIn, 'POST', '/sandbox/queue', { mode: 'work' });
    expect(await stored(standIn)).toEqual([]);
    expect((await post(standIn, payIn('pi_1'))).status).toBe(201);
  });

  test('a held queue leaves postings QUEUED without an outcome until it works again', async () => {
    const standIn = await start();
    standIn.ledger.queue.setMode('hold');
    await post(standIn, queued('pi_1'));
    await nextTurn();
    expect(await stored(standIn)).toMatchObject([{ reference: 'pi_1', status: 'QUEUED' }]);
    standIn.ledger.queue.setMode('work');
    await nextTurn();
    expect(standIn.ledger.byReference('pi_1_q')).toMatchObject({ status: 'APPLIED' });
  });

  test('postings that waited together lose their effective dates, and one alone keeps its own', async () => {
    const standIn = await start();
    await post(standIn, queued('pi_alone'));
    await nextTurn();
    standIn.ledger.queue.setMode('hold');
    await post(standIn, queued('pi_1'));
    await post(standIn, queued('pi_2'));
    standIn.ledger.queue.setMode('work');
    await nextTurn();
    const outcomes = (await stored(standIn)).filter(({ parent_transaction: of }) => of !== '');
    const dates = outcomes.map(({ reference, effective_date }) => [reference, effective_date]);
    expect(dates).toEqual([
      ['pi_alone_q', '2024-03-01T10:00:00Z'],
      ['pi_1_q', undefined],
      ['pi_2_q', undefined],
    ]);
  });
});

describe('the journal', () => {
  test('what was acknowledged is there again after a process that was killed', async () => {
    const journal = join(folder, 'killed.jsonl');
    const killed = await start({ journal });
    await post(killed, payIn('pi_1', { effective_date: '2024-03-01T10:00:00.25+02:00' }));
    await post(killed, payIn('pi_2', { currency: 'JPY', precision: 1, meta_data: null }));
    await post(killed, { ...queued('pi_3'), allow_overdraft: false, source: '@empty' });
    await nextTurn();
    const before = await stored(killed);
    // Not closed: whatever was acknowledged must be in the file by now.
    const reopened = await start({ journal });
    expect(await stored(reopened)).toEqual(before);
    expect(before.map(({ reference, status }) => [reference, status])).toEqual([
      ['pi_1', 'APPLIED'],
      ['pi_2', 'APPLIED'],
      ['pi_3', 'QUEUED'],
      ['pi_3_q', 'REJECTED'],
    ]);
    expect(reopened.ledger.totals()).toEqual({
      transactions: 2,
      amounts: { USD: '2000', JPY: '2000' },
    });
    expect((await post(reopened, payIn('pi_1'))).status).toBe(409);
    const balance = await ask(reopened, 'GET', '/balances/indicator/@stripe/currency/USD');
    expect(balance.json).toMatchObject({ balance: -2000 });
  });

  test('a posting that was queued when the process ended gets its outcome after the restart', async () => {
    const journal = join(folder, 'owed.jsonl');
    const first = await start({ journal });
    first.ledger.queue.setMode('hold');
    await post(first, queued('pi_1'));
    const second = await start({ journal });
    await nextTurn();
    expect(second.ledger.byReference('pi_1_q')).toMatchObject({ status: 'APPLIED' });
  });

  test('virtual time goes on where it was', async () => {
    const journal = join(folder, 'clock.jsonl');
    const first = await start({ journal });
    await ask(first, 'POST', '/sandbox/clock', { advance: 86_400 });
    const second = await start({ journal });
    expect(second.clock.offsetSeconds()).toBe(86_400);
  });

  test('ids differ from ledger to ledger, so that a ledger that was replaced can be told', async () => {
    const ids = await Promise.all(
      [await start(), await start()].map(
        async (standIn) => (await post(standIn, payIn('pi_1'))).json['transaction_id'],
      ),
    );
    expect(ids[0]).not.toBe(ids[1]);
  });

  test('once the journal could not be written, no answer is given any more', async () => {
    const append = () => Promise.reject(new Error('no space left'));
    const ledger = openLedger(
      { changes: [], append, close: () => Promise.resolve() },
      createClock(),
    );
    await expect(ledger.settled()).rejects.toThrow('no space left');
  });
});

test('totals are exact sums per currency of what is applied, and count a double posting twice', async () => {
  const standIn = await start();
  const large = Number.MAX_SAFE_INTEGER;
  await post(standIn, payIn('pi_1', { precise_amount: large }));
  await post(standIn, payIn('pi_2', { precise_amount: large }));
  await post(standIn, payIn('pi_2.r2', { precise_amount: large }));
  await post(standIn, { ...queued('pi_3'), allow_overdraft: false, source: '@empty' });
  const { json } = await ask(standIn, 'GET', '/sandbox/totals');
  expect(json).toEqual({ transactions: 3, amounts: { USD: '27021597764222973' } });
});

test('a key that is taken away in the middle of a run is answered 401 from then on', async () => {
  const standIn = await start();
  expect((await post(standIn, payIn('pi_1'))).status).toBe(201);
  standIn.keys.core.delete(SANDBOX_BLNK_KEY);
  expect((await post(standIn, payIn('pi_2'))).status).toBe(401);
});

test('an answer that is spoiled after the change leaves the posting in the ledger', async () => {
  const standIn = await start();
  standIn.faults.add({
    method: 'POST',
    path: '/transactions',
    times: 1,
    when: 'after',
    fault: { kind: 'reset' },
  });
  await expect(post(standIn, payIn('pi_1'))).rejects.toThrow();
  expect((await post(standIn, payIn('pi_1'))).status).toBe(409);
});

test('what Core could do and the stand-in cannot is refused with 501, and not with a wrong answer', async () => {
  const standIn = await start();
  const answers = [
    await post(standIn, payIn('pi_1', { dry_run: true })),
    await post(standIn, payIn('pi_1', { inflight: true })),
    await post(standIn, payIn('pi_1', { sources: [{ identifier: '@a' }] })),
    await post(standIn, payIn('pi_1', { precise_amount: undefined, amount: 20 })),
    await ask(standIn, 'POST', '/transactions/bulk', { transactions: [] }),
    await ask(standIn, 'POST', '/transactions/filter', {
      filters: [{ field: 'amount', operator: 'gt', value: 5 }],
    }),
  ];
  expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(501));
  expect(await stored(standIn)).toEqual([]);
});
