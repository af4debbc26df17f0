/**
 * What others do to a ledger, and what the proof of the next real sync says of it: postings by hand, figures that were
 * changed in its database, another instance beside ours.
 */
import {
  findPosting,
  noteInLedger,
  postReversal,
  reversalOf,
} from '../../src/engine/proof/posting-of-others';
import { accept } from '../../src/store/acceptances';
import { connectDb, type Db } from '../../src/store/db';
import { latestProof } from '../../src/store/proofs';
import { currentSource } from '../../src/store/sources';
import { startOwnDatabase, type OwnDatabase } from '../support/databases/own-database';
import { openCore, posted, tamperingOf, type Core } from './support';
import { IDLE, PROVEN, startSynced, type Synced } from './synced';

const { signal } = new AbortController();

let core: Core;
let database: OwnDatabase;
let db: Db;
let synced: Synced;
let stories = 0;

beforeAll(async () => {
  core = await openCore();
  database = await startOwnDatabase();
  db = connectDb(database.url);
});
afterAll(async () => {
  await db.close();
  await database.stop();
  await core.close();
});
beforeEach(async () => {
  stories += 1;
  synced = await startSynced(core, db);
  await synced.happen(4);
  expect(await synced.run()).toMatchObject(PROVEN);
});
afterEach(() => synced.close());

interface ByHand {
  readonly id: string;
  readonly reference: string;
}

/** A person's posting on our source balance. */
async function byHand(name: string, changes: Record<string, unknown> = {}): Promise<ByHand> {
  const { transaction_id, reference } = await posted(core, `${name}${stories}`, {
    ...{ source: synced.source, destination: `@till-${core.run}`, precise_amount: 777 },
    ...changes,
  });
  return { id: String(transaction_id), reference: String(reference) };
}

/** As `reconcile accept` does. */
async function acceptIt(id: string, reference: string): Promise<void> {
  const { instanceId, connection } = synced.world;
  const { sourceId } = (await currentSource(db, instanceId))!;
  const said = { by: 'ada', note: 'till' };
  const posting = { id, reference, currency: 'USD', amount: 777n, bookedAt: null };
  await accept(db, { instanceId, sourceId }, [posting], said);
  expect(await noteInLedger(connection.ledger, id, said, signal)).toBe(true);
}

const broken = (...named: string[]) => ({ state: 'broken', posted: 0, named: named.sort() });

test('a person’s posting on the source balance is named, and once accepted explained, also by a new database', async () => {
  const { id, reference } = await byHand('hand');
  expect(await synced.run()).toMatchObject(broken(`foreign ${reference}`));
  await acceptIt(id, reference);
  const explained = { ...IDLE, state: 'explained', named: [`accepted ${reference}`] };
  expect(await synced.run()).toEqual(explained);
  const before = await synced.books();
  await synced.loseDatabase();
  expect(await synced.run()).toMatchObject({ state: 'explained', named: explained.named });
  expect(await synced.books()).toEqual(before);
  expect(await synced.run()).toEqual(explained);
});

test('one that names our balance by its id is named in the currency of that, whatever it says, and taken back there', async () => {
  const { ledger } = synced.world.connection;
  const before = await synced.books();
  const balances = await ledger.turnoversOf([synced.source], signal);
  const { balanceId } = balances.find(({ currency }) => currency === 'USD')!;
  const { reference } = await byHand('by-id', { source: balanceId, currency: 'EUR' });
  expect(await synced.run()).toMatchObject(broken(`foreign ${reference}`));
  const { proof } = (await latestProof(db, synced.world.instanceId))!;
  const [item] = proof.currencies.flatMap(({ items }) => items);
  expect(item).toMatchObject({ currency: 'USD', amount: 777n });
  const line = (await findPosting(ledger, synced.source, item!, signal))!;
  const said = { by: 'ada', note: 'twice' };
  const reversal = (await reversalOf(ledger, line, said, false, signal))!;
  const done = await postReversal(ledger, reversal, signal);
  expect(done).toMatchObject({ kind: 'done' });
  expect(await postReversal(ledger, reversal, signal)).toEqual(done);
  const key = `${synced.source} USD`;
  const [debits, credits] = before[key]!.split(' ').map(BigInt) as [bigint, bigint];
  expect((await synced.books())[key]).toBe(`${debits + 777n} ${credits + 777n}`);
  const both = [`foreign ${reference}`, `foreign ${reference}.reversed`];
  expect(await synced.run()).toMatchObject(broken(...both));
});

test('a pair of them that cancels is named, both of it', async () => {
  const there = await byHand('there');
  const back = await byHand('back', {
    ...{ source: `@till-${core.run}`, destination: synced.source },
  });
  expect(await synced.run()).toMatchObject(
    broken(`foreign ${there.reference}`, `foreign ${back.reference}`),
  );
});

test('a balance that was changed in the database is named, and right again once it is counted anew', async () => {
  const tampering = tamperingOf(core);
  if (!tampering) return;
  const { ledger } = synced.world.connection;
  const before = await synced.books();
  const { balanceId } = (await ledger.turnoversOf([synced.source], signal)).find(
    ({ currency }) => currency === 'USD',
  )!;
  await tampering.raiseDebits(balanceId, 7n);
  expect(await synced.run()).toMatchObject(broken(`corrupt_debits ${balanceId}`));
  await ledger.recount(balanceId, signal);
  expect(await synced.run()).toEqual(IDLE);
  expect(await synced.books()).toEqual(before);
});

test('an amount that was changed in the database is named, until it is right again', async () => {
  const tampering = tamperingOf(core);
  if (!tampering) return;
  const { ledger } = synced.world.connection;
  const before = await synced.books();
  const { reference } = (await synced.own()).find((one) => one.reference.endsWith('.fee'))!;
  const [entry] = await ledger.lookUp([reference], signal);
  const amount = entry!.amount!;
  await tampering.changeAmount(reference, amount + 5n);
  const { state, named, posted: count } = await synced.run();
  expect({ state, count }).toEqual({ state: 'broken', count: 0 });
  expect(named).toContain(`other_in_ledger ${reference}`);
  await tampering.changeAmount(reference, amount);
  expect(await synced.run()).toEqual(IDLE);
  expect(await synced.books()).toEqual(before);
});

test('another account by a source balance of its own in the same ledger is proven as well, and neither names the other', async () => {
  const other = await startSynced(core, db);
  try {
    await other.happen(3);
    await synced.happen(2);
    expect([await other.run(), await synced.run()]).toMatchObject([PROVEN, PROVEN]);
    await synced.expectWhole();
    await other.expectWhole();
    expect([await other.run(), await synced.run()]).toEqual([IDLE, IDLE]);
  } finally {
    await other.close();
  }
});
