/** Charges without a PaymentIntent: in no ledger, and named wherever a person could take them for synced. */
import type { Report } from '../../src/domain/report';
import { applySchedule } from '../../src/temporal/schedules';
import { startWorker } from '../support/worlds/cli-worker';
import { startCliWorld, type CliWorld } from '../support/worlds/cli-world';

let world: CliWorld;
let chargeOfIntent: string;

beforeAll(async () => {
  world = await startCliWorld({ scenario: 'empty', worker: startWorker });
  const { world: stripe } = world.stripe;
  const paid = await stripe.pay({ id: 'pi_1', amount: 5000, currency: 'eur', customer: 'cus_1' });
  chargeOfIntent = paid.charge?.id ?? '';
  await applySchedule(world.client, 'sandbox', '0 0 1 1 *');
});
afterAll(() => world.close());

test('an account that has none is told so by check', async () => {
  const { stdout, code } = await world.cli('check');
  expect(code).toBe(0);
  expect(stdout).toContain(
    'ok      not carried over   none of the 1 charge is without a PaymentIntent',
  );
});

test('check counts them with one read, and they are in no report', async () => {
  const { world: stripe, requests } = world.stripe;
  await stripe.charge({ id: 'ch_legacy', amount: 4000 });
  await stripe.charge({ id: 'py_connect', amount: 900, sourceTransfer: 'tr_1' });
  await stripe.charge({ id: 'ch_failed', amount: 70, status: 'failed' });
  requests.clear();
  const { stdout, code } = await world.cli('check');
  expect(code).toBe(0);
  expect(stdout).toMatch(/note +not carried over +2 of the 4 charges have no PaymentIntent\n/);
  expect(stdout).toContain('They are not in the ledger: charges without a PaymentIntent');
  // Beside the one that tries the right to read them.
  const counting = requests.list('/v1/charges').filter(({ query }) => query !== 'limit=1');
  expect(counting).toHaveLength(1);

  const { data } = await world.json('sync');
  expect(data as Report).toMatchObject({ recordsFound: 1, recordsPosted: 1 });
  expect(world.blnk.ledger.rows.map(({ reference }) => reference)).toEqual(['pi_1']);
});

test('of more than a page check says how many at least', async () => {
  for (let index = 0; index < 120; index += 1) await world.stripe.world.charge();
  const { stdout } = await world.cli('check');
  expect(stdout).toContain('at least 100 of the newest 100 charges have no PaymentIntent');
});

test('status names them, and how late an event may be listed', async () => {
  const [text, json] = await Promise.all([world.cli('status'), world.json('status')]);
  expect(text.stdout).toMatch(
    /Not taken +charges without a PaymentIntent \(made with the Charges API/,
  );
  expect(text.stdout).toMatch(/Looks back +10 minutes in each sync, 3 days once a day \(last 20/);
  expect(json.data).toMatchObject({
    notTaken: [expect.stringContaining('charges without a PaymentIntent'), expect.any(String)],
    lookBack: { eachSync: 600, onceADay: 259_200, lastAt: expect.stringMatching(/^20/) as string },
  });
});

test.each(['ch_legacy', 'py_connect'])('%s is explained as not in the ledger', async (id) => {
  const { code, data } = await world.json('explain', id);
  expect(code).toBe(0);
  expect(data).toMatchObject({
    chargeId: id,
    paymentIntentId: null,
    verdict: expect.stringMatching(
      /^Not in the ledger: .* `movements plan` .* Else book it by hand\.$/,
    ) as string,
    ledger: [],
  });
  const { stdout } = await world.cli('explain', id);
  expect(stdout).toMatch(/Stripe +succeeded, (40|9)\.00 USD, made 20.*, no PaymentIntent/);
});

test('a charge that failed is no payment, one that nobody knows exits 3, another id 2', async () => {
  expect((await world.json('explain', 'ch_failed')).data).toMatchObject({
    verdict: 'Not a pay-in: the charge is failed.',
  });
  expect((await world.cli('explain', 'ch_nobody')).code).toBe(3);
  expect((await world.cli('explain', 'xy_1')).code).toBe(2);
});

test('the charge of a PaymentIntent is explained as that', async () => {
  const [ofCharge, ofIntent] = await Promise.all([
    world.json('explain', chargeOfIntent),
    world.json('explain', 'pi_1'),
  ]);
  expect(ofCharge.data).toEqual(ofIntent.data);
  expect(ofCharge.data).toMatchObject({ paymentIntentId: 'pi_1' });
});

test('of a payment that was refunded it is said that refunds are not booked', async () => {
  const asked = `${world.stripe.url}/v1/payment_intents/pi_1?expand[]=latest_charge`;
  const answer = await fetch(asked, { headers: { Authorization: 'Bearer sk_test_sandbox' } });
  const intent = (await answer.json()) as { latest_charge: object };
  const json = { ...intent, latest_charge: { ...intent.latest_charge, amount_refunded: 1250 } };
  const path = '/v1/payment_intents/pi_1';
  const refunded = world.stripe.faults.add({ path, fault: { kind: 'status', status: 200, json } });
  const [text, data] = [await world.cli('explain', 'pi_1'), await world.json('explain', 'pi_1')];
  refunded.remove();
  expect(text.stdout).toMatch(/Stripe +succeeded, 50.00 EUR, 12.50 EUR refunded, cus_1, created/);
  expect(text.stdout).toMatch(
    /Verdict +In the ledger, .* Refunds are booked with movements alone: .* Else book what/,
  );
  expect(data.data).toMatchObject({ stripe: { refunded: '1250' } });
  expect((await world.cli('explain', 'pi_1')).stdout).not.toContain('efund');
});

test('a key that may not read charges has them uncounted, and passes the check', async () => {
  const permissions = ['rak_payment_intent_read', 'rak_event_read', 'rak_accounts_kyc_basic_read'];
  world.stripe.addKey({ key: 'sk_test_sandbox', livemode: false, permissions });
  const { stdout, code } = await world.cli('check');
  expect(code).toBe(0);
  expect(stdout).toMatch(/note +not carried over .* the key may not read charges/);
  // What it may read is explained all the same.
  expect((await world.cli('explain', 'pi_1')).stdout).toContain('Verdict  In the ledger');
});
