/** What proofs give an on-call person to do: told once by webhook and once in Blnk Cloud, until it is proven again. */
import { SANDBOX_STRIPE_KEY } from '../../sandbox/stripe/keys';
import type { Alert } from '../../sandbox/blnk/alerts';
import { latestProof } from '../../src/store/proofs';
import { startAlertWorld, type AlertWorld } from '../support/worlds/alert-world';
import { startReceiver, type Receiver } from '../support/worlds/webhook-receiver';

let receiver: Receiver;
let world: AlertWorld;

beforeAll(async () => void (receiver = await startReceiver('pager')));
afterAll(() => receiver.away());
beforeEach(async () => {
  receiver.clear();
  world = await startAlertWorld(receiver.url);
  await world.harness.reconfigure({ BLNK_KIND: 'cloud', MOVEMENTS: 'on', SYNC_SINCE: 'all' });
  await world.harness.stripe.world.pay({ amount: 4_321 });
  expect(await prove()).toBe('proven');
  await world.round();
});
afterEach(() => world.close());

const id = () => world.harness.instanceId;

/** One more sync. @returns what it has proven */
async function prove(): Promise<string | undefined> {
  expect((await world.harness.sync()).status).toMatch(/^completed/);
  return (await latestProof(world.harness.db, id()))?.proof.state;
}

interface Text {
  readonly problem: string;
  readonly codes: readonly string[];
  readonly what: string;
  readonly next: string;
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** To each of both once, also after more syncs and rounds, and no word of the amounts. */
async function expectTold({ problem, codes, what, next }: Text): Promise<Alert> {
  await prove();
  await world.round();
  await world.round();
  const [message, ...more] = receiver.messages();
  expect(more).toEqual([]);
  expect(message).toEqual({
    ...{ version: 1, event: 'problem.opened', instanceId: id(), problem, subject: null },
    ...{ codes, what, next, openedAt: expect.stringMatching(TIME) as string, overAt: null },
  });
  const [alert, ...others] = world.raised();
  expect(others).toEqual([]);
  const { ledger } = world.harness.blnk;
  expect(alert).toMatchObject({
    ...{ type: 'Balance', affected_balances: [ledger.balances.named('@stripe')[0]!.id] },
    title: `Stripe Sync: ${what}`,
    description: `${what} (${codes.join(', ')}). Open since ${message!.openedAt}. ${next}`,
  });
  expect(JSON.stringify([message, alert])).not.toMatch(/1234|12\.34|4321|43\.21/);
  expect(await world.problems()).toMatchObject([{ problem, told: ['cloud', 'webhook'] }]);
  return alert!;
}

async function expectOver({ problem, codes, what }: Text, alert: Alert): Promise<void> {
  await world.round();
  await world.round();
  expect(await world.problems()).toEqual([]);
  const [opened, over, ...more] = receiver.messages();
  expect(more).toEqual([]);
  expect(over).toMatchObject({ event: 'problem.over', problem, openedAt: opened!.openedAt });
  expect(over!.overAt).toMatch(TIME);
  expect(world.raised()).toMatchObject([
    {
      anomaly_id: alert.anomaly_id,
      title: `Stripe Sync: ${what} - Resolved`,
      description: `${what} (${codes.join(', ')}). Open since ${opened!.openedAt}, over since ${over!.overAt}.`,
    },
  ]);
}

test('a second broken proof is told, and that it is proven again', async () => {
  const text = {
    ...{ problem: 'PROOF_BROKEN', codes: ['USD'] },
    what: 'The ledger does not hold what Stripe holds, and the difference is not explained',
    next: 'The proof names what was found, each with what to do: `proofs show`, or the page “Proof” of the app. `repair --plan` shows what can be mended. Syncs go on meanwhile.',
  };
  await world.byHand('by hand');
  expect(await prove()).toBe('broken');
  await world.round();
  // A single one may be a row that Stripe lists late.
  expect([receiver.messages(), world.raised()]).toEqual([[], []]);
  expect(await prove()).toBe('broken');
  await world.round();
  const alert = await expectTold(text);

  const { ledger } = world.harness.blnk;
  ledger.forget([ledger.rows.find(({ reference }) => reference === 'by hand')!.seq]);
  expect(await prove()).toBe('proven');
  await expectOver(text, alert);
});

test('a day in which nothing was proven is told with why, and that it is proven again', async () => {
  const text = {
    ...{ problem: 'PROOF_STALE', codes: ['NOT_READ', 'rak_balance_read', 'USD'] },
    what: 'For 24 hours nothing has shown that the ledger holds what Stripe holds',
    next: '`proofs show`, or the page “Proof” of the app, tells why; `check` names a permission that a key lacks; `reconcile` makes a proof now.',
  };
  const key = { key: SANDBOX_STRIPE_KEY, livemode: false };
  const permissions = ['rak_payment_intent_read', 'rak_event_read', 'rak_accounts_kyc_basic_read'];
  world.harness.stripe.addKey({ ...key, permissions });
  expect(await prove()).toBe('not_read');
  await world.round();
  expect([receiver.messages(), world.raised()]).toEqual([[], []]);
  // As if it had been so for a day.
  const { db } = world.harness;
  await db.query('update proofs set at_s = at_s - 90000 where instance_id = $1', [id()]);
  await db.query(
    `update sources set movements_since = movements_since - interval '25 hours' where instance_id = $1`,
    [id()],
  );
  await world.round();
  const alert = await expectTold(text);

  world.harness.stripe.addKey(key);
  expect(await prove()).toBe('proven');
  await expectOver(text, alert);
});
