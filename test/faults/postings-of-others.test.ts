/** What others have posted to the source balance in ways of their own, and what becomes of what a person has accepted. */
import { SANDBOX_BLNK_KEY } from '../../sandbox/blnk/keys';
import { itemsIn } from '../../src/domain/proof/proof';
import type { ProofItem } from '../../src/domain/proof/proof-items';
import {
  findPosting,
  postReversal,
  reversalOf,
  type Reversed,
} from '../../src/engine/proof/posting-of-others';
import { acceptNamed } from '../../src/store/acceptances';
import { connectDb, type Db } from '../../src/store/db';
import { latestProof } from '../../src/store/proofs';
import { currentSource } from '../../src/store/sources';
import { testEnvironment } from '../support/environment';
import { aPosting } from '../support/worlds/a-posting';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';
import { provenRun } from '../support/worlds/proven-run';

const START = Date.UTC(2026, 5, 1, 12) / 1000;
const HOUR = 3_600;
const SAID = { by: 'ada', note: 'till' };
const { signal } = new AbortController();

let db: Db;
let world: DrivenWorld;

beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
beforeEach(async () => {
  world = await startWorld(db, {
    startAt: START,
    settings: { SYNC_SINCE: 'all', MOVEMENTS: 'on', BLNK_API_KEY: SANDBOX_BLNK_KEY },
  });
  const { world: account } = world.stripe;
  await account.pay({ id: 'pi_a', amount: 10_000, customer: 'cus_A' });
  await account.pay({ id: 'pi_b', amount: 3_000, currency: 'eur', customer: 'cus_B' });
  expect(await proven()).toEqual({ state: 'proven', named: [] });
});
afterEach(() => world.close());

const placeOf = async () => {
  const { instanceId } = world;
  return { instanceId, sourceId: (await currentSource(db, instanceId))!.sourceId };
};

async function items(): Promise<readonly ProofItem[]> {
  const stored = await latestProof(db, world.instanceId);
  return stored ? itemsIn(stored.proof) : [];
}

async function proven() {
  world.clock.advance(HOUR);
  const made = await provenRun(db, world);
  const named = made.items.map(
    ({ kind, reference, currency, amount }) => `${kind} ${reference} ${amount} ${currency}`,
  );
  return { state: made.state, named };
}

/** By hand, or by another program. */
async function post(changes: Parameters<typeof aPosting>[0]): Promise<string> {
  const others = { reference: 'by hand', amount: 777n, source: '@stripe', destination: '@till' };
  const posted = await world.connection.ledger.post(aPosting({ ...others, ...changes }), signal);
  if (posted.kind !== 'applied') throw new Error(posted.kind);
  return posted.transactionId;
}

/** Everything that the last proof names as posted by others. */
async function acceptAll(): Promise<void> {
  const all = await items();
  const postings = all
    .filter(({ kind }) => kind === 'foreign')
    .map((item) => ({ ...item, id: item.transactionId ?? '', bookedAt: item.at }));
  await acceptNamed(db, await placeOf(), postings, { ...SAID, items: all });
}

const balance = (name: string, currency = 'USD') =>
  world.blnk.ledger.balances.find(name, currency)!;

describe('a posting that names our balance by its id, and another currency', () => {
  beforeEach(() => post({ source: balance('@stripe').id, currency: 'EUR' }));

  test('is named in the currency of the balance, and explained once it is accepted', async () => {
    expect(await proven()).toEqual({ state: 'broken', named: ['foreign by hand 777 USD'] });
    await acceptAll();
    expect(await proven()).toEqual({ state: 'explained', named: ['accepted by hand 777 USD'] });
  });

  test('is taken back between the same two balances', async () => {
    await proven();
    const [item] = await items();
    const { ledger } = world.connection;
    const line = (await findPosting(ledger, '@stripe', item!, signal))!;
    const reversal = (await reversalOf(ledger, line, SAID, false, signal))!;
    expect(reversal).toMatchObject({ from: '@till', to: '@stripe' });
    const done = await postReversal(ledger, reversal, signal);
    expect(done).toMatchObject<Partial<Reversed>>({ kind: 'done' });
    // Run again, after it ended before it knew.
    expect(await postReversal(ledger, reversal, signal)).toEqual(done);
    for (const [name, currency] of [
      ['@stripe', 'USD'],
      ['@till', 'EUR'],
    ] as const) {
      const { debit, credit } = balance(name, currency);
      expect([name, credit - debit]).toEqual([name, name === '@till' ? 0n : -10_000n + 320n]);
    }
    await proven();
    await acceptAll();
    expect(await proven()).toMatchObject({ state: 'explained' });
  });
});

test.each(['.r2', '_q'])(
  'a second posting of a movement, under its reference with %s, is named',
  async (behind) => {
    await post({ reference: `pi_a${behind}` });
    const named = [`foreign pi_a${behind} 777 USD`];
    expect(await proven()).toEqual({ state: 'broken', named });
  },
);

describe('what stands under an accepted reference', () => {
  test.each<[string, Parameters<typeof aPosting>[0], string]>([
    ['with another amount', { amount: 999n }, '999 USD'],
    ['in the other direction', { source: '@till', destination: '@stripe' }, '-777 USD'],
    ['in another currency', { currency: 'EUR' }, '777 EUR'],
  ])('%s is named, and accepted in its place', async (_what, other, told) => {
    await post({});
    await proven();
    await acceptAll();
    const explained = { state: 'explained', named: ['accepted by hand 777 USD'] };
    expect(await proven()).toEqual(explained);
    // Restored from before it, and posted once more by a person.
    const there = world.blnk.ledger.rows.find(({ reference }) => reference === 'by hand')!;
    world.blnk.ledger.forget([there.seq]);
    await post(other);
    const broken = await proven();
    expect(broken.state).toBe('broken');
    expect([...broken.named].sort()).toEqual([
      'accepted by hand 777 USD',
      'accepted_gone by hand 777 USD',
      `foreign by hand ${told}`,
    ]);
    await acceptAll();
    expect(await proven()).toEqual({ state: 'explained', named: [`accepted by hand ${told}`] });
  });
});
