/** The Stripe stand-in's lists and objects, through stripe-node and plain HTTP. */
import type Stripe from 'stripe';
import { SANDBOX_STRIPE_KEY } from '../../sandbox/stripe/keys';
import {
  clientOf,
  clock,
  collect,
  DAY,
  get,
  idsOf,
  NOON,
  start,
} from '../support/worlds/stripe-bench';

describe('order and cursors', () => {
  it('lists the newest first, and the later made first within a second', async () => {
    const standIn = await start();
    const old = await standIn.world.pay({ createdAt: NOON - 50 });
    const first = await standIn.world.pay({ createdAt: NOON - 10 });
    const second = await standIn.world.pay({ createdAt: NOON - 10 });
    const inserted = await standIn.world.pay({ createdAt: NOON - 30 });
    const page = await clientOf(standIn).paymentIntents.list();
    expect(idsOf(page)).toEqual([second.id, first.id, inserted.id, old.id]);
    expect(page).toMatchObject({ object: 'list', has_more: false, url: '/v1/payment_intents' });
  });

  it('splits a second of many pay-ins over pages without loss or repeat', async () => {
    const standIn = await start();
    for (let n = 0; n < 230; n += 1) await standIn.world.pay({ createdAt: NOON - 5 });
    const rows = await collect(clientOf(standIn).paymentIntents.list({ limit: 100 }));
    expect(new Set(rows.map(({ id }) => id)).size).toBe(230);
    expect(rows).toHaveLength(230);
    expect(standIn.requests.list('/v1/payment_intents')).toHaveLength(3);
  });

  it('continues below the cursor when newer pay-ins arrive between pages', async () => {
    const standIn = await start();
    const made: string[] = [];
    for (let n = 0; n < 4; n += 1) {
      made.unshift((await standIn.world.pay({ createdAt: NOON - 40 + n })).id);
    }
    const { paymentIntents } = clientOf(standIn);
    const head = await paymentIntents.list({ limit: 2 });
    await standIn.world.pay();
    const tail = await paymentIntents.list({ limit: 2, starting_after: head.data[1]!.id });
    expect([...idsOf(head), ...idsOf(tail)]).toEqual(made);
    expect([head.has_more, tail.has_more]).toEqual([true, false]);
  });

  it('keeps pages before a cursor newest first and tells whether still newer ones exist', async () => {
    const standIn = await start();
    const made: string[] = [];
    for (let n = 0; n < 5; n += 1) {
      made.unshift((await standIn.world.pay({ createdAt: NOON - 40 + n })).id);
    }
    const { paymentIntents } = clientOf(standIn);
    const near = await paymentIntents.list({ limit: 2, ending_before: made[4]! });
    expect(idsOf(near)).toEqual([made[2], made[3]]);
    expect(near.has_more).toBe(true);
    const rest = await paymentIntents.list({ limit: 2, ending_before: made[2]! });
    expect(idsOf(rest)).toEqual([made[0], made[1]]);
    expect(rest.has_more).toBe(false);
  });

  it('makes ids that do not sort by time', async () => {
    const standIn = await start();
    const made: string[] = [];
    for (let n = 0; n < 30; n += 1) {
      made.push((await standIn.world.pay({ createdAt: NOON - 40 + n })).id);
    }
    expect([...made].sort()).not.toEqual(made);
    expect(made.every((id) => /^pi_3\w{23}$/.test(id))).toBe(true);
  });
});

describe('windows', () => {
  it('takes all four bounds and a single second', async () => {
    const standIn = await start();
    const [a, b, c] = await Promise.all(
      [30, 20, 10].map((ago) => standIn.world.pay({ createdAt: NOON - ago })),
    );
    const { paymentIntents } = clientOf(standIn);
    const within = async (created: Stripe.RangeQueryParam | number) =>
      idsOf(await paymentIntents.list({ created }));
    expect(await within({ gte: NOON - 20 })).toEqual([c!.id, b!.id]);
    expect(await within({ gt: NOON - 20 })).toEqual([c!.id]);
    expect(await within({ lte: NOON - 20 })).toEqual([b!.id, a!.id]);
    expect(await within({ lt: NOON - 20 })).toEqual([a!.id]);
    expect(await within({ gt: NOON - 30, lt: NOON - 10 })).toEqual([b!.id]);
    expect(await within(NOON - 20)).toEqual([b!.id]);
  });

  it('answers a cursor from outside the window with an empty last page', async () => {
    const standIn = await start();
    const inside = await standIn.world.pay({ createdAt: NOON - 100 });
    const outside = await standIn.world.pay({ createdAt: NOON - 10 });
    const { paymentIntents } = clientOf(standIn);
    const created = { lte: NOON - 50 };
    const trapped = await paymentIntents.list({ created, starting_after: outside.id });
    expect(trapped).toMatchObject({ data: [], has_more: false });
    expect(idsOf(await paymentIntents.list({ created }))).toEqual([inside.id]);
  });

  it.each([
    ['limit=0', 'limit', undefined],
    ['limit=101', 'limit', undefined],
    ['limit=ten', 'limit', 'parameter_invalid_integer'],
    ['status=succeeded', 'status', 'parameter_unknown'],
    ['created[since]=1', 'created[since]', 'parameter_unknown'],
    ['expand=data.latest_charge', 'expand', undefined],
    ['expand[]=data.review', 'expand', undefined],
    ['starting_after=pi_3x', 'starting_after', 'resource_missing'],
    ['ending_before=pi_3x', 'ending_before', 'resource_missing'],
    ['starting_after=pi_3x&ending_before=pi_3y', 'ending_before', undefined],
    ['limit=', 'limit', 'parameter_invalid_empty'],
  ])('refuses ?%s with 400', async (query, param, code) => {
    const { status, body } = await get(await start(), `/v1/payment_intents?${query}`);
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ type: 'invalid_request_error', param });
    expect(body.error.code).toBe(code);
  });

  it('takes arrays with and without an index', async () => {
    const standIn = await start();
    await standIn.world.pay();
    const type = 'payment_intent.succeeded';
    for (const brackets of ['[]', '[0]']) {
      const { body } = await get(standIn, `/v1/events?types${brackets}=${type}`);
      expect(body.data).toHaveLength(1);
    }
  });
});

describe('late payments', () => {
  it('lists a late success under its creation and its event under the success', async () => {
    const standIn = await start();
    const { id } = await standIn.world.create({ createdAt: NOON - 40 * DAY, amount: 900 });
    const stripe = clientOf(standIn);
    const before = await stripe.paymentIntents.retrieve(id);
    expect(before).toMatchObject({ status: 'requires_payment_method', amount_received: 0 });

    await standIn.world.succeed(id, { at: NOON - 20, amountReceived: 800 });
    const recent = await stripe.paymentIntents.list({ created: { gte: NOON - DAY } });
    expect(recent.data).toEqual([]);
    const [row] = (await stripe.paymentIntents.list()).data;
    expect(row).toMatchObject({ id, status: 'succeeded', amount: 900, amount_received: 800 });
    const events = await stripe.events.list({ created: { gte: NOON - DAY } });
    expect(events.data).toHaveLength(1);
    expect(events.data[0]).toMatchObject({ type: 'payment_intent.succeeded', created: NOON - 20 });
  });

  it('keeps the state of the moment in each event', async () => {
    const standIn = await start();
    const { id } = await standIn.world.create({ createdAt: NOON - 100, amount: 700 });
    await standIn.world.succeed(id);
    const [succeeded, created] = (await clientOf(standIn).events.list()).data;
    expect(created).toMatchObject({
      type: 'payment_intent.created',
      data: { object: { id, status: 'requires_payment_method', amount_received: 0 } },
    });
    expect(succeeded).toMatchObject({
      object: 'event',
      livemode: false,
      data: { object: { id, status: 'succeeded', amount_received: 700 } },
    });
  });

  it('shows what lags in lists later, while a retrieve has it at once', async () => {
    const standIn = await start();
    const { id } = await standIn.world.pay({ lagSeconds: 8, eventLagSeconds: 20 });
    const stripe = clientOf(standIn);
    const listed = async () => [
      (await stripe.paymentIntents.list()).data.length,
      (await stripe.events.list({ type: 'payment_intent.succeeded' })).data.length,
    ];
    expect(await listed()).toEqual([0, 0]);
    expect(standIn.world.totals().succeeded).toBe(0);
    expect((await stripe.paymentIntents.retrieve(id)).status).toBe('succeeded');
    clock.advance(8);
    expect(await listed()).toEqual([1, 0]);
    clock.advance(12);
    expect(await listed()).toEqual([1, 1]);
  });

  it('shows the state before a success that still lags', async () => {
    const standIn = await start();
    const { id } = await standIn.world.create({ createdAt: NOON - 50, status: 'processing' });
    await standIn.world.succeed(id, { lagSeconds: 30 });
    const { paymentIntents } = clientOf(standIn);
    expect((await paymentIntents.list()).data[0]!.status).toBe('processing');
    clock.advance(30);
    expect((await paymentIntents.list()).data[0]!.status).toBe('succeeded');
  });

  it('forgets events after 30 days, also as cursors', async () => {
    const standIn = await start();
    await standIn.world.pay({ createdAt: NOON });
    const stripe = clientOf(standIn);
    const [event] = (await stripe.events.list({ type: 'payment_intent.*' })).data;
    clock.advance(30 * DAY);
    expect((await stripe.events.retrieve(event!.id)).id).toBe(event!.id);
    clock.advance(1);
    expect((await stripe.events.list()).data).toEqual([]);
    await expect(stripe.events.retrieve(event!.id)).rejects.toMatchObject({ statusCode: 404 });
    await expect(stripe.events.list({ starting_after: event!.id })).rejects.toMatchObject({
      code: 'resource_missing',
      param: 'starting_after',
    });
    expect((await stripe.paymentIntents.list()).data).toHaveLength(1);
  });

  it('filters events by type, by types, and refuses both', async () => {
    const standIn = await start();
    await standIn.world.pay();
    const { events } = clientOf(standIn);
    const one = await events.list({ type: 'payment_intent.succeeded' });
    const two = await events.list({
      types: ['payment_intent.succeeded', 'payment_intent.created'],
    });
    const none = await events.list({ types: ['charge.updated'] });
    expect([one, two, none].map(({ data }) => data.length)).toEqual([1, 2, 0]);
    await expect(events.list({ type: 'a', types: ['b'] })).rejects.toMatchObject({
      statusCode: 400,
    });
  });
});

describe('objects', () => {
  it('names the latest charge, or holds it when asked to expand', async () => {
    const standIn = await start();
    const { id } = await standIn.world.pay({
      createdAt: NOON - 500,
      chargeCreatedAt: NOON - 400,
      succeededAt: NOON - 10,
      captureMethod: 'manual',
      amount: 900,
      amountReceived: 800,
    });
    const { paymentIntents } = clientOf(standIn);
    const [plain] = (await paymentIntents.list()).data;
    const [rich] = (await paymentIntents.list({ expand: ['data.latest_charge'] })).data;
    expect(rich!.latest_charge).toMatchObject({
      id: plain!.latest_charge,
      object: 'charge',
      created: NOON - 400,
      amount: 900,
      amount_captured: 800,
      payment_intent: id,
    });
    const one = await paymentIntents.retrieve(id, { expand: ['latest_charge'] });
    expect(one.latest_charge).toEqual(rich!.latest_charge);
  });

  it('writes amounts beyond 2^53 digit by digit', async () => {
    const standIn = await start();
    const { id } = await standIn.world.pay({ amount: 9_007_199_254_740_993n, customer: null });
    const response = await fetch(`${standIn.url}/v1/payment_intents/${id}`, {
      headers: { Authorization: `Bearer ${SANDBOX_STRIPE_KEY}` },
    });
    const text = await response.text();
    expect(text).toContain('"amount_received":9007199254740993,');
    expect(text).toContain('"customer":null');
  });

  it('answers unknown ids and addresses with 404', async () => {
    const standIn = await start();
    const intent = await get(standIn, '/v1/payment_intents/pi_3none');
    expect(intent.status).toBe(404);
    expect(intent.body.error).toMatchObject({ code: 'resource_missing', param: 'intent' });
    const charge = await get(standIn, '/v1/charges/ch_unknown');
    expect(charge.status).toBe(404);
    expect(charge.body.error).toMatchObject({ code: 'resource_missing', param: 'id' });
    const invoices = await get(standIn, '/v1/invoices');
    expect(invoices.status).toBe(404);
    expect(invoices.body.error.message).toContain('GET: /v1/invoices');
  });

  it('puts virtual time and a request id on every answer', async () => {
    const standIn = await start();
    const ok = await get(standIn, '/v1/account');
    const refused = await get(standIn, '/v1/account', 'sk_test_other');
    for (const { headers } of [ok, refused]) {
      expect(headers.get('date')).toBe('Mon, 01 Jun 2026 12:00:00 GMT');
      expect(headers.get('request-id')).toMatch(/^req_\w{14}$/);
    }
  });
});
