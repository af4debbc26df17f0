/** Customers whose ids a merchant has made: each has a balance of its own, and none of ours. */
import { startHarness, type Harness } from '../support/worlds/harness';

let harness: Harness;
afterEach(() => harness.close());

it('every payer has a balance of their own, and stands in the metadata under the id that Stripe has', async () => {
  harness = await startHarness();
  const customers = [
    ...['jenny@example.com', 'cus.1', 'cus 1', 'stripe', 'stripe-guest', 'stripe-fees'],
    ...['Ünïcode 顧客', 'x'.repeat(300), '@stripe', 'cus_plain'],
  ];
  for (const customer of customers) await harness.stripe.world.pay({ customer });
  await harness.stripe.world.pay({ customer: null });
  expect(await harness.sync()).toMatchObject({
    status: 'completed',
    recordsPosted: customers.length + 1,
    recordsQuarantined: 0,
  });
  const booked = harness.booked();
  const nameOf = new Map(booked.map(({ meta_data, to }) => [meta_data.stripe_customer_id, to]));
  expect([...nameOf.keys()].sort()).toEqual([...customers, undefined].sort());
  expect(new Set(nameOf.values()).size).toBe(customers.length + 1);
  expect(nameOf.get('cus_plain')).toBe('@cus_plain');
  expect(nameOf.get(undefined)).toBe('@stripe-guest');
  for (const { from } of booked) expect(from).toBe('@stripe');
  for (const customer of customers.slice(0, -1)) {
    expect(nameOf.get(customer)).toMatch(/^@customer:[0-9a-f]{32}$/);
  }

  const scope = { kind: 'range', from: 1_262_304_000, to: 4_102_444_800 } as const;
  expect(await harness.sync({ scope })).toMatchObject({
    recordsAlreadyPosted: customers.length + 1,
    recordsQuarantined: 0,
  });
});

it('one that an earlier version has booked under the plain name is there, and not booked again', async () => {
  harness = await startHarness();
  const response = await fetch(`${harness.blnk.url}/transactions`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Blnk-Key': 'blnk_sandbox' },
    body: JSON.stringify({
      ...{ precise_amount: 2000, precision: 100, currency: 'USD', reference: 'pi_old' },
      ...{ source: '@stripe', destination: '@stripe-guest', description: 'x' },
      ...{ allow_overdraft: true, skip_queue: true },
      meta_data: { stripe_customer_id: 'stripe-guest' },
    }),
  });
  expect(response.status).toBe(201);
  await harness.stripe.world.pay({ id: 'pi_old', customer: 'stripe-guest' });
  expect(await harness.sync()).toMatchObject({ recordsAlreadyPosted: 1, recordsQuarantined: 0 });
});
