/** What a proof rests on and what is kept of it. */
import { prove, type CurrencyFacts, type Proof } from '../../src/domain/proof/proof';
import { proofProblem } from '../../src/domain/proof/proof-history';
import type { ProofItem } from '../../src/domain/proof/proof-items';
import { gapsText, NEW_WALK } from '../../src/domain/proof/proof-walk';
import { accept, listAcceptances, takeBack } from '../../src/store/acceptances';
import { saveJudgements, saveReading } from '../../src/store/balance-readings';
import { connectDb, type Db } from '../../src/store/db';
import {
  disableMovements,
  enableMovements,
  findEnabled,
  readOpenings,
  type KeptOpening,
} from '../../src/store/openings';
import { readProofFacts } from '../../src/store/proof-facts';
import {
  findProof,
  lastTimes,
  latestProof,
  listProofs,
  saveProof,
  tellingProofs,
  trimProofs,
} from '../../src/store/proofs';
import { proofLines } from '../../src/domain/proof/proof-lines';
import { readFacts } from '../../src/engine/proof/proof-facts';
import { settledItems } from '../../src/engine/proof/proof-steps';
import type { ProofWork } from '../../src/engine/proof/proof-work';
import { anItem } from '../support/books/a-currency';
import { testEnvironment } from '../support/environment';
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
import { aBalanceTransaction, MOMENT } from '../support/worlds/a-balance-transaction';
import { CHART } from '../support/worlds/legs-of-row';

let db: Db;
let store: SettledStore;
let sync: RunningSync;

beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
beforeEach(async () => {
  store = await aSettledStore(db);
  sync = await begin(store);
});

const BIG = 2n ** 60n;

/** As of a run of its own. */
async function save(proof: Proof): Promise<number> {
  const id = await saveProof(db, sync, proof, null);
  await db.query('update proofs set sync_id = null where proof_id = $1', [id]);
  return id;
}

test('rows that were not named one by one are looked for once they were read again', async () => {
  const rows = rowsOf(5).map((bt) => settled(bt));
  const [first] = rows as [(typeof rows)[0]];
  await stage(
    sync,
    rows.map((row, index) => (index < 3 ? row : { ...row, legs: [] })),
  );
  const signal = new AbortController().signal;
  const attempt = { signal, handled: () => undefined, succeeded: () => undefined };
  const work = { db, sync, attempt } as unknown as ProofWork;
  const bookedOf = async () => {
    const items = [anItem('not_booked', first.bt.id, 1n), anItem('not_booked', '4 more', 4n)];
    const settledNow = await settledItems(work, { kind: 'movements', rows: [first.bt.id] }, items);
    return settledNow?.map(({ kind, reference }) => `${kind} ${reference}`);
  };
  expect(await bookedOf()).toEqual([
    `booked_again ${first.bt.id}`,
    ...rows.slice(3).map(({ bt }) => `not_booked ${bt.id}`),
  ]);
  await stage(sync, rows);
  expect(await bookedOf()).toEqual([`booked_again ${first.bt.id}`, 'booked_again 4 more']);
});

test('of very many movements that are set aside each currency tells how many it has, also where they come to nothing', async () => {
  const others = [5n, -5n].map((amount, n) =>
    aBalanceTransaction({ id: `txn_x${n}`, amount, currency: 'eur', type: 'new', category: null }),
  );
  const rows = [...rowsOf(1_002, () => ({ created: MOMENT })), ...others].map((bt) => settled(bt));
  for (let at = 0; at < rows.length; at += 500) {
    const { pageId } = await stage(sync, rows.slice(at, at + 500));
    await settle(sync, pageId, () => true);
  }
  const enabled = await findEnabled(db, store.sourceId);
  const work = { db, sync, enabled, heldOpenings: [], unread: null, isRewound: false };
  const readings = { all: [], mayDecide: () => true, before: null, givenUp: [] };
  const { facts } = await readFacts(work as unknown as ProofWork, MOMENT, {
    ...{ readings, ledger: null, found: [] },
  });
  const { currencies } = prove(MOMENT, CHART.cutOver, facts);
  expect(
    currencies.map((one) => [one.currency, one.items.at(-1)?.reference, one.gaps.rows]),
  ).toEqual([
    ['EUR', '2 more', 0n],
    ['USD', '2 more', 0n],
  ]);
  expect(proofLines(MOMENT, currencies[1]!)).toContainEqual(
    expect.objectContaining({ name: 'set_aside', more: '1,002 movements' }),
  );
});

const FACTS: CurrencyFacts = {
  currency: 'USD',
  stripe: {
    ...{ available: BIG, pending: -5n, at: MOMENT },
    judgement: { kind: 'judged', difference: 0n, since: 0n, exact: true },
  },
  entered: BIG - 5n,
  ledger: { debits: BIG, credits: 5n },
  booked: { debits: BIG, credits: 5n },
  notYet: { count: 0, amount: 0n, oldest: null },
  ...{ staged: 0, items: [], movements: 2 },
};

const foreign: ProofItem = {
  ...{ kind: 'foreign', reference: 'by hand', currency: 'USD', amount: -7n, theirs: null },
  ...{ at: MOMENT, note: 'correction', transactionId: 'blnk_1' },
};

/** As an earlier version has named one. */
const ofOld: ProofItem = { ...anItem('foreign', 'by hand before', -1n), at: MOMENT };

const proofOf = (at: number, state: 'proven' | 'explained' | 'broken' | 'waiting'): Proof => {
  if (state === 'proven') return prove(at, CHART.cutOver, [FACTS]);
  if (state === 'waiting') return prove(at, CHART.cutOver, [{ ...FACTS, staged: 1 }]);
  if (state === 'broken') {
    const ledger = { debits: BIG, credits: 12n };
    return prove(at, null, [{ ...FACTS, ledger, items: [foreign, ofOld] }]);
  }
  const items: ProofItem[] = [{ ...foreign, kind: 'accepted', amount: 0n, theirs: 3n }];
  return prove(at, CHART.cutOver, [{ ...FACTS, items }]);
};

describe('proofs', () => {
  test('come back as they were made, with all that they name', async () => {
    for (const state of ['proven', 'explained', 'broken'] as const) {
      const proof = proofOf(MOMENT, state);
      expect(proof.state).toBe(state);
      const id = await saveProof(db, sync, proof, null);
      const found = await findProof(db, store.instanceId, id);
      expect(found).toEqual({ id, syncId: sync.syncId, proof, walk: null });
      expect(await latestProof(db, store.instanceId)).toEqual(found);
      expect(await findProof(db, 'another', id)).toBeUndefined();
    }
  });

  test('replace what an earlier attempt of the same run has saved', async () => {
    await saveProof(db, sync, proofOf(MOMENT, 'broken'), null);
    const id = await saveProof(db, sync, proofOf(MOMENT, 'proven'), null);
    expect((await listProofs(db, store.instanceId, 9)).map((one) => one.id)).toEqual([id]);
  });

  test('keep how far the search for their fault had come', async () => {
    const proof = proofOf(MOMENT, 'broken');
    const walk = { ...NEW_WALK, reread: 2, lookedUp: 'all' } as const;
    await saveProof(db, sync, proof, { at: MOMENT - 50, walk });
    expect((await latestProof(db, store.instanceId))?.walk).toEqual({
      ...{ at: MOMENT - 50, walk, gaps: gapsText(proof), items: [foreign, ofOld] },
    });
  });

  test('are listed newest first, a part at a time', async () => {
    const ids: number[] = [];
    for (const at of [1, 2, 3]) ids.push(await save(proofOf(at, 'broken')));
    const [third, second] = await listProofs(db, store.instanceId, 2);
    expect([third?.id, second?.id]).toEqual([ids[2], ids[1]]);
    expect(third?.proof.currencies[0]?.items).toEqual([]);
    const rest = await listProofs(db, store.instanceId, 2, second?.id);
    expect(rest.map(({ id }) => id)).toEqual([ids[0]]);
  });

  test.each([
    [['broken'], null],
    [['proven', 'broken'], null],
    [['proven', 'broken', 'waiting', 'broken'], 'PROOF_BROKEN'],
    [['broken', 'explained'], null],
    [['explained', 'waiting', 'waiting', 'waiting'], null],
  ] as const)(
    'of the row %j enough is found to tell whether somebody has to be told',
    async (states, told) => {
      for (const [index, state] of states.entries()) {
        await save(proofOf(MOMENT + index, state));
      }
      const telling = await tellingProofs(db, store);
      expect(proofProblem(telling, MOMENT, MOMENT + 60)).toBe(told);
    },
  );

  test('of a source that was left say nothing of another one', async () => {
    for (const at of [1, 2]) await save(proofOf(MOMENT + at, 'broken'));
    const next = { instanceId: store.instanceId, sourceId: 'another' };
    const { proofs, newest } = await readProofFacts(db, next.instanceId, { ...next, since: 0 });
    expect([proofs, newest]).toEqual([[], null]);
    expect(await latestProof(db, next.instanceId, next.sourceId)).toBeUndefined();
    expect((await readProofFacts(db, next.instanceId, { ...store, since: 0 })).proofs).toHaveLength(
      2,
    );
  });

  test('of long ago go, but for the newest and the last that was sound', async () => {
    const sound = await save(proofOf(1, 'proven'));
    const old = await save(proofOf(2, 'broken'));
    await saveReading(db, sync, { at: 5, parts: [] });
    await saveJudgements(db, sync, [], [5]);
    for (let at = 0; at < 100; at += 1) await save(proofOf(3, 'broken'));
    await trimProofs(db, store.instanceId);
    expect(await findProof(db, store.instanceId, old)).toBeUndefined();
    expect(await lastTimes(db, store)).toMatchObject({ sound: 1 });
    expect(await findProof(db, store.instanceId, sound)).toBeDefined();
    expect(await listProofs(db, store.instanceId, 200)).toHaveLength(101);
    const left = await db.query('select 1 from balance_readings where source_id = $1', [
      store.sourceId,
    ]);
    expect(left).toEqual([]);
  });

  test('are written by nobody who has lost the lease', async () => {
    await begin(store);
    const lost = { code: 'SYNC_NOT_OPEN' };
    await expect(saveProof(db, sync, proofOf(1, 'proven'), null)).rejects.toMatchObject(lost);
    await expect(saveReading(db, sync, { at: 1, parts: [] })).rejects.toMatchObject(lost);
    await expect(saveJudgements(db, sync, [], [])).rejects.toMatchObject(lost);
  });
});

test('an accepted posting stays as the first one who accepted it has seen it, until it is taken back', async () => {
  const posting = { reference: '', id: 'blnk_1', currency: 'USD', amount: -BIG, bookedAt: MOMENT };
  await accept(db, store, [posting], { by: 'Ada', note: 'bank charge' });
  await accept(db, store, [{ ...posting, amount: 1n }], { by: 'Bob', note: 'again' });
  expect(await listAcceptances(db, store.sourceId)).toEqual([
    {
      ...{ reference: 'blnk_1', currency: 'USD', amount: -BIG, bookedAt: MOMENT },
      ...{ by: 'Ada', note: 'bank charge', at: expect.any(Date) as Date },
    },
  ]);
  expect(await takeBack(db, store.sourceId, 'blnk_1')).toBe(true);
  expect(await takeBack(db, store.sourceId, 'blnk_1')).toBe(false);
});

describe('the opening', () => {
  const usd: KeptOpening = {
    ...{ currency: 'USD', held: BIG, earlier: 5n, amount: -3n, unexplained: 0n },
    absorbed: { debits: 1n, credits: BIG },
  };
  const enable = (cutOver: number | null, openings: KeptOpening[]) =>
    db.transaction((tx) => enableMovements(tx, { ...store, cutOver, by: 'Ada' }, openings));

  test('is frozen with the first enabling, also over a time without', async () => {
    store = await aSettledStore(db, 'none');
    expect(await findEnabled(db, store.sourceId)).toBeUndefined();
    expect(await enable(MOMENT, [usd])).toBe(true);
    expect(await enable(MOMENT + 1, [{ ...usd, held: 0n }])).toBe(false);
    await disableMovements(db, store.sourceId);
    expect(await findEnabled(db, store.sourceId)).toBeUndefined();
    expect(await enable(null, [])).toBe(false);
    expect(await findEnabled(db, store.sourceId)).toMatchObject({ cutOver: MOMENT });
    const confirmedAt = expect.any(Date) as Date;
    expect(await readOpenings(db, store.sourceId)).toEqual([{ ...usd, confirmedAt }]);
  });

  test('of the whole history has no cut-over', async () => {
    store = await aSettledStore(db, 'none');
    await enable(null, []);
    expect(await findEnabled(db, store.sourceId)).toMatchObject({ cutOver: null });
  });
});
