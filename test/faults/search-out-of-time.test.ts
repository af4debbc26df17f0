/** A search of the ledger whose time is up: what it has found by then is kept, and the next one goes on there. */
import { SyncError } from '../../src/domain/errors';
import type { Ledger, LedgerEntry } from '../../src/domain/ledger';
import type { LedgerBalance } from '../../src/domain/ledger-balances';
import { prove } from '../../src/domain/proof/proof';
import { NEW_WALK, walked } from '../../src/domain/proof/proof-walk';
import { recountPostedAgain } from '../../src/engine/proof/healing';
import { take } from '../../src/engine/proof/proof-steps';
import type { ProofWork } from '../../src/engine/proof/proof-work';
import { connectDb, type Db } from '../../src/store/db';
import { hasUnplaced } from '../../src/store/proof';
import { testEnvironment } from '../support/environment';
import { silentLogger } from '../support/silent-logger';
import { aSettledStore, begin, type RunningSync } from '../support/databases/settled-store';
import { BALANCES } from '../support/worlds/legs-of-row';

let db: Db;
let sync: RunningSync;
/** Ends the search. */
let timeIsUp: () => never;

beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
beforeEach(async () => {
  sync = await begin(await aSettledStore(db));
});

/** A search, with all of its time. */
function searching(ledger: Partial<Ledger>): ProofWork {
  const limit = new AbortController();
  const { signal } = limit;
  timeIsUp = () => {
    limit.abort(new SyncError('TIMED_OUT'));
    throw signal.reason as Error;
  };
  const nothing = () => undefined;
  return {
    ...{ db, sync, log: silentLogger, ledger: ledger as Ledger, balances: BALANCES, soundAt: null },
    attempt: { signal, handled: nothing, succeeded: nothing },
    search: {
      ...{ signal, succeeded: nothing, stop: nothing },
      get isOver() {
        return signal.aborted;
      },
    },
    patience: { roundWaitsMs: [0] },
  } as unknown as ProofWork;
}

const appliedAs = (reference: string): LedgerEntry => ({
  ...{ reference, transactionId: `blnk_${reference}`, status: 'APPLIED' },
  ...{ amount: null, currency: null, precision: null, customerId: null, source: null },
  ...{ destination: null, syncId: null, succeededAt: null, bookedAt: null },
});

test('among all of our postings it posts again what it has found gone, and goes on behind that', async () => {
  // One more than it reads at once.
  await db.query(
    `insert into movements (instance_id, movement_id, reference, kind, leg, page_id, sync_id, source_id, amount,
       currency, from_balance, to_balance, moves, state)
     select $1, id, id, 'payout', 'gross', 's', 's', $2, 5, 'usd', '@stripe', '@stripe-payouts', 5, 'posted'
     from generate_series(1, 10001) n, lateral (select 'txn_' || lpad(n::text, 5, '0') as id) i`,
    [sync.instanceId, sync.sourceId],
  );
  const step = { do: 'look_up', range: 'all' } as const;
  const side = { balances: new Map<string, LedgerBalance>(), corrupt: [], isCounted: true };
  const gone = new Set(['txn_00003']);
  let isUpAt: string | null = 'txn_10001';
  const asked: string[] = [];
  const ledger: Partial<Ledger> = {
    lookUp: (references) => {
      asked.push(...references);
      if (isUpAt !== null && references.includes(isUpAt)) return timeIsUp();
      return Promise.resolve(references.filter((one) => !gone.has(one)).map(appliedAs));
    },
  };
  const search = (walk = NEW_WALK) => take(searching(ledger), step, walk, prove(1, null, []), side);
  const first = await search();
  expect(first.found).toMatchObject([{ kind: 'missing_in_ledger', reference: 'txn_00003' }]);
  expect(await db.transaction(first.awaits!)).toEqual({
    ...{ kind: 'postings', references: ['txn_00003'] },
  });
  expect(await hasUnplaced(db, sync.sourceId)).toBe(true);
  // Each time further on.
  let walk = walked(NEW_WALK, step, first.stoppedAt);
  asked.length = 0;
  const { stoppedAt } = await search(walk);
  walk = walked(walk, step, stoppedAt);
  isUpAt = null;
  expect(await search(walk)).toEqual({ found: [], stoppedAt: null });
  expect(asked).toEqual(['txn_10001', 'txn_10001']);
});

test('among balances that are counted anew it goes on behind the last one, to the source balance', async () => {
  await db.query(
    `insert into movements (instance_id, movement_id, reference, kind, payer, page_id, sync_id, source_id, amount,
       currency, state, first_booked_at, booked_at, posted_at)
     select $1, 'pi_' || n, 'pi_' || n, 'pay_in', 'cus_' || n % 3, 's', 's', $2, 5, 'usd', 'posted',
       now() - interval '1 day', at, at
     from generate_series(1, 4) n, lateral (select now() - (5 - n) * interval '1 minute' as at) t`,
    [sync.instanceId, sync.sourceId],
  );
  const wrong = new Set(['@cus_2', '@cus_0', '@cus_1', BALANCES.source]);
  let isUpAt: string | null = null;
  let lookedAt: string[] = [];
  const ledger: Partial<Ledger> = {
    turnoversOf: (names) =>
      Promise.resolve(
        names.map((name) => ({
          ...{ name, balanceId: name, currency: 'USD', credits: 0n, balance: 0n },
          debits: wrong.has(name) ? 2n : 1n,
        })),
      ),
    turnoversAt: (name) => {
      if (name === isUpAt) return timeIsUp();
      lookedAt.push(name);
      return Promise.resolve({ debits: 1n, credits: 0n });
    },
    recount: (name) => Promise.resolve(void wrong.delete(name)),
  };
  const recount = async (from: string | null) => {
    lookedAt = [];
    const { hasCounted, stoppedAt } = await recountPostedAgain(searching(ledger), true, from);
    return { hasCounted, stoppedAt, lookedAt: [...new Set(lookedAt)] };
  };
  // In the order of when something was posted again to each last: to the first one once more than to the others.
  isUpAt = '@cus_0';
  const first = await recount(null);
  expect(first).toMatchObject({ hasCounted: true, lookedAt: ['@cus_2'] });
  isUpAt = BALANCES.source;
  const second = await recount(first.stoppedAt);
  expect(second).toMatchObject({ hasCounted: true, lookedAt: ['@cus_0', '@cus_1'] });
  isUpAt = null;
  expect(await recount(second.stoppedAt)).toEqual({
    ...{ hasCounted: true, stoppedAt: null, lookedAt: [BALANCES.source] },
  });
  expect([...wrong]).toEqual([]);
});
