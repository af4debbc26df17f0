/** The proof of a run, over a real store and both stand-ins: what it says, what it names, and what it heals. */
import { SANDBOX_BLNK_KEY } from '../../sandbox/blnk/keys';
import type { Connection } from '../../src/engine/deps';
import { acceptedMetadata, TAKEN_BACK } from '../../src/domain/proof/acceptance';
import { accept, listAcceptances } from '../../src/store/acceptances';
import { connectDb, type Db } from '../../src/store/db';
import { disableMovements, enableMovements } from '../../src/store/openings';
import { latestProof, type StoredProof } from '../../src/store/proofs';
import { currentSource } from '../../src/store/sources';
import { aPosting } from '../support/worlds/a-posting';
import { testEnvironment } from '../support/environment';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';
import { windowsOfRows } from '../support/worlds/proven-run';

const START = Date.UTC(2026, 5, 1, 12) / 1000;
const HOUR = 3_600;
const { signal } = new AbortController();

let db: Db;
let world: DrivenWorld;
let sourceId: string;
/** What comes before the rows of a balance are added up, and before one is counted anew. */
let beforeSum: (balanceId: string) => Promise<unknown>;
/** Balances that were to be counted anew. */
let recounted: string[];
/** Of these, the first that are not: a posting on its way has undone it. */
let undone: number;

beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
beforeEach(async () => {
  beforeSum = () => Promise.resolve();
  recounted = [];
  undone = 0;
  world = await startWorld(db, { startAt: START, through });
  const { world: account } = world.stripe;
  await account.pay({ id: 'pi_a', amount: '10000', customer: 'cus_A' });
  await account.pay({ id: 'pi_b', amount: '5000', customer: null });
  await account.pay({ id: 'pi_e', amount: '3000', currency: 'eur', customer: 'cus_E' });
  await account.money.chargeFee({ amount: '600' });
  world.clock.advance(HOUR);
  await world.driver.sync();
  ({ sourceId } = (await currentSource(db, world.instanceId))!);
  const enabling = { instanceId: world.instanceId, sourceId, cutOver: null, by: 'test' };
  await db.transaction((tx) => enableMovements(tx, enabling, []));
});
afterEach(() => world.close());

function through(connection: Connection): Connection {
  const { ledger } = connection;
  const turnoversAt: typeof ledger.turnoversAt = async (balanceId, ...asked) => {
    await beforeSum(balanceId);
    return ledger.turnoversAt(balanceId, ...asked);
  };
  const recount: typeof ledger.recount = async (balanceId, asked) => {
    recounted.push(balanceId);
    if (recounted.length > undone) await ledger.recount(balanceId, asked);
  };
  return { ...connection, ledger: { ...ledger, turnoversAt, recount } };
}

interface Run {
  readonly state: string | null;
  readonly proof: StoredProof | undefined;
  /** Windows of Stripe's rows that it has read. */
  readonly windows: number;
}

async function run(): Promise<Run> {
  const { syncId, row } = await world.driver.sync();
  expect(row?.status).toBe('completed');
  const proof = await latestProof(db, world.instanceId);
  const own = proof?.syncId === syncId ? proof : undefined;
  const windows = await windowsOfRows(db, syncId);
  return { state: own?.proof.state ?? null, proof: own, windows };
}

/**
 * A later run: Stripe's list can be trusted at the time of the reading before it. What has moved meanwhile tells how
 * far rows were read, since the clock of the database is another one.
 */
const later = async () => {
  world.clock.advance(HOUR);
  await world.stripe.world.money.chargeFee({ amount: '1' });
  world.clock.advance(60);
  return run();
};

const statesOf = ({ proof }: Run) =>
  Object.fromEntries(
    (proof?.proof.currencies ?? []).map(({ currency, state }) => [currency, state]),
  );

const itemsOf = ({ proof }: Run) =>
  (proof?.proof.currencies ?? []).flatMap(({ items }) =>
    items.map(({ kind, reference, amount }) => `${kind} ${reference} ${amount}`),
  );

/** So many newer postings that a run does not ask for the older ones by itself. */
async function olderPostings(): Promise<void> {
  await run();
  for (let count = 0; count < 100; count += 1) {
    await world.stripe.world.money.chargeFee({ amount: '1' });
  }
  await later();
  world.clock.advance(HOUR);
}

const post = (changes: Parameters<typeof aPosting>[0]) =>
  world.connection.ledger.post(
    aPosting({ source: '@stripe', destination: '@somebody', ...changes }),
    signal,
  );

test('a run whose three sides agree is proven, and asks the ledger little', async () => {
  const first = await run();
  expect([first.state, itemsOf(first)]).toEqual(['proven', []]);
  expect(statesOf(first)).toEqual({ EUR: 'proven', USD: 'proven' });
  expect(first.proof?.proof).toMatchObject({ at: START + HOUR, since: null });
  world.blnk.requests.clear();
  world.stripe.requests.clear();
  expect((await later()).state).toBe('proven');
  // The turnovers by one, and each currency's postings by one.
  expect(world.blnk.requests.list('/balances')).toHaveLength(3);
  expect(world.stripe.requests.list('/v1/balance')).toHaveLength(2);
});

test('an instance that carries over no movements is not proven', async () => {
  await disableMovements(db, sourceId);
  expect(await run()).toMatchObject({ state: null, proof: undefined });
});

test('a row that Stripe lists late is read again, booked and named', async () => {
  await run();
  const { id } = await world.stripe.world.money.chargeFee({ amount: '250', lagSeconds: 2 * HOUR });
  world.clock.advance(60);
  expect((await run()).state).toBe('waiting');
  await later();
  const found = await later();
  expect([found.state, found.windows, itemsOf(found)]).toEqual([
    ...['proven', 2],
    [`found_again ${id} -250`],
  ]);
  const next = await later();
  expect([next.state, next.windows, itemsOf(next)]).toEqual(['proven', 1, []]);
});

test('a row that no list shows leaves the proof broken, and all is read again once a day', async () => {
  await run();
  await world.stripe.world.money.chargeFee({ amount: '250', unlisted: true });
  world.clock.advance(60);
  await run();
  const broken = await later();
  expect([broken.state, broken.windows, itemsOf(broken)]).toEqual(['broken', 5, []]);
  expect((await later()).windows).toBe(2);
});

test('a row that is gone from our store is read again', async () => {
  await run();
  await later();
  const [row] = await db.query<{ id: string }>(
    `delete from balance_transactions where source_id = $1 and net = -600 returning bt_id as id`,
    [sourceId],
  );
  await db.query(`delete from movements where source_id = $1 and bt_id = $2`, [sourceId, row?.id]);
  const found = await later();
  expect([found.state, itemsOf(found)]).toEqual(['proven', [`found_again ${row?.id} -600`]]);
});

test('movements of a row that are gone from our store are made again', async () => {
  await run();
  await later();
  const [leg] = await db.query<{ id: string }>(
    `delete from movements where source_id = $1 and moves = -600 returning bt_id as id`,
    [sourceId],
  );
  const found = await later();
  expect([found.state, itemsOf(found)]).toEqual(['proven', [`booked_again ${leg?.id} -600`]]);
  const totals = world.blnk.ledger.totals().transactions;
  expect((await later()).state).toBe('proven');
  // What has moved meanwhile, and nothing twice.
  expect(world.blnk.ledger.totals().transactions).toBe(totals + 1);
});

test('a row that Stripe lists no more, or with another net, is named', async () => {
  await run();
  await db.query(
    `update balance_transactions set net = net - 5, moved = moved - 5
     where source_id = $1 and kind = 'fee'`,
    [sourceId],
  );
  await later();
  const found = await later();
  expect(found.state).toBe('broken');
  expect(itemsOf(found)).toEqual(
    expect.arrayContaining([expect.stringMatching(/^other_at_stripe txn_\S+ -605$/)]),
  );
});

test('postings that a restored backup has lost are posted again', async () => {
  await olderPostings();
  const { rows } = world.blnk.ledger;
  const lost = rows.slice(2, 5).map(({ reference, seq }) => ({ reference, seq }));
  world.blnk.ledger.forget(lost.map(({ seq }) => seq));
  const found = await later();
  expect(found.state).toBe('proven');
  expect(
    itemsOf(found)
      .map((item) => item.split(' ').slice(0, 2).join(' '))
      .sort(),
  ).toEqual(lost.map(({ reference }) => `posted_again ${reference}`).sort());
  expect((await later()).state).toBe('proven');
});

test('the newest postings, which a run asks for before its proof, are named once posted again', async () => {
  await run();
  const lost = world.blnk.ledger.rows.slice(-2);
  world.blnk.ledger.forget(lost.map(({ seq }) => seq));
  const found = await later();
  expect(found.state).toBe('proven');
  const names = itemsOf(found).map((item) => item.split(' ').slice(0, 2).join(' '));
  expect(names.sort()).toEqual(lost.map(({ reference }) => `posted_again ${reference}`).sort());
  expect(itemsOf(await later())).toEqual([]);
});

test('rows deleted from the ledger’s database are posted again, and counted once', async () => {
  await olderPostings();
  const gone = world.blnk.ledger.rows.find(({ reference }) => reference === 'pi_a')!;
  world.blnk.ledger.forget([gone.seq], true);
  const found = await later();
  expect([found.state, itemsOf(found)]).toEqual(['proven', ['posted_again pi_a 10000']]);
  const [payer] = await world.connection.ledger.turnoversOf(['@cus_A'], signal);
  expect(payer).toMatchObject({ credits: 10_000n });
  expect((await later()).state).toBe('proven');
});

const payer = async () => (await world.connection.ledger.turnoversOf(['@cus_A'], signal))[0];

describe('a balance that is posted to while its rows are added up', () => {
  /** @returns how often it was, and those that were counted anew */
  async function postedTo(times: number, isDeleted: boolean): Promise<[number, readonly string[]]> {
    await olderPostings();
    const gone = world.blnk.ledger.rows.find(({ reference }) => reference === 'pi_a')!;
    world.blnk.ledger.forget([gone.seq], isDeleted);
    let posted = 0;
    beforeSum = async (id) => {
      if (posted === times || id !== (await payer())?.balanceId) return;
      posted += 1;
      const reference = `of another ${posted}`;
      await post({ reference, amount: 1n, source: '@another', destination: '@cus_A' });
    };
    expect((await later()).state).toBe('proven');
    const { balanceId } = (await payer())!;
    return [posted, recounted.filter((id) => id === balanceId)];
  }

  test('is read again until it is quiet, and counted anew if it is wrong', async () => {
    expect(await postedTo(2, true)).toEqual([2, [expect.any(String)]]);
    expect(await payer()).toMatchObject({ credits: 10_002n });
  });

  test('is left alone where that is all that it differs by', async () => {
    expect(await postedTo(2, false)).toEqual([2, []]);
  });

  test('again and again is said to be not counted anew', async () => {
    const said = jest.spyOn(world.deps.log, 'error');
    expect(await postedTo(Infinity, true)).toEqual([5, []]);
    expect(said).toHaveBeenCalledWith(expect.anything(), 'ledger.not_recounted');
  });
});

test('a balance that is still wrong once it was counted anew is counted again', async () => {
  await olderPostings();
  const gone = world.blnk.ledger.rows.find(({ reference }) => reference === 'pi_a')!;
  world.blnk.ledger.forget([gone.seq], true);
  const { balanceId } = (await payer())!;
  undone = 1;
  expect((await later()).state).toBe('proven');
  expect(recounted.slice(0, 2)).toEqual([balanceId, balanceId]);
  expect(await payer()).toMatchObject({ credits: 10_000n });
});

test('a posting of somebody else is named, and once accepted explained', async () => {
  await run();
  await post({ reference: 'by hand', amount: 777n });
  const found = await later();
  expect([found.state, itemsOf(found)]).toEqual(['broken', ['foreign by hand 777']]);
  const [item] = found.proof?.proof.currencies.flatMap(({ items }) => items) ?? [];
  const own = { instanceId: world.instanceId, sourceId };
  const posting = { ...item!, id: 'x', bookedAt: item!.at, description: null };
  await accept(db, own, [posting], { by: 'me', note: 'right' });
  const next = await later();
  expect([next.state, itemsOf(next)]).toEqual(['explained', ['accepted by hand 777']]);
  const there = world.blnk.ledger.rows.find(({ reference }) => reference === 'by hand')!;
  world.blnk.ledger.forget([there.seq]);
  expect(itemsOf(await later())).toContain('accepted_gone by hand 777');
});

describe('an acceptance that the ledger tells of', () => {
  const note = { by: 'ada', note: 'till, 28 November' };
  const accepted = async () => listAcceptances(db, sourceId);

  /** Posted by others, and noted as a person's acceptance notes it; our own database knows nothing of it. */
  async function noted(metadataOf: (id: string) => Readonly<Record<string, string>>) {
    await run();
    const posted = await post({ reference: 'by hand', amount: 777n });
    if (posted.kind !== 'applied') throw new Error('it is not in the ledger');
    const { transactionId: id } = posted;
    await world.connection.ledger.annotate(id, metadataOf(id), signal);
  }

  test('is read back after a lost database, as it was', async () => {
    const at = new Date('2026-11-28T10:00:00Z');
    await noted((id) => acceptedMetadata(id, note, at));
    const found = await later();
    expect([found.state, itemsOf(found)]).toEqual(['explained', ['accepted by hand 777']]);
    expect(await accepted()).toMatchObject([{ ...note, at, reference: 'by hand', amount: 777n }]);
  });

  test.each<[string, (id: string) => Readonly<Record<string, string>>]>([
    ['was taken back', (id) => ({ ...acceptedMetadata(id, note, new Date()), ...TAKEN_BACK })],
    ['is none', () => ({ stripe_sync_accepted_note: 'till' })],
    ['is of the posting that it refunds', () => acceptedMetadata('txn_refunded', note, new Date())],
  ])('and that %s is not', async (_what, metadataOf) => {
    await noted(metadataOf);
    const found = await later();
    expect([found.state, itemsOf(found)]).toEqual(['broken', ['foreign by hand 777']]);
    expect(await accepted()).toEqual([]);
  });
});

test('a pair of others that cancels is named, both of it', async () => {
  await run();
  await post({ reference: 'there', amount: 5n });
  await post({ reference: 'back', amount: 5n, source: '@somebody', destination: '@stripe' });
  const found = await later();
  expect([found.state, itemsOf(found)]).toEqual(['broken', ['foreign there 5', 'foreign back -5']]);
});

test('a balance that is not what its postings add up to is named', async () => {
  await run();
  const balance = world.blnk.ledger.balances.find('@stripe', 'USD')!;
  world.blnk.ledger.change(balance, { debit: balance.debit + 9n });
  const found = await later();
  expect(found.state).toBe('broken');
  expect(itemsOf(found)).toEqual([expect.stringMatching(/^corrupt_debits \S+ 15000$/)]);
});

test('an amount that was changed in the ledger’s database is named, until it is right again', async () => {
  await run();
  const row = world.blnk.ledger.rows.find(({ reference }) => reference === 'pi_a')!;
  Object.assign(row, { amount: 10_005n });
  const named = await later();
  expect([named.state, itemsOf(named)]).toEqual([
    'broken',
    ['other_in_ledger pi_a 10000', expect.stringMatching(/^corrupt_debits \S+ 15005$/)],
  ]);
  expect(itemsOf(await later())).toEqual(itemsOf(named));
  Object.assign(row, { amount: 10_000n });
  const right = await later();
  expect([right.state, itemsOf(right)]).toEqual(['proven', []]);
});

test('a key without the right to read balances leaves it unread', async () => {
  world.blnk.keys.core.set(SANDBOX_BLNK_KEY, {
    id: 'scoped',
    scopes: ['transactions:read', 'transactions:write'],
  });
  const first = await run();
  expect([first.state, statesOf(first)]).toEqual([
    'not_read',
    { EUR: 'not_read', USD: 'not_read' },
  ]);
});

test('what an account that was left has on the balance is named, and stands in no way', async () => {
  await run();
  await db.query(
    `insert into sources (source_id, instance_id, stripe_account, livemode, ledger_address, key_fingerprint, is_current)
     select 'left_' || source_id, instance_id, 'acct_left', livemode, ledger_address, 'key', false
     from sources where source_id = $1`,
    [sourceId],
  );
  await post({ reference: 'pi_left', amount: 40n });
  await db.query(
    `insert into movements (instance_id, movement_id, kind, page_id, sync_id, source_id, amount, currency, created_s,
       livemode, state, reference, booked_at)
     values ($1, 'pi_left', 'pay_in', 'page', 'sync', 'left_' || $2, 40, 'usd', $3, false, 'staged', 'pi_left', now())`,
    [world.instanceId, sourceId, START],
  );
  await db.query(
    `update movements set state = 'posted' where instance_id = $1 and movement_id = 'pi_left'`,
    [world.instanceId],
  );
  const found = await later();
  expect([found.state, itemsOf(found)]).toEqual(['explained', ['left_account acct_left 40']]);
});
