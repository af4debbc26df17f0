/**
 * The base of both stand-ins, shown on the Stripe one: spoiled answers, the request log, the virtual
 * clock, and control over HTTP.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import Stripe from 'stripe';
import { createClock } from '../../sandbox/clock';
import type { FaultRule } from '../../sandbox/faults';
import { fingerprintOf } from '../../sandbox/requests';
import { SANDBOX_STRIPE_KEY } from '../../sandbox/stripe/keys';
import { startStripeStandIn, type StripeStandIn } from '../../sandbox/stripe/start';

const NOON = Date.UTC(2026, 5, 1, 12) / 1000;

let standIn: StripeStandIn;
let stripe: Stripe;

beforeAll(async () => {
  const clock = createClock({ startAt: NOON, wallMs: () => 0 });
  standIn = await startStripeStandIn({ scenario: 'empty', clock });
  stripe = new Stripe(SANDBOX_STRIPE_KEY, {
    host: '127.0.0.1',
    port: standIn.port,
    protocol: 'http',
    maxNetworkRetries: 0,
    timeout: 2_000,
    telemetry: false,
  });
});

afterEach(() => {
  standIn.faults.clear();
  standIn.requests.clear();
});

afterAll(() => standIn.close());

const control = (method: string, path: string, body?: unknown) =>
  fetch(`${standIn.url}/sandbox/${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

const list = () => stripe.paymentIntents.list();

describe('faults', () => {
  it('lets one answer say another time', async () => {
    const added = standIn.faults.add({ times: 1, fault: { kind: 'date', ahead: 900 } });
    const dates = [await list(), await list()].map(({ lastResponse }) =>
      new Headers(lastResponse.headers).get('date'),
    );
    expect(dates).toEqual(['Mon, 01 Jun 2026 12:15:00 GMT', 'Mon, 01 Jun 2026 12:00:00 GMT']);
    expect(added.fired()).toBe(1);
  });

  it('changes one row of a list, and leaves other answers alone', async () => {
    const paid = await standIn.world.pay();
    const set = { currency: 'xts', 'metadata.a': 1 };
    standIn.faults.add({ fault: { kind: 'row', set, remove: ['status'] } });
    const [first] = (await list()).data;
    expect(first).toMatchObject({ id: paid.id, currency: 'xts', metadata: { a: 1 } });
    expect(first).not.toHaveProperty('status');
    expect((await stripe.paymentIntents.retrieve(paid.id)).currency).toBe('usd');
    standIn.faults.clear();
    standIn.faults.add({ fault: { kind: 'row', json: null } });
    expect((await list()).data[0]).toBeNull();
  });

  const rateLimited = {
    kind: 'status',
    status: 429,
    json: { error: { type: 'rate_limit_error', message: 'Slow down.' } },
    headers: { 'Stripe-Rate-Limited-Reason': 'global-rate' },
  } as const;

  it.each<[string, FaultRule['fault'], string]>([
    ['429', rateLimited, 'StripeRateLimitError'],
    ['500', { kind: 'status', status: 500, json: { error: {} } }, 'StripeAPIError'],
    ['502 with HTML', { kind: 'html', status: 502 }, 'StripeAPIError'],
    ['empty 200', { kind: 'empty' }, 'StripeAPIError'],
    ['truncated body', { kind: 'truncated' }, 'StripeConnectionError'],
    ['hang', { kind: 'hang' }, 'StripeConnectionError'],
  ])('gives stripe-node a %s', async (_name, fault, type) => {
    const rule = standIn.faults.add({ path: '/v1/payment_intents', fault });
    await expect(list()).rejects.toMatchObject({ type });
    expect(rule.fired()).toBe(1);
    rule.remove();
    await expect(list()).resolves.toMatchObject({ object: 'list' });
  });

  it('resets the connection of as many requests as it is told', async () => {
    // stripe-node itself tries once more after a reset, also with its retries off.
    const rule = standIn.faults.add({ times: 2, fault: { kind: 'reset' } });
    await expect(list()).rejects.toMatchObject({ type: 'StripeConnectionError' });
    await expect(list()).resolves.toBeDefined();
    expect(rule.fired()).toBe(2);
    expect(standIn.requests.list().map(({ status }) => status)).toEqual([null, null, 200]);
  });

  it('ends a hang with a closed connection after its time', async () => {
    standIn.faults.add({ times: 1, fault: { kind: 'hang', ms: 30 } });
    const started = Date.now();
    await expect(fetch(`${standIn.url}/v1/account`)).rejects.toThrow();
    expect(Date.now() - started).toBeGreaterThanOrEqual(25);
    expect(standIn.requests.list()).toMatchObject([{ status: null }]);
  });

  it('lets the first ones pass, and looks at method and path', async () => {
    const fault = { kind: 'status', status: 503, json: { error: {} } } as const;
    standIn.faults.add({ method: 'GET', path: '/v1/events', skip: 2, times: 1, fault });
    standIn.faults.add({ method: 'POST', fault });
    const outcomes: boolean[] = [];
    for (let turn = 0; turn < 4; turn += 1) {
      await list();
      outcomes.push(
        await stripe.events.list().then(
          () => true,
          () => false,
        ),
      );
    }
    expect(outcomes).toEqual([true, true, false, true]);
  });

  it('spoils a share of the requests', async () => {
    const rule = standIn.faults.add({ rate: 0.3, fault: { kind: 'empty' } });
    for (let turn = 0; turn < 60; turn += 1) await list().catch(() => undefined);
    expect(rule.fired()).toBeGreaterThan(5);
    expect(rule.fired()).toBeLessThan(35);
  });

  it('can delay an answer and still give it', async () => {
    standIn.faults.add({ fault: { kind: 'delay', ms: 60 } });
    const started = Date.now();
    await expect(list()).resolves.toBeDefined();
    expect(Date.now() - started).toBeGreaterThanOrEqual(55);
  });

  it('cuts the real answer short when it comes after the work', async () => {
    await standIn.world.pay();
    standIn.faults.add({ when: 'after', fault: { kind: 'truncated' } });
    const response = await fetch(`${standIn.url}/v1/payment_intents`, {
      headers: { Authorization: `Bearer ${SANDBOX_STRIPE_KEY}` },
    });
    expect(response.status).toBe(200);
    expect(Number(response.headers.get('content-length'))).toBeGreaterThan(1000);
    await expect(response.text()).rejects.toThrow();
  });

  it('is set, shown and cleared over HTTP, and refuses what it does not know', async () => {
    const rule = { path: '/v1/events', times: 1, fault: { kind: 'html', status: 502 } };
    expect((await control('POST', 'faults', [rule])).status).toBe(201);
    await expect(stripe.events.list()).rejects.toMatchObject({ type: 'StripeAPIError' });
    const shown = await control('GET', 'faults');
    expect(await shown.json()).toEqual({ rules: [{ ...rule, fired: 1 }] });
    expect((await control('DELETE', 'faults')).status).toBe(204);
    expect(standIn.faults.list()).toEqual([]);

    for (const wrong of [{}, { ...rule, often: 2 }, { fault: { kind: 'explode' } }]) {
      const refused = await control('POST', 'faults', wrong);
      expect(refused.status).toBe(400);
    }
    expect(standIn.faults.list()).toEqual([]);
  });
});

describe('request log', () => {
  it('holds path, query, status and a fingerprint instead of the key', async () => {
    await stripe.paymentIntents.list({ limit: 3 });
    const [entry] = standIn.requests.list('/v1/payment_intents');
    expect(entry).toMatchObject({
      method: 'GET',
      path: '/v1/payment_intents',
      query: 'limit=3',
      status: 200,
      credential: fingerprintOf(SANDBOX_STRIPE_KEY),
    });
    const shown = await (await control('GET', 'requests?path=/v1/')).text();
    expect(JSON.parse(shown)).toMatchObject({ total: 1, by_status: { 200: 1 }, in_flight: 0 });
    expect(shown).not.toContain(SANDBOX_STRIPE_KEY);
    const elsewhere = await control('GET', 'requests?path=/v2/');
    expect(await elsewhere.json()).toMatchObject({ total: 1, requests: [] });
    await control('DELETE', 'requests');
    expect(standIn.requests.total()).toBe(0);
  });

  it('counts how many requests were under way at once', async () => {
    standIn.faults.add({ fault: { kind: 'hang' } });
    const leaving = new AbortController();
    const underWay = async (count: number) => {
      while (standIn.requests.inFlight() !== count) await sleep(5);
    };
    const asked = Array.from({ length: 4 }, () =>
      fetch(`${standIn.url}/v1/account`, { signal: leaving.signal }),
    );
    await underWay(4);
    leaving.abort();
    await Promise.allSettled(asked);
    await underWay(0);
    expect(standIn.requests.maxInFlight()).toBe(4);
  });
});

describe('control', () => {
  it('makes payments and lets them succeed', async () => {
    const before = standIn.world.totals().succeeded;
    const made = await control('POST', 'payment_intents', {
      amount: 500,
      currency: 'eur',
      status: 'requires_capture',
    });
    expect(made.status).toBe(201);
    const { id } = (await made.json()) as { id: string };
    expect(standIn.world.totals().succeeded).toBe(before);
    const done = await control('POST', `payment_intents/${id}/succeed`, { amountReceived: 450 });
    expect(await done.json()).toMatchObject({ id, status: 'succeeded', amount_received: 450 });
    const again = await control('POST', `payment_intents/${id}/succeed`);
    expect(again.status).toBe(409);
    const paid = await control('POST', 'payment_intents', { amount: 1, currency: 'eur' });
    expect(await paid.json()).toMatchObject({ status: 'succeeded', amount_received: 1 });
    expect(standIn.world.totals()).toMatchObject({
      succeeded: before + 2,
      amounts: { eur: '451' },
    });
  });

  it('refuses fields it does not know and addresses it does not have', async () => {
    const refused = await control('POST', 'payment_intents', { amount: 5, colour: 'red' });
    expect(refused.status).toBe(400);
    expect(await (await control('GET', 'nothing')).json()).toEqual({
      error: 'The Stripe stand-in has no GET /sandbox/nothing.',
    });
  });

  it('moves the clock', async () => {
    const moved = await control('POST', 'clock', { advance: 3600 });
    expect(await moved.json()).toMatchObject({ now: NOON + 3600 });
    const set = await control('POST', 'clock', { set: NOON });
    expect(await set.json()).toMatchObject({ now: NOON });
    expect((await control('POST', 'clock', { advance: 1.5 })).status).toBe(400);
  });
});
