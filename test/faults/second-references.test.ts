/** Pay-ins that stand under their second reference, in a ledger from which what had burnt the first one was removed. */
import { itemsIn } from '../../src/domain/proof/proof';
import { acceptNamed } from '../../src/store/acceptances';
import { connectDb, type Db } from '../../src/store/db';
import { latestProof } from '../../src/store/proofs';
import { currentSource } from '../../src/store/sources';
import { FORGET_WATERMARKS } from '../support/databases/forget-watermarks';
import { testEnvironment } from '../support/environment';
import { aPosting } from '../support/worlds/a-posting';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';
import { postLikeTheGuide, untilDecided } from '../support/worlds/guide-sample';
import { provenRun } from '../support/worlds/proven-run';

const START = Date.UTC(2026, 5, 1, 12) / 1000;
const HOUR = 3_600;
const SAMPLE = [{ id: 'pi_b', amount: 3_000, currency: 'usd', customer: 'cus_B' }];

let db: Db;
let world: DrivenWorld;

beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
beforeEach(async () => {
  const settings = { SYNC_SINCE: 'all', MOVEMENTS: 'on' };
  world = await startWorld(db, { startAt: START, settings });
  await world.stripe.world.pay({ id: 'pi_a', amount: 10_000, customer: 'cus_A' });
  await world.stripe.world.pay({ id: 'pi_b', amount: 3_000, customer: 'cus_B' });
  await postLikeTheGuide(world.blnk, SAMPLE);
  await untilDecided(world.blnk, SAMPLE);
  expect(await proven()).toEqual({ state: 'proven', named: [] });
  const { rows, forget } = world.blnk.ledger;
  forget(rows.filter(({ status }) => status !== 'APPLIED').map(({ seq }) => seq));
  expect(payIns()).toEqual(['pi_a', 'pi_b.r2']);
});
afterEach(() => world.close());

const payIns = () =>
  world.blnk.ledger.rows
    .map(({ reference }) => reference)
    .filter((reference) => reference.startsWith('pi_'))
    .sort();

async function proven() {
  world.clock.advance(HOUR);
  const { state, items } = await provenRun(db, world);
  return { state, named: items.map(({ kind, reference }) => `${kind} ${reference}`) };
}

function forget(reference: string): void {
  world.blnk.ledger.forget([world.blnk.ledger.byReference(reference)!.seq]);
}

test('are not posted a second time when everything is listed again', async () => {
  await db.query(FORGET_WATERMARKS, [world.instanceId]);
  expect(await proven()).toEqual({ state: 'proven', named: [] });
  expect(payIns()).toEqual(['pi_a', 'pi_b.r2']);
});

test('are not posted a second time with another one that the ledger has lost', async () => {
  forget('pi_a');
  expect(await proven()).toEqual({ state: 'proven', named: ['posted_again pi_a'] });
  expect(payIns()).toEqual(['pi_a', 'pi_b.r2']);
});

test('are posted again under that reference, once', async () => {
  forget('pi_b.r2');
  expect(await proven()).toEqual({ state: 'proven', named: ['posted_again pi_b.r2'] });
  expect(payIns()).toEqual(['pi_a', 'pi_b.r2']);
});

test('leave a posting of others under the first one to be named, and explained once it is accepted', async () => {
  const { instanceId, connection } = world;
  const others = { amount: 777n, source: '@stripe', destination: '@till' };
  await connection.ledger.post(
    aPosting({ reference: 'pi_b', ...others }),
    new AbortController().signal,
  );
  expect(await proven()).toEqual({ state: 'broken', named: ['foreign pi_b'] });
  const { sourceId } = (await currentSource(db, instanceId))!;
  const all = itemsIn((await latestProof(db, instanceId))!.proof);
  const postings = all.map((item) => ({ ...item, id: item.transactionId!, bookedAt: item.at }));
  const said = { by: 'ada', note: 'till', items: all };
  await acceptNamed(db, { instanceId, sourceId }, postings, said);
  expect(await proven()).toEqual({ state: 'explained', named: ['accepted pi_b'] });
});
