/** Disputes whose money was withdrawn before any row that is read: what comes back of it is nobody's gain. */
import { readFileSync } from 'node:fs';
import type {
  BalanceTransaction,
  SourceObject,
} from '../../src/domain/movements/balance-transaction';
import type { Connection } from '../../src/engine/deps';
import { connectDb, type Db } from '../../src/store/db';
import { latestProof } from '../../src/store/proofs';
import { balanceOf } from '../support/books/money-books';
import { testEnvironment } from '../support/environment';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';
import { askAboutDisputes } from '../support/worlds/make-due';

const MINUTE = 60;
const DAY = 86_400;
const CUT_OVER = Date.UTC(2026, 2, 6) / 1000;
/** Rows are read from 45 days before the cut-over. */
const WITHDRAWN = CUT_OVER - 60 * DAY;

let db: Db;
let world: DrivenWorld;
let dispute: string;
/** As a version does that does not ask when a dispute began. */
let isUnasked = false;
beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
beforeEach(async () => {
  isUnasked = false;
  const settings = { SYNC_SINCE: '2026-03-06', MOVEMENTS: 'on' };
  world = await startWorld(db, { startAt: WITHDRAWN - DAY, settings, through });
  const { world: stripe } = world.stripe;
  const { id } = await stripe.pay({ amount: 6_500, customer: 'cus_1', settle: { fee: 0 } });
  world.clock.set(WITHDRAWN);
  ({ id: dispute } = await stripe.money.dispute({ payment: id, fee: 0 }));
  world.clock.set(CUT_OVER + DAY);
  await sync();
  await sync(15 * MINUTE);
  expect(await stateOfProof()).toBe('proven');
});
afterEach(() => world.close());

const through = (connection: Connection): Connection => {
  const { stripe } = connection;
  const asTold = <T extends SourceObject>(source: T): T =>
    isUnasked && source.object === 'dispute' ? { ...source, begunAt: null } : source;
  const ofRow = (bt: BalanceTransaction) => ({ ...bt, source: asTold(bt.source) });
  const listTransactions: typeof stripe.listTransactions = async (...asked) => {
    const page = await stripe.listTransactions(...asked);
    return { ...page, rows: page.rows.map(ofRow) };
  };
  const readDispute: typeof stripe.readDispute = async (...asked) => {
    const facts = await stripe.readDispute(...asked);
    return facts && { ...facts, dispute: asTold(facts.dispute) };
  };
  return { ...connection, stripe: { ...stripe, listTransactions, readDispute } };
};

async function sync(wait = MINUTE): Promise<void> {
  world.clock.advance(wait);
  await askAboutDisputes(db, world.instanceId);
  expect((await world.driver.sync()).row).toMatchObject({ status: 'completed', error: null });
}

const stateOfProof = async () => (await latestProof(db, world.instanceId))?.proof.state;
const holds = () =>
  ['@stripe', '@stripe-opening', '@stripe-disputes', '@cus_1', '@stripe-guest'].map((name) =>
    balanceOf(world, name),
  );

test('one that is won goes to the opening balance', async () => {
  await world.stripe.world.money.closeDispute({ dispute, status: 'won' });
  await sync();
  await sync(2 * DAY);
  expect(holds()).toEqual([{ USD: -6_500n }, { USD: 6_500n }, {}, {}, {}]);
  expect(await stateOfProof()).toBe('proven');
});

test('so does what comes back of one that was lost', async () => {
  const { money } = world.stripe.world;
  await money.closeDispute({ dispute, status: 'lost' });
  await money.adjustDispute({ dispute, amount: 50, fee: 0 });
  await sync();
  await sync(2 * DAY);
  expect(holds()).toEqual([{ USD: -50n }, { USD: 50n }, {}, {}, {}]);
  expect(await stateOfProof()).toBe('proven');
});

describe('of which a part came back to a version that did not ask when it began', () => {
  const comesBack = (amount: number) =>
    world.stripe.world.money.adjustDispute({ dispute, amount, fee: 0 });

  beforeEach(async () => {
    isUnasked = true;
    await comesBack(700);
    await sync();
    // Until nothing reads that row again.
    await sync(10 * DAY);
    expect(holds()).toEqual([{ USD: -700n }, {}, { USD: 700n }, {}, {}]);
  });

  test('one that is final after the update goes to the opening balance with all that came back', async () => {
    isUnasked = false;
    await comesBack(50);
    await sync();
    await world.stripe.world.money.closeDispute({ dispute, status: 'lost' });
    await sync(2 * DAY);
    expect(holds()).toEqual([{ USD: -750n }, { USD: 750n }, {}, {}, {}]);
    expect(await stateOfProof()).toBe('proven');
    const before = world.blnk.ledger.rows.length;
    await sync(2 * DAY);
    expect(world.blnk.ledger.rows).toHaveLength(before);
  });

  test('what the guests got of one that was final leaves them once Stripe is asked again', async () => {
    const { instanceId } = world;
    // By that version whatever does not come to nothing was lost.
    await db.query('update disputes set was_lost = true where instance_id = $1', [instanceId]);
    await world.stripe.world.money.closeDispute({ dispute, status: 'lost' });
    await sync();
    isUnasked = false;
    await sync(2 * DAY);
    expect(holds()).toEqual([{ USD: -700n }, {}, {}, {}, { USD: 700n }]);
    const doc = readFileSync('docs/upgrading.md', 'utf8');
    const [, statement] = /```sql\n *(update disputes[^;]+);/.exec(doc)!;
    await db.query(`${statement} and d.instance_id = $1`, [instanceId]);
    await sync();
    expect(holds()).toEqual([{ USD: -700n }, { USD: 700n }, {}, {}, {}]);
    expect(await stateOfProof()).toBe('proven');
  });
});
