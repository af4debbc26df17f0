/** What a person decides about postings of others while a run searches, or between two that find the same sums. */
import { itemsIn } from '../../src/domain/proof/proof';
import type { ProofItem } from '../../src/domain/proof/proof-items';
import type { Connection } from '../../src/engine/deps';
import { acceptNamed, takeBack } from '../../src/store/acceptances';
import { connectDb, type Db } from '../../src/store/db';
import { latestProof } from '../../src/store/proofs';
import { currentSource } from '../../src/store/sources';
import { testEnvironment } from '../support/environment';
import { aPosting } from '../support/worlds/a-posting';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';
import { provenRun } from '../support/worlds/proven-run';

const START = Date.UTC(2026, 5, 1, 12) / 1000;
const HOUR = 3_600;
const { signal } = new AbortController();

let db: Db;
let world: DrivenWorld;
/** Done once the ledger has been listed. */
let onceListed: () => Promise<void>;

beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
beforeEach(async () => {
  onceListed = () => Promise.resolve();
  const settings = { SYNC_SINCE: 'all', MOVEMENTS: 'on' };
  world = await startWorld(db, { startAt: START, settings, through });
  await world.stripe.world.pay({ id: 'pi_a', amount: 10_000, customer: 'cus_A' });
  expect(await proven()).toEqual({ state: 'proven', named: [] });
});
afterEach(() => world.close());

function through(connection: Connection): Connection {
  const { ledger } = connection;
  const linesOn: typeof ledger.linesOn = async (...of) => {
    const page = await ledger.linesOn(...of);
    await onceListed();
    return page;
  };
  return { ...connection, ledger: { ...ledger, linesOn } };
}

async function items(): Promise<readonly ProofItem[]> {
  const stored = await latestProof(db, world.instanceId);
  return stored ? itemsIn(stored.proof) : [];
}

async function proven(hours = 1) {
  world.clock.advance(hours * HOUR);
  const made = await provenRun(db, world);
  const named = made.items.map(({ kind, reference, amount }) => `${kind} ${reference} ${amount}`);
  return { state: made.state, named };
}

async function post(changes: Parameters<typeof aPosting>[0]): Promise<void> {
  const others = { reference: 'by hand', amount: 777n, source: '@stripe', destination: '@till' };
  const posted = await world.connection.ledger.post(aPosting({ ...others, ...changes }), signal);
  if (posted.kind !== 'applied') throw new Error(posted.kind);
}

const placeOf = async () => {
  const { instanceId } = world;
  return { instanceId, sourceId: (await currentSource(db, instanceId))!.sourceId };
};

async function acceptAll(all: readonly ProofItem[]): Promise<void> {
  const postings = all
    .filter(({ kind }) => kind === 'foreign')
    .map((item) => ({ ...item, id: item.transactionId ?? '', bookedAt: item.at }));
  await acceptNamed(db, await placeOf(), postings, { by: 'ada', note: 'till', items: all });
}

const explained = { state: 'explained', named: ['accepted by hand 777'] };

/** A day after it was found all is searched anew. */
const NEXT_DAY = 25;

test('one that is accepted while a run lists it is no fault of that run, nor of the next', async () => {
  await post({});
  expect(await proven()).toEqual({ state: 'broken', named: ['foreign by hand 777'] });
  const found = await items();
  onceListed = () => acceptAll(found);
  expect(await proven(NEXT_DAY)).toEqual(explained);
  onceListed = () => Promise.resolve();
  expect(await proven()).toEqual(explained);
});

test('one that was accepted, and is a pay-in of ours once Stripe tells of it, is no posting of others any more', async () => {
  const metadata = {
    ...{ stripe_payment_intent_id: 'pi_x', stripe_customer_id: 'cus_A' },
    stripe_sync: { livemode: false, sync_id: 'sync_1' },
  };
  await post({ reference: 'pi_x', amount: 500n, destination: '@cus_A', metadata });
  expect(await proven()).toEqual({ state: 'broken', named: ['foreign pi_x 500'] });
  await acceptAll(await items());
  expect(await proven()).toEqual({ state: 'explained', named: ['accepted pi_x 500'] });
  await world.stripe.world.pay({ id: 'pi_x', amount: 500, customer: 'cus_A' });
  for (const hours of [1, NEXT_DAY]) {
    expect(await proven(hours)).toEqual({ state: 'proven', named: [] });
  }
});

test('an acceptance that is taken back while a run misses its posting leaves no fault', async () => {
  await post({});
  await proven();
  await acceptAll(await items());
  expect(await proven()).toEqual(explained);
  const there = world.blnk.ledger.rows.find(({ reference }) => reference === 'by hand')!;
  world.blnk.ledger.forget([there.seq]);
  // Something else is wrong as well, so that all is listed after it was found gone.
  await post({ reference: 'another', amount: 5n });
  const { sourceId } = await placeOf();
  let lists = 0;
  onceListed = async () => {
    lists += 1;
    if (lists === 2) await takeBack(db, sourceId, 'by hand');
  };
  expect(await proven()).toEqual({ state: 'broken', named: ['foreign another 5'] });
  expect(lists).toBe(2);
  onceListed = () => Promise.resolve();
  expect(await proven()).toEqual({ state: 'broken', named: ['foreign another 5'] });
});

test('one of the same amount as another that was accepted is named', async () => {
  await post({});
  expect(await proven()).toEqual({ state: 'broken', named: ['foreign by hand 777'] });
  await acceptAll(await items());
  await post({ reference: 'another' });
  const { state, named } = await proven();
  expect({ state, named: [...named].sort() }).toEqual({
    state: 'broken',
    named: ['accepted by hand 777', 'foreign another 777'],
  });
});
