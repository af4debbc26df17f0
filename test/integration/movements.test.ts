/** Everything that moves Stripe's balance, from its stand-in to the ledger's, over HTTP. */
import { currenciesOf, heldIn, totalOf } from '../../src/domain/proof/balance-reading';
import { movementTotals } from '../../src/domain/movements/movement-counts';
import type { Progress } from '../../src/domain/progress';
import { legsOfSync } from '../../src/store/leg-counts';
import { enableMovements } from '../../src/store/openings';
import { latestProof } from '../../src/store/proofs';
import { currentSource } from '../../src/store/sources';
import { startHarness, type Harness } from '../support/worlds/harness';

let harness: Harness;
afterEach(() => harness.close());

async function enable(cutOver: number | null = null): Promise<string> {
  const { db, instanceId } = harness;
  const { sourceId } = (await currentSource(db, instanceId))!;
  const enabling = { instanceId, sourceId, cutOver, by: 'test' };
  await db.transaction((tx) => enableMovements(tx, enabling, []));
  return sourceId;
}

/** Minor units by currency: what Stripe says that it holds, and what its balance in the ledger says. */
async function sides(): Promise<Record<'stripe' | 'ledger', Record<string, bigint>>> {
  const { stripe, ledger } = await harness.deps.connect(harness.instanceId);
  const { signal } = new AbortController();
  const reading = await stripe.readBalance(signal);
  const turnovers = await ledger.turnoversOf(['@stripe'], signal);
  const held = currenciesOf(reading, []).map(
    (code) => [code, totalOf(heldIn(reading, code))] as const,
  );
  const booked = turnovers.map(
    ({ currency, debits, credits }) => [currency, debits - credits] as const,
  );
  return { stripe: Object.fromEntries(held), ledger: Object.fromEntries(booked) };
}

it('books a month of movements, after which the ledger holds what Stripe holds', async () => {
  harness = await startHarness({ scenario: 'month' });
  const first = await harness.sync();
  expect(first).toMatchObject({ status: 'completed', recordsQuarantined: 0 });
  await enable();
  const second = await harness.sync();
  expect(second).toMatchObject({ status: 'completed', recordsFound: 0 });
  const { stripe, ledger } = await sides();
  expect(ledger).toEqual({ ...stripe, EUR: 0n });
  const proof = await latestProof(harness.db, harness.instanceId);
  expect(proof?.proof.state).toBe('proven');
  // Who has followed it has seen all of them by then, and each once.
  const handle = harness.client.workflow.getHandle(second.workflowId);
  const told = await handle.query<Progress>('progress');
  const legs = movementTotals(await legsOfSync(harness.db, second.syncId));
  expect(told).toMatchObject({ phase: 'finishing', found: 0, legs });
  expect(legs.posted).toBeGreaterThan(200);
  const [kept] = await harness.db.query<{ rows: number }>(
    'select count(*) as rows from balance_transactions where instance_id = $1',
    [harness.instanceId],
  );
  // Where a window was cut, some rows are read twice.
  expect(told.rows).toBeGreaterThanOrEqual(kept?.rows ?? 1);
  const before = harness.booked().length;
  expect(before).toBeGreaterThan(400);
  await harness.sync();
  expect(harness.booked()).toHaveLength(before);
});

it('proves an account without any money', async () => {
  harness = await startHarness({ settings: { MOVEMENTS: 'on' } });
  await harness.stripe.world.viewBalance({ omitsZero: true });
  expect(await harness.sync()).toMatchObject({ status: 'completed' });
  const proof = await latestProof(harness.db, harness.instanceId);
  expect(proof?.proof).toMatchObject({ state: 'proven', currencies: [] });
});
