/** What each failing answer of Stripe becomes: a code of ours, ids, and none of Stripe's own words. */
import { SyncError } from '../../src/domain/errors';
import { NO_BUDGET, type Endpoint } from '../../src/domain/read-budget';
import { Secret } from '../../src/secret';
import { createStripeReader, type StripeReader } from '../../src/stripe/client';
import {
  DATE_SECONDS,
  json,
  misdirected,
  reset,
  silence,
  stalled,
  startScriptedServer,
  text,
  truncated,
  type ScriptedServer,
  type Step,
} from '../support/proxies/scripted-server';

const KEY = 'rk_test_secret';
const QUOTE = `${KEY} cus_1 2000`;
const REQUEST = { 'Request-Id': 'req_1Abc' };
const error = (fields: Record<string, unknown>) => ({ error: { message: QUOTE, ...fields } });
const list = (...data: unknown[]) => json(200, { object: 'list', data, has_more: false });

/** Who never answers in full: only for them an answer may take less than a busy machine needs. */
const SILENT: readonly Step[] = [silence, stalled, misdirected];

let server: ScriptedServer;
let reader: StripeReader;
const never = new AbortController().signal;

beforeAll(async () => {
  server = await startScriptedServer();
});
afterAll(() => server.close());
beforeEach(() => {
  const config = { secretKey: new Secret(KEY), apiBase: server.url, livemode: false };
  reader = createStripeReader(config, NO_BUDGET, { confirmAfterMs: 1 });
});

const range = { feed: 'payment_intents', from: 1, to: 2, withCharge: false } as const;
const successes = { feed: 'events', from: 1, to: null, withCharge: false } as const;
const failure = async (work: () => Promise<unknown> = () => reader.readPage(range, null, never)) =>
  work().then(
    (value) => {
      throw new Error(`no failure: ${JSON.stringify(value)}`);
    },
    (thrown: unknown) => thrown as SyncError,
  );

test.each<[what: string, step: Step, code: string, details: object]>([
  [
    'a refused key',
    json(401, error({ type: 'invalid_request_error' }), REQUEST),
    'STRIPE_KEY_REJECTED',
    { request: 'req_1Abc' },
  ],
  [
    'a missing permission, by its name',
    json(403, {
      error: {
        type: 'invalid_request_error',
        message: `The provided key '${KEY}' … Having the 'rak_event_read' permission would allow …`,
      },
    }),
    'STRIPE_PERMISSION_MISSING',
    { permission: 'rak_event_read' },
  ],
  [
    'a missing permission that Stripe does not name',
    json(403, error({ type: 'invalid_request_error' })),
    'STRIPE_PERMISSION_MISSING',
    { permission: 'not named by Stripe' },
  ],
  [
    'an invalid request',
    json(400, error({ type: 'invalid_request_error', param: QUOTE }), REQUEST),
    'STRIPE_REFUSED',
    { status: 400, request: 'req_1Abc' },
  ],
  [
    'an unknown address',
    json(404, error({ type: 'invalid_request_error' })),
    'STRIPE_REFUSED',
    { status: 404 },
  ],
  [
    'a forgotten cursor',
    json(
      400,
      error({ type: 'invalid_request_error', code: 'resource_missing', param: 'starting_after' }),
    ),
    'STRIPE_CURSOR_DEAD',
    {},
  ],
  [
    'a rate limit with its reason',
    json(429, error({ type: 'invalid_request_error', code: 'rate_limit' }), {
      'Stripe-Rate-Limited-Reason': 'endpoint-rate',
    }),
    'STRIPE_RATE_LIMITED',
    { reason: 'endpoint-rate' },
  ],
  [
    'a rate limit with a reason that is not Stripe’s',
    json(429, error({}), { 'Stripe-Rate-Limited-Reason': 'cus_1' }),
    'STRIPE_RATE_LIMITED',
    {},
  ],
  [
    'a gateway’s fault with a list in it, which could end a listing early',
    json(500, { object: 'list', data: [], has_more: false }),
    'STRIPE_UNAVAILABLE',
    { status: 500 },
  ],
  [
    'a list with a status that no list has',
    json(202, { object: 'list', data: [], has_more: false }),
    'STRIPE_BAD_ANSWER',
    { status: 202 },
  ],
  ['a gateway’s text in quotes, which is JSON', json(403, 'Forbidden'), 'STRIPE_UNAVAILABLE', {}],
  ['a number instead of an object', json(200, 7), 'STRIPE_UNAVAILABLE', {}],
  ['nothing, as JSON', json(200, null), 'STRIPE_UNAVAILABLE', {}],
  ['no content', (response) => void response.writeHead(204).end(), 'STRIPE_UNAVAILABLE', {}],
  ['a conflict of requests', json(409, error({})), 'STRIPE_UNAVAILABLE', { status: 409 }],
  [
    'a fault of Stripe',
    json(500, error({ type: 'api_error' })),
    'STRIPE_UNAVAILABLE',
    { status: 500 },
  ],
  ['a gateway’s page', text(502, '<html>cus_1</html>'), 'STRIPE_UNAVAILABLE', {}],
  ['an empty 200', text(200, ''), 'STRIPE_UNAVAILABLE', {}],
  ['a page instead of JSON', text(200, '<html>'), 'STRIPE_UNAVAILABLE', {}],
  ['a truncated answer', truncated, 'STRIPE_UNAVAILABLE', { cause: 'UND_ERR_SOCKET' }],
  ['a reset connection', reset, 'STRIPE_UNAVAILABLE', { cause: 'ECONNRESET' }],
  ['no answer in time', silence, 'STRIPE_UNAVAILABLE', { cause: 'ETIMEDOUT' }],
  ['a misdirected request', misdirected, 'STRIPE_UNAVAILABLE', { cause: 'ETIMEDOUT' }],
  ['an answer that stops in the middle', stalled, 'STRIPE_UNAVAILABLE', { cause: 'ETIMEDOUT' }],
  [
    'JSON that is no list',
    json(200, { object: 'charge' }),
    'STRIPE_BAD_ANSWER',
    { field: 'object' },
  ],
  [
    'a list that claims more without a row to go on after',
    json(200, { object: 'list', data: [], has_more: true }),
    'STRIPE_BAD_ANSWER',
    {},
  ],
])('%s', async (_what, step, code, details) => {
  server.play(step);
  if (SILENT.includes(step)) {
    const config = { secretKey: new Secret(KEY), apiBase: server.url, livemode: false };
    reader = createStripeReader(config, NO_BUDGET, { timeoutMs: 250 });
  }
  const thrown = await failure();
  expect(thrown).toMatchObject({ name: 'SyncError', code });
  const { host, ...told } = thrown.details;
  expect(told).toEqual(details);
  // Where nothing that can be read came back, it is told from whom.
  const isSilent = code === 'STRIPE_UNAVAILABLE' && thrown.details['status'] === undefined;
  expect(host).toBe(isSilent ? server.url.host : undefined);
  expect(`${thrown.message} ${JSON.stringify(thrown.details)}`).not.toMatch(/secret|cus_1|2000/);
  if (code !== 'STRIPE_UNAVAILABLE') expect(reader.hasAnswered()).toBe(true);
});

test('an unreachable host has never answered', async () => {
  const gone = await startScriptedServer();
  await gone.close();
  const config = { secretKey: new Secret(KEY), apiBase: gone.url, livemode: false };
  reader = createStripeReader(config, NO_BUDGET);
  expect(await failure()).toMatchObject({ code: 'STRIPE_UNAVAILABLE' });
  expect(reader.hasAnswered()).toBe(false);
});

test('Retry-After is honoured, up to five minutes', async () => {
  server.play(json(429, error({}), { 'Retry-After': '7' }));
  expect((await failure()).retryAfterMs).toBe(7_000);
  server.play(json(429, error({}), { 'Retry-After': '86400' }));
  expect((await failure()).retryAfterMs).toBe(300_000);
  server.play(json(429, error({}), { 'Retry-After': 'soon' }));
  expect((await failure()).retryAfterMs).toBeUndefined();
});

test('nothing but a refused key is asked twice', async () => {
  for (const step of [
    json(500, error({})),
    json(429, error({})),
    json(409, error({})),
    truncated,
  ]) {
    server.play(step);
    await failure();
    expect(server.count()).toBe(1);
  }
  server.play(json(401, error({})));
  await failure();
  expect(server.count()).toBe(2);
});

test('a key that is refused once by a failing gateway is not believed to be refused', async () => {
  server.play(json(401, error({})), list());
  expect(await reader.readPage(range, null, never)).toEqual({
    payIns: [],
    nextCursor: null,
    answeredAt: DATE_SECONDS,
    span: null,
    newest: null,
  });
});

test('time is that of the answer, and an answer without it is refused', async () => {
  server.play((response) => {
    response.sendDate = false;
    response.removeHeader('Date');
    list()(response, undefined as never, '');
  });
  expect(await failure()).toMatchObject({ code: 'STRIPE_BAD_ANSWER', details: { field: 'Date' } });
});

test('only what succeeded is kept of a listing, and the cursor is the last row of all', async () => {
  const row = { amount_received: 5, currency: 'usd', created: 9, livemode: false };
  const rows = [
    { id: 'pi_1', status: 'succeeded', ...row },
    { id: 'pi_2', status: 'requires_capture', ...row },
    { id: 'pi_3', status: 'a status of a later version', ...row },
  ];
  server.play(json(200, { object: 'list', data: rows, has_more: true }));
  const { payIns, nextCursor } = await reader.readPage(range, null, never);
  expect(payIns.map(({ id }) => id)).toEqual(['pi_1']);
  expect(nextCursor).toBe('pi_3');
});

test('a list that does not move on is refused: it would be read for ever', async () => {
  const row = { id: 'pi_1', status: 'canceled' };
  server.play(json(200, { object: 'list', data: [row], has_more: true }));
  expect(await failure(() => reader.readPage(range, 'pi_1', never))).toMatchObject({
    ...{ code: 'STRIPE_BAD_ANSWER', details: { field: 'cursor' } },
  });
});

test('only successes are kept of the events, also if a server does not filter or names them early', async () => {
  const intent = { amount_received: 5, currency: 'usd', created: 9, livemode: false };
  const event = (id: string, type: string, status: string) => ({
    ...{ id: `evt_${id}`, type, created: 12 },
    data: { object: { id: `pi_${id}`, status, ...intent } },
  });
  server.play(
    list(
      event('1', 'payment_intent.succeeded', 'succeeded'),
      event('2', 'payment_intent.succeeded', 'requires_capture'),
      event('3', 'payment_intent.amount_capturable_updated', 'succeeded'),
    ),
  );
  const { payIns } = await reader.readPage(successes, null, never);
  expect(payIns.map(({ id, succeededAt }) => [id, succeededAt])).toEqual([['pi_1', 12]]);
});

test('a key that may not read its account stands for itself; the time comes from another read', async () => {
  server.play(
    json(403, error({ type: 'invalid_request_error' })),
    json(403, error({ type: 'invalid_request_error' })),
    list(),
  );
  expect(await reader.readAccount(never)).toEqual({
    id: null,
    name: null,
    answeredAt: DATE_SECONDS,
  });
});

test('a payment that does not exist is no error', async () => {
  server.play(json(404, error({ type: 'invalid_request_error', code: 'resource_missing' })));
  expect(await reader.readPayIn('pi_1', never)).toBeUndefined();
});

test('a cancelled read ends at once and is no fault of Stripe', async () => {
  server.play(silence);
  reader = createStripeReader(
    { secretKey: new Secret(KEY), apiBase: server.url, livemode: false },
    NO_BUDGET,
    { timeoutMs: 20_000 },
  );
  const cancel = new AbortController();
  void server.asked().then(() => cancel.abort());
  const thrown = await failure(() => reader.readPage(range, null, cancel.signal));
  expect(thrown).toMatchObject({ name: 'AbortError' });
});

describe('the budget', () => {
  const take = jest.fn<Promise<number>, [Endpoint]>();
  const slowDown = jest.fn<Promise<void>, [Endpoint | 'all', number | undefined]>();
  beforeEach(() => {
    take.mockReset().mockResolvedValue(0);
    slowDown.mockReset().mockResolvedValue(undefined);
    const config = { secretKey: new Secret(KEY), apiBase: server.url, livemode: false };
    reader = createStripeReader(
      config,
      { take, slowDown },
      { confirmAfterMs: 1, timeoutMs: 1_500 },
    );
  });

  test('is asked before each request, by its endpoint', async () => {
    server.play(json(403, error({})), json(403, error({})), list());
    await reader.readAccount(never);
    server.play(list());
    await reader.readPage(range, null, never);
    await reader.readPage(successes, null, never);
    server.play(json(404, error({ type: 'invalid_request_error' })));
    await reader.readPayIn('pi_1', never);
    expect(take.mock.calls.flat()).toEqual([
      ...['account', 'account', 'payment_intents.list'],
      ...['payment_intents.list', 'events.list', 'payment_intents.retrieve'],
    ]);
  });

  test('is waited for before the request, and the wait is no part of the time-out', async () => {
    take.mockResolvedValue(1_600);
    server.play(list());
    const begun = performance.now();
    const read = reader.readPage(range, null, never);
    setTimeout(() => expect(server.count()).toBe(0), 200);
    await read;
    expect(performance.now() - begun).toBeGreaterThanOrEqual(1_599);
    expect(server.count()).toBe(1);
  });

  test('is no longer waited for once the read is cancelled, and nothing is sent', async () => {
    take.mockResolvedValue(60_000);
    server.play(list());
    const cancel = new AbortController();
    setTimeout(() => cancel.abort(), 20);
    const thrown = await failure(() => reader.readPage(range, null, cancel.signal));
    expect(thrown).toMatchObject({ name: 'AbortError' });
    expect(server.count()).toBe(0);
  });

  test('that cannot be had stops the read, and nothing is sent', async () => {
    take.mockRejectedValue(new SyncError('STORE_UNAVAILABLE'));
    server.play(list());
    expect(await failure()).toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(server.count()).toBe(0);
  });

  test.each<[reason: string, scope: Endpoint | 'all']>([
    ['global-rate', 'all'],
    ['global-concurrency', 'all'],
    ['endpoint-rate', 'payment_intents.list'],
    ['endpoint-concurrency', 'payment_intents.list'],
    ['resource-specific', 'payment_intents.list'],
    ['a reason of a later version', 'all'],
  ])('learns of a 429 for %s, which is about %s', async (reason, scope) => {
    server.play(json(429, error({}), { 'Stripe-Rate-Limited-Reason': reason }));
    expect(await failure()).toMatchObject({ code: 'STRIPE_RATE_LIMITED' });
    server.play(json(429, error({}), { 'Stripe-Rate-Limited-Reason': reason, 'Retry-After': '7' }));
    await failure();
    expect(slowDown.mock.calls).toEqual([
      [scope, undefined],
      [scope, 7_000],
    ]);
  });

  test('does not slow down for other failures', async () => {
    for (const step of [json(500, error({})), json(401, error({})), reset]) {
      server.play(step);
      await failure();
    }
    expect(slowDown).not.toHaveBeenCalled();
  });
});

test('the key goes into a header and nowhere else', async () => {
  let seen = '';
  server.play((response, request) => {
    seen = `${request.url} ${request.headers.authorization}`;
    list()(response, request, '');
  });
  await reader.readPage(successes, 'evt_1', never);
  expect(seen).toMatch(/^\/v1\/events\?[^ ]* Bearer rk_test_secret$/);
  expect(seen.split(' ')[0]).not.toContain(KEY);
});
