/**
 * Two deployments carry the same Stripe account into one ledger, each to a source balance of its own. References are
 * Stripe's, so each thing is booked by whichever comes first, and the other one has to say what it could not book.
 */
import { listProblems } from '../../src/alerts/list';
import { reach } from '../../src/commands/verdict';
import { proofAsText } from '../../src/domain/proof/proof-text';
import { gatherEvidence } from '../../src/engine/evidence';
import { connectDb, type Db } from '../../src/store/db';
import { latestProof } from '../../src/store/proofs';
import { testEnvironment } from '../support/environment';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';

const START = Date.UTC(2026, 5, 11, 12) / 1000;
const OTHER = { BLNK_SOURCE_BALANCE: '@psp', BLNK_GUEST_BALANCE: '@psp-guest' };
const never = new AbortController().signal;

let db: Db;
let first: DrivenWorld;
let second: DrivenWorld;
beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
afterEach(async () => {
  await second.close();
  await first.close();
});

async function begin(since: string): Promise<void> {
  const settings = { MOVEMENTS: 'on', SYNC_SINCE: since };
  first = await startWorld(db, { startAt: START, settings });
  second = await startWorld(db, {
    ...{ startAt: START, beside: first, settings: { ...settings, ...OTHER } },
  });
}

const takes = (id: string, fee: number, ago = 0) =>
  first.stripe.world.pay({
    ...{ id, amount: 10_000, customer: 'cus_1', settle: { fee } },
    ...{ createdAt: START - ago, succeededAt: START - ago },
  });

/** @returns what is proven, and pay-ins that were set aside */
async function sync(world: DrivenWorld): Promise<[string, number]> {
  first.clock.advance(3_600);
  const { row } = await world.driver.sync();
  expect(row?.status).toMatch(/^completed/);
  return [(await proofOf(world)).state, row!.counts.quarantined];
}

const proofOf = async (world: DrivenWorld) => (await latestProof(db, world.instanceId))!.proof;

/** What it names, each by kind, reference and reason, the ids of rows without their numbers. */
async function named(world: DrivenWorld): Promise<string[]> {
  const { currencies } = await proofOf(world);
  return currencies
    .flatMap(({ items }) => items.map((one) => `${one.kind} ${one.reference} ${one.note}`))
    .map((text) => text.replace(/txn_[^. ]+/, 'txn').replace(/acct_\w+/, 'acct'))
    .sort();
}

/** As an alert, `explain` and `quarantine list` say it. */
async function expectToldOf(world: DrivenWorld, payment: string): Promise<void> {
  const problems = await listProblems(db, world.instanceId);
  expect(problems).toContainEqual(
    expect.objectContaining({
      ...{ problem: 'CONFLICT', subject: payment },
      what: 'Blnk holds another transaction under the reference of a Stripe payment',
    }),
  );
  const { evidence, context } = await gatherEvidence(db, world.connection, payment, never);
  expect(reach(evidence, context)).toMatch(
    /^Set aside, and the ledger holds a transaction .* \(CONFLICT\).* Different: source\.$/,
  );
}

test('the second is not proven, names what the first has booked, and tells whose balance differs', async () => {
  await begin('all');
  await takes('pi_1', 100);
  await first.stripe.world.money.chargeFee({ amount: 25 });
  expect(await sync(first)).toEqual(['proven', 0]);
  expect(await sync(second)).toEqual(['explained', 1]);
  const taken = ['set_aside txn CONFLICT', 'set_aside txn.fee CONFLICT'];
  expect(await named(second)).toEqual(taken);
  const text = proofAsText(await proofOf(second), '@psp');
  expect(text).toMatch(/set aside, not in the ledger: txn_\S+\.fee -1\.00, [^(]+ \(CONFLICT\)/);
  await expectToldOf(second, 'pi_1');
  expect([await sync(first), await named(first)]).toEqual([['proven', 0], []]);

  // Whatever is new is whose sync comes first.
  await takes('pi_2', 100);
  expect(await sync(second)).toEqual(['explained', 0]);
  expect(await sync(first)).toEqual(['explained', 1]);
  expect(await named(first)).toEqual(['set_aside txn.fee CONFLICT']);
  await expectToldOf(first, 'pi_2');
  const references = first.blnk.ledger.rows.map(({ reference }) => reference);
  expect(new Set(references).size).toBe(references.length);
});

test('nor does it take over the opening balance of the first, or post a second one', async () => {
  await begin('2026-06-01');
  await takes('pi_before', 100, 20 * 86_400);
  await takes('pi_1', 100);
  expect(await sync(first)).toEqual(['waiting', 0]);
  expect(await sync(first)).toEqual(['proven', 0]);
  expect(await sync(second)).toEqual(['waiting', 1]);
  expect(await sync(second)).toEqual(['explained', 0]);
  expect(await named(second)).toEqual([
    'set_aside opening.acct.USD.2026-06-01 CONFLICT',
    'set_aside txn.fee CONFLICT',
  ]);
  await expectToldOf(second, 'pi_1');
  expect((await sync(first))[0]).toBe('proven');
});

test('where Stripe takes no fee of a payment, the payment is what tells of it', async () => {
  await begin('all');
  await takes('pi_1', 0);
  expect(await sync(first)).toEqual(['proven', 0]);
  expect((await sync(second))[1]).toBe(1);
  await expectToldOf(second, 'pi_1');
});
