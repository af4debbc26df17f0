/** What the rows of an instance whose movements are carried over say that somebody has to do. */
import { listProblems } from '../../src/alerts/list';
import { legReferenceOf } from '../../src/domain/ids';
import { assignedLeg } from '../../src/domain/movements/assignment';
import { prove, type Proof } from '../../src/domain/proof/proof';
import { connectDb, type Db } from '../../src/store/db';
import { findLeg } from '../../src/store/legs';
import { saveProof } from '../../src/store/proofs';
import { SUSPENSE_COUNTED } from '../../src/domain/movements/suspense-sum';
import { switchSource } from '../../src/store/sources';
import { stageAssignment, suspenseSums } from '../../src/store/suspense';
import { testEnvironment } from '../support/environment';
import { aCurrency } from '../support/books/a-currency';
import {
  aSettledStore,
  begin,
  rowsOf,
  settle,
  settled,
  stage,
  type RunningSync,
  type SettledStore,
} from '../support/databases/settled-store';
import { MOMENT } from '../support/worlds/a-balance-transaction';
import { BALANCES } from '../support/worlds/legs-of-row';

let db: Db;
let store: SettledStore;
let sync: RunningSync;

beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
beforeEach(async () => {
  store = await aSettledStore(db);
  sync = await begin(store);
});

const problems = async () =>
  (await listProblems(db, store.instanceId)).map(({ problem, codes, amounts }) => ({
    ...{ problem, codes, amounts },
  }));

/** Rows that Stripe gives a type of which nobody knows anything. */
async function book(amounts: readonly bigint[], currency = 'usd', prefix = currency) {
  const rows = rowsOf(amounts.length, (n) => ({
    ...{
      id: `txn_${prefix}${n}`,
      type: 'novelty',
      category: 'novelty',
      source: { object: 'other' as const, id: null },
    },
    ...{ amount: amounts[n]!, currency },
  }));
  const { pageId } = await stage(
    sync,
    rows.map((bt) => settled(bt)),
  );
  return { pageId, ids: await settle(sync, pageId) };
}

/** As a person has assigned it: its leg has the reference and the state, whatever else it is. */
const assign = (id: string) =>
  db.query(
    `insert into movements (instance_id, movement_id, kind, leg, bt_id, page_id, sync_id, source_id, state)
     values ($1, $2, 'suspense', 'assigned', $3, 'none', 'none', $4, 'staged')`,
    [store.instanceId, legReferenceOf(id, 'assigned'), id, store.sourceId],
  );

const seconds = async () => {
  const [row] = await db.query<{ now: number }>(
    'select floor(extract(epoch from now()))::bigint as now',
  );
  return row!.now;
};

test('movements of no known kind are a problem until each of them is assigned', async () => {
  expect(await problems()).toEqual([]);
  await book([700n, -50n]);
  await book([3n], 'gbp');
  const usd = { GBP: '3', USD: '650' };
  expect(await problems()).toEqual([{ problem: 'SUSPENSE', codes: ['GBP', 'USD'], amounts: usd }]);
  await assign('txn_usd0');
  expect(await suspenseSums(db, store.sourceId)).toEqual([
    { currency: 'GBP', count: 1, amount: 3n },
    { currency: 'USD', count: 1, amount: -50n },
  ]);
  for (const id of ['txn_usd1', 'txn_gbp0']) await assign(id);
  expect(await problems()).toEqual([]);
});

test('what is staged or set aside stands in no suspense', async () => {
  const { pageId } = await stage(
    sync,
    rowsOf(2, () => ({ type: 'novelty', category: 'novelty' })).map((bt) => settled(bt)),
  );
  expect(await suspenseSums(db, store.sourceId)).toEqual([]);
  await settle(sync, pageId, () => true);
  expect(await suspenseSums(db, store.sourceId)).toEqual([]);
});

describe('what was assigned before the source was another one', () => {
  /** Its rows are taken over, as a listing does, and what a person has assigned is in no listing. */
  const goOn = async (ledgerAddress: string): Promise<string> => {
    const { sourceId } = await db.transaction((tx) =>
      switchSource(tx, store.instanceId, {
        ...{ stripeAccount: null, livemode: false, ledgerAddress, keyFingerprint: 'another' },
      }),
    );
    await db.query(
      `update movements set source_id = $2 where instance_id = $1 and leg <> 'assigned'`,
      [store.instanceId, sourceId],
    );
    return sourceId;
  };
  beforeEach(async () => {
    await book([700n, -50n]);
    for (const id of ['txn_usd0', 'txn_usd1']) await assign(id);
    await db.query(
      `update movements set state = 'posted', amount = 700, currency = 'usd', moves = 0
       where instance_id = $1 and movement_id = 'txn_usd0.assigned'`,
      [store.instanceId],
    );
  });

  test('by another key stays so in the same ledger, but for what it has not sent', async () => {
    const sourceId = await goOn('http://ledger');
    expect(await suspenseSums(db, sourceId)).toEqual([{ currency: 'USD', count: 1, amount: -50n }]);
    const place = { instanceId: store.instanceId, sourceId, balances: BALANCES };
    const again = async (id: string) => {
      const leg = (await findLeg(db, place, id))!;
      const assignment = assignedLeg(leg, '@other', BALANCES, { by: 'ada', note: 'known' });
      return stageAssignment(db, place, id, assignment);
    };
    expect(await again('txn_usd0')).toMatchObject({ id: 'txn_usd0.assigned', state: 'posted' });
    expect(await again('txn_usd1')).toBeUndefined();
    expect(await suspenseSums(db, sourceId)).toEqual([]);
  });

  test('in another ledger is in suspense', async () => {
    expect(await suspenseSums(db, await goOn('http://elsewhere'))).toEqual([
      { currency: 'USD', count: 2, amount: 650n },
    ]);
  });
});

test('no more than so many are summed', async () => {
  await book(Array.from({ length: SUSPENSE_COUNTED + 1 }, () => 1n));
  expect(await suspenseSums(db, store.sourceId)).toEqual([
    { currency: 'USD', count: SUSPENSE_COUNTED, amount: BigInt(SUSPENSE_COUNTED) },
  ]);
  // Of the newest alone, so it is not told as what stands there.
  expect(await problems()).toEqual([{ problem: 'SUSPENSE', codes: ['USD'], amounts: {} }]);
});

/** As of a run of its own. */
async function save(proof: Proof): Promise<void> {
  const id = await saveProof(db, sync, proof, null);
  await db.query('update proofs set sync_id = null where proof_id = $1', [id]);
}

test('two broken proofs in a row are a problem, with what is unexplained', async () => {
  const now = await seconds();
  const broken = () =>
    prove(now, MOMENT, [aCurrency({ ledger: { debits: 11_700n, credits: 700n } })]);
  await save(broken());
  expect(await problems()).toEqual([]);
  await save(broken());
  expect(await problems()).toEqual([
    { problem: 'PROOF_BROKEN', codes: ['USD'], amounts: { USD: '300' } },
  ]);
  await save(prove(now, MOMENT, [aCurrency()]));
  expect(await problems()).toEqual([]);
});

test('a day in which nothing was proven is a problem, as long as movements are carried over', async () => {
  const ago = (interval: string) =>
    db.query(`update sources set movements_since = now() - $2::interval where source_id = $1`, [
      store.sourceId,
      interval,
    ]);
  await ago('23 hours');
  expect(await problems()).toEqual([]);
  await ago('25 hours');
  expect(await problems()).toEqual([{ problem: 'PROOF_STALE', codes: [], amounts: {} }]);
  await save(prove((await seconds()) - 60, null, []));
  expect(await problems()).toEqual([{ problem: 'PROOF_STALE', codes: ['NOT_READ'], amounts: {} }]);
  await db.query('update sources set movements_since = null where source_id = $1', [
    store.sourceId,
  ]);
  expect(await problems()).toEqual([]);
});
