/** The proof of a run, over a real store and both stand-ins: what it says, what it names, and what it heals. */
import { SANDBOX_BLNK_KEY } from '../../sandbox/blnk/keys';
import { accept } from '../../src/store/acceptances';
import { connectDb, type Db } from '../../src/store/db';
import { aPosting } from '../support/worlds/a-posting';
import { testEnvironment } from '../support/environment';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';
import {
  ATTEMPT,
  settledWorld,
  type SettledRun,
  type SettledWorld,
} from '../support/worlds/settled-run';

const START = Date.UTC(2026, 5, 1, 12) / 1000;
const HOUR = 3_600;

let db: Db;
let world: DrivenWorld;
let runs: SettledWorld;

beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
beforeEach(async () => {
  world = await startWorld(db, { startAt: START });
  runs = settledWorld(world);
  await runs.enable(null);
  const { money, pay } = world.stripe.world;
  await pay({ id: 'pi_a', amount: '10000', customer: 'cus_A' });
  await pay({ id: 'pi_b', amount: '5000', customer: null });
  await pay({ id: 'pi_e', amount: '3000', currency: 'eur', customer: 'cus_E' });
  await money.chargeFee({ amount: '600' });
  world.clock.advance(HOUR);
});
afterEach(() => world.close());

const statesOf = ({ proof }: SettledRun) =>
  Object.fromEntries((proof?.proof.currencies ?? []).map(({ currency, state }) => [currency, state]));

const itemsOf = ({ proof }: SettledRun) =>
  (proof?.proof.currencies ?? []).flatMap(({ items }) =>
    items.map(({ kind, reference, amount }) => `${kind} ${reference} ${amount}`),
  );

/** A later run: Stripe's list can be trusted at the time of the reading before it. */
const later = (options: Parameters<SettledWorld['run']>[0] = {}) => {
  world.clock.advance(HOUR);
  return runs.run(options);
};

const post = (changes: Parameters<typeof aPosting>[0]) =>
  world.connection.ledger.post(
    aPosting({ source: '@stripe', destination: '@somebody', ...changes }),
    ATTEMPT.signal,
  );

test('a run whose three sides agree is proven, and asks the ledger little', async () => {
  const run = await runs.run();
  expect([run.state, run.asked, itemsOf(run)]).toEqual(['proven', 1, []]);
  expect(statesOf(run)).toEqual({ EUR: 'proven', USD: 'proven' });
  expect(run.proof?.proof).toMatchObject({ at: START + HOUR, since: null });
  let before = 0;
  const next = await later({
    meanwhile: () => Promise.resolve(void (before = world.blnk.requests.total())),
  });
  expect(next.state).toBe('proven');
  // The turnovers by one, and each currency's postings by one.
  expect(world.blnk.requests.total() - before).toBe(3);
});

test('an instance that carries over no movements is not proven', async () => {
  const { disableMovements } = await import('../../src/store/openings');
  await disableMovements(db, await runs.sourceId());
  expect(await runs.run()).toMatchObject({ state: null, proof: undefined });
});

test('a row that Stripe lists late is read again, booked and named', async () => {
  await runs.run();
  const { id } = await world.stripe.world.money.chargeFee({ amount: '250', lagSeconds: HOUR });
  world.clock.advance(60);
  expect((await runs.run()).state).toBe('waiting');
  const run = await later();
  expect([run.state, run.asked, itemsOf(run)]).toEqual(['proven', 2, [`found_again ${id} -250`]]);
  const next = await later();
  expect([next.state, next.asked, itemsOf(next)]).toEqual(['proven', 1, []]);
});

test('a row that no list shows leaves the proof broken, and all is read again once a day', async () => {
  await runs.run();
  await world.stripe.world.money.chargeFee({ amount: '250', unlisted: true });
  world.clock.advance(60);
  await runs.run();
  const run = await later();
  expect([run.state, run.asked, itemsOf(run)]).toEqual(['broken', 5, []]);
  expect((await later()).asked).toBe(2);
});

test('a row that is gone from our store is read again', async () => {
  await runs.run();
  const sourceId = await runs.sourceId();
  const [row] = await db.query<{ id: string }>(
    `delete from balance_transactions where source_id = $1 and kind = 'fee' returning bt_id as id`,
    [sourceId],
  );
  await db.query(`delete from movements where source_id = $1 and bt_id = $2`, [sourceId, row?.id]);
  const run = await later();
  expect([run.state, itemsOf(run)]).toEqual(['proven', [`found_again ${row?.id} -600`]]);
});

test('movements of a row that are gone from our store are made again', async () => {
  await runs.run();
  const sourceId = await runs.sourceId();
  const [leg] = await db.query<{ id: string }>(
    `delete from movements where source_id = $1 and kind = 'fee' returning bt_id as id`,
    [sourceId],
  );
  const run = await later();
  expect([run.state, itemsOf(run)]).toEqual(['proven', [`booked_again ${leg?.id} -600`]]);
  const totals = world.blnk.ledger.totals().transactions;
  expect((await later()).state).toBe('proven');
  expect(world.blnk.ledger.totals().transactions).toBe(totals);
});

test('a row that Stripe lists no more, or with another net, is named', async () => {
  await runs.run();
  const sourceId = await runs.sourceId();
  await db.query(
    `update balance_transactions set net = net - 5, moved = moved - 5
     where source_id = $1 and kind = 'fee'`,
    [sourceId],
  );
  const run = await later();
  expect(run.state).toBe('broken');
  expect(itemsOf(run)).toEqual(
    expect.arrayContaining([expect.stringMatching(/^other_at_stripe txn_\S+ -605$/)]),
  );
});

test('postings that a restored backup has lost are posted again', async () => {
  await runs.run();
  const { rows } = world.blnk.ledger;
  const lost = rows.slice(-3).map(({ reference, seq }) => ({ reference, seq }));
  world.blnk.ledger.forget(lost.map(({ seq }) => seq));
  const run = await later();
  expect(run.state).toBe('proven');
  expect(itemsOf(run).map((item) => item.split(' ').slice(0, 2).join(' ')).sort()).toEqual(
    lost.map(({ reference }) => `posted_again ${reference}`).sort(),
  );
  expect((await later()).state).toBe('proven');
});

test('rows deleted from the ledger’s database are counted out and posted again', async () => {
  await runs.run();
  const gone = world.blnk.ledger.rows.find(({ reference }) => reference === 'pi_a')!;
  world.blnk.ledger.forget([gone.seq], true);
  const run = await later();
  expect([run.state, itemsOf(run)]).toEqual(['proven', ['posted_again pi_a 10000']]);
  const [payer] = await world.connection.ledger.turnoversOf(['@cus_A'], ATTEMPT.signal);
  expect(payer).toMatchObject({ credits: 10_000n });
  expect((await later()).state).toBe('proven');
});

test('a posting of somebody else is named, and once accepted explained', async () => {
  await runs.run();
  await post({ reference: 'by hand', amount: 777n });
  const run = await later();
  expect([run.state, itemsOf(run)]).toEqual(['broken', ['foreign by hand 777']]);
  const [item] = run.proof?.proof.currencies.flatMap(({ items }) => items) ?? [];
  const own = { instanceId: world.instanceId, sourceId: await runs.sourceId() };
  const posting = { ...item!, id: 'x', bookedAt: item!.at, description: null };
  await accept(db, own, [posting], { by: 'me', note: 'right' });
  const next = await later();
  expect([next.state, itemsOf(next)]).toEqual(['explained', ['accepted by hand 777']]);
  const there = world.blnk.ledger.rows.find(({ reference }) => reference === 'by hand')!;
  world.blnk.ledger.forget([there.seq]);
  expect(itemsOf(await later())).toContain('accepted_gone by hand 777');
});

test('a pair of others that cancels is named, both of it', async () => {
  await runs.run();
  await post({ reference: 'there', amount: 5n });
  await post({ reference: 'back', amount: 5n, source: '@somebody', destination: '@stripe' });
  const run = await later();
  expect([run.state, itemsOf(run)]).toEqual(['broken', ['foreign there 5', 'foreign back -5']]);
});

test('a balance that is not what its postings add up to is named', async () => {
  await runs.run();
  const balance = world.blnk.ledger.balances.find('@stripe', 'USD')!;
  world.blnk.ledger.change(balance, { debit: balance.debit + 9n });
  const run = await later();
  expect(run.state).toBe('broken');
  expect(itemsOf(run)).toEqual([expect.stringMatching(/^corrupt_debits \S+ 15000$/)]);
});

test('a key without the right to read balances leaves it unread', async () => {
  world.blnk.keys.core.set(SANDBOX_BLNK_KEY, {
    id: 'scoped',
    scopes: ['transactions:read', 'transactions:write'],
  });
  const run = await runs.run();
  expect([run.state, statesOf(run)]).toEqual(['not_read', { EUR: 'not_read', USD: 'not_read' }]);
});

test('a currency that Stripe does not name any more is still proven', async () => {
  await runs.run();
  await world.stripe.world.viewBalance({ omit: ['eur'] } as never);
  const run = await later();
  expect(run.state).toBe('waiting');
});
