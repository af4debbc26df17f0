/** The charges of the Stripe stand-in, as stripe-node and plain HTTP see them. */
import { SANDBOX_STRIPE_KEY } from '../../sandbox/stripe/keys';
import { clientOf, clock, collect, get, idsOf, NOON, start } from '../support/worlds/stripe-bench';

it('lists each by its own time, with its intent if asked for', async () => {
  const standIn = await start();
  const { world } = standIn;
  const old = await world.pay({ createdAt: NOON - 900, succeededAt: NOON - 5 });
  const card = await world.pay({ createdAt: NOON - 90, succeededAt: NOON - 80 });
  const { charges } = clientOf(standIn);
  const page = await charges.list();
  expect(idsOf(page)).toEqual([old.charge?.id, card.charge?.id]);
  expect(page.data.map(({ payment_intent }) => payment_intent)).toEqual([old.id, card.id]);
  const [rich] = (await charges.list({ expand: ['data.payment_intent'], limit: 1 })).data;
  expect(rich?.payment_intent).toMatchObject({
    ...{ id: old.id, object: 'payment_intent', status: 'succeeded', created: NOON - 900 },
    latest_charge: old.charge?.id,
  });
  const range = { gte: NOON - 80, lt: NOON - 5 };
  expect(idsOf(await charges.list({ created: range }))).toEqual([card.charge?.id]);
  expect(idsOf(await charges.list({ payment_intent: card.id }))).toEqual([card.charge?.id]);
});

it('shows a debit as pending until it settles, and an authorisation before its capture', async () => {
  const standIn = await start();
  const { world } = standIn;
  const debit = await world.create({ status: 'processing', chargeCreatedAt: NOON - 9 });
  const manual = await world.create({ status: 'requires_capture', captureMethod: 'manual' });
  const { charges } = clientOf(standIn);
  const seen = async () =>
    new Map((await charges.list()).data.map((one) => [one.payment_intent, one] as const));
  expect((await seen()).get(debit.id)).toMatchObject({ status: 'pending', paid: false });
  expect((await seen()).get(manual.id)).toMatchObject({ status: 'succeeded', captured: false });
  clock.advance(60);
  await world.succeed(debit.id);
  await world.succeed(manual.id);
  expect((await seen()).get(debit.id)).toMatchObject({ status: 'succeeded', created: NOON - 9 });
  expect((await seen()).get(manual.id)).toMatchObject({ captured: true });
});

it('takes charges of no intent, and attempts that failed, by hand and over HTTP', async () => {
  const standIn = await start();
  await standIn.world.charge({ id: 'py_1', amount: 900, sourceTransfer: 'tr_1' });
  const open = await standIn.world.create();
  const body = JSON.stringify({ id: 'ch_1', status: 'failed', paymentIntent: open.id });
  const made = await fetch(`${standIn.url}/sandbox/charges`, { method: 'POST', body });
  expect(made.status).toBe(201);
  const { charges } = clientOf(standIn);
  expect(await charges.retrieve('py_1')).toMatchObject({
    ...{ object: 'charge', payment_intent: null, source_transfer: 'tr_1', status: 'succeeded' },
    amount_captured: 900,
  });
  expect(await charges.retrieve('ch_1', { expand: ['payment_intent'] })).toMatchObject({
    ...{ status: 'failed', paid: false },
    payment_intent: { id: open.id, status: 'requires_payment_method' },
  });
});

it('needs the right to read charges, and for their intents that one too', async () => {
  const permissions = ['rak_charge_read'];
  const key = { key: 'rk_test_charges', livemode: false, permissions };
  const standIn = await start({ keys: [{ key: SANDBOX_STRIPE_KEY, livemode: false }, key] });
  expect((await get(standIn, '/v1/charges', key.key)).status).toBe(200);
  const expanded = '/v1/charges?expand[]=data.payment_intent';
  expect((await get(standIn, expanded, key.key)).status).toBe(403);
});

it('has those of a million payments without storing them, in pages without loss or repeat', async () => {
  const standIn = await start({ scenario: 'million', shape: { size: 250, days: 2 } });
  const { charges } = clientOf(standIn);
  const rows = await collect(charges.list({ limit: 100, expand: ['data.payment_intent'] }));
  expect(new Set(rows.map(({ id }) => id)).size).toBe(250);
  for (const { id, payment_intent } of rows) {
    expect(payment_intent).toMatchObject({ latest_charge: id, status: 'succeeded' });
  }
});
