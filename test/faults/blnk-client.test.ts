/** What each failing answer of Blnk becomes: an outcome, or a code of ours without Blnk's own words. */
import { createCloudLedger } from '../../src/blnk/cloud';
import { createCoreLedger } from '../../src/blnk/core';
import type { SyncError } from '../../src/domain/errors';
import type { Ledger } from '../../src/domain/ledger';
import { Secret } from '../../src/secret';
import { aPosting } from '../support/worlds/a-posting';
import {
  json,
  reset,
  silence,
  stalled,
  startScriptedServer,
  text,
  truncated,
  type ScriptedServer,
  type Step,
} from '../support/proxies/scripted-server';

const KEY = 'blnk_secret';
const QUOTE = `${KEY} cus_1 2000`;
const coded = (code: string) => ({ error: QUOTE, error_detail: { code, message: QUOTE } });

const POSTING = aPosting();

/** Who never answers in full: only for them an answer may take less than a busy machine needs. */
const SILENT: readonly Step[] = [silence, stalled];

let server: ScriptedServer;
let core: Ledger;
let cloud: Ledger;
const never = new AbortController().signal;

beforeAll(async () => {
  server = await startScriptedServer();
});
afterAll(() => server.close());
beforeEach(() => connect());

function connect(limits: { timeoutMs?: number } = {}): void {
  const access = { url: server.url, apiKey: new Secret(KEY), confirmAfterMs: 1, ...limits };
  core = createCoreLedger(access);
  cloud = createCloudLedger({ ...access, instanceId: 'inst_1' });
}

const failure = async (work: Promise<unknown>) =>
  work.then(
    (value) => {
      throw new Error(`no failure: ${JSON.stringify(value)}`);
    },
    (thrown: unknown) => thrown as SyncError,
  );

test.each<[what: string, step: Step, outcome: object]>([
  [
    'applied',
    json(201, { transaction_id: 'txn_1', status: 'APPLIED' }),
    { kind: 'applied', transactionId: 'txn_1', bookedAt: null },
  ],
  [
    'acknowledged only',
    json(201, { transaction_id: 'txn_1', status: 'QUEUED' }),
    { kind: 'not_applied' },
  ],
  [
    'in flight',
    json(201, { transaction_id: 'txn_1', status: 'INFLIGHT' }),
    { kind: 'not_applied' },
  ],
  [
    'accepted, to be done later',
    json(202, { transaction_id: 'txn_1', status: 'APPLIED' }),
    { kind: 'not_applied' },
  ],
  ['a used reference', json(409, coded('TXN_DUPLICATE_REFERENCE')), { kind: 'duplicate' }],
  ['a used reference before Core 0.15', json(409, { error: QUOTE }), { kind: 'duplicate' }],
  [
    'in conflict with something else',
    json(409, coded('TXN_ALREADY_COMMITTED')),
    { kind: 'refused' },
  ],
  ['invalid', json(400, coded('TXN_VALIDATION_ERROR')), { kind: 'refused' }],
  ['unprocessable', json(422, { errors: QUOTE }), { kind: 'refused' }],
  ['an unknown balance', json(404, coded('TXN_NOT_FOUND')), { kind: 'refused' }],
])('a posting that is %s', async (_what, step, outcome) => {
  for (const ledger of [core, cloud]) {
    server.play(step);
    expect(await ledger.post(POSTING, never)).toEqual(outcome);
    expect(server.count()).toBe(1);
  }
});

test.each<[what: string, step: Step, code: string, details: object]>([
  [
    'a refused key',
    json(401, coded('AUTH_INVALID_API_KEY')),
    'BLNK_KEY_REJECTED',
    { status: 401, code: 'AUTH_INVALID_API_KEY' },
  ],
  [
    'a refused key without a code',
    json(401, { error: QUOTE }),
    'BLNK_KEY_REJECTED',
    { status: 401 },
  ],
  [
    'a locked balance',
    json(423, coded('GEN_RESOURCE_LOCKED')),
    'BLNK_LOCKED',
    { status: 423, code: 'GEN_RESOURCE_LOCKED' },
  ],
  ['a rate limit', json(429, coded('GEN_RATE_LIMITED')), 'BLNK_RATE_LIMITED', { status: 429 }],
  ['a rate limit in plain text', text(429, QUOTE), 'BLNK_RATE_LIMITED', { status: 429 }],
  [
    'a fault whose details quote the database',
    json(500, { ...coded('GEN_INTERNAL'), details: QUOTE }),
    'BLNK_UNAVAILABLE',
    { status: 500 },
  ],
  ['back-pressure', json(503, coded('QUEUE_BACKPRESSURE')), 'BLNK_UNAVAILABLE', { status: 503 }],
  ['a gateway’s page', text(502, '<html>cus_1</html>'), 'BLNK_UNAVAILABLE', { status: 502 }],
  ['a gateway’s 401', text(401, '<html>'), 'BLNK_UNAVAILABLE', { status: 401 }],
  ['a gateway’s 403', text(403, '<html>'), 'BLNK_UNAVAILABLE', { status: 403 }],
  ['a redirect', text(302, ''), 'BLNK_UNAVAILABLE', { status: 302 }],
  ['a code that is no code', json(500, coded(QUOTE)), 'BLNK_UNAVAILABLE', { status: 500 }],
  ['an empty 200', text(200, ''), 'BLNK_BAD_ANSWER', { status: 200 }],
  ['a page instead of JSON', text(200, '<html>'), 'BLNK_BAD_ANSWER', { status: 200 }],
  ['a number instead of an object', text(200, '7'), 'BLNK_BAD_ANSWER', { status: 200 }],
  ['JSON of another form', json(200, { hello: QUOTE }), 'BLNK_BAD_ANSWER', {}],
  ['a truncated answer', truncated, 'BLNK_UNAVAILABLE', {}],
  ['a reset connection', reset, 'BLNK_UNAVAILABLE', { cause: 'ECONNRESET' }],
  ['no answer in time', silence, 'BLNK_UNAVAILABLE', { cause: 'ECONNABORTED' }],
  ['an answer that stops in the middle', stalled, 'BLNK_UNAVAILABLE', {}],
])('%s, posting and looking up', async (_what, step, code, details) => {
  if (SILENT.includes(step)) connect({ timeoutMs: 250 });
  const works = [
    () => core.post(POSTING, never),
    () => core.lookUp(['pi_1'], never),
    () => cloud.post(POSTING, never),
    () => cloud.lookUp(['pi_1'], never),
  ];
  for (const work of works) {
    server.play(step);
    const thrown = await failure(work());
    expect(thrown).toMatchObject({ name: 'SyncError', code, details });
    const shown = `${thrown.message} ${JSON.stringify(thrown.details)}`;
    expect(shown).not.toMatch(/secret|cus_1|2000/);
    // Whoever prints the whole error must not print the request, which has the key in its headers.
    expect(JSON.stringify(thrown, Object.getOwnPropertyNames(thrown))).not.toContain(KEY);
  }
});

test('a missing right is named: Core’s scope, Cloud’s permission', async () => {
  const refused = json(403, coded('AUTH_INSUFFICIENT_PERMISSIONS'));
  const rights = [];
  for (const work of [
    () => core.post(POSTING, never),
    () => core.lookUp(['pi_1'], never),
    () => cloud.post(POSTING, never),
    () => cloud.lookUp(['pi_1'], never),
  ]) {
    server.play(refused);
    const { code, details } = await failure(work());
    rights.push(`${code} ${details['right']}`);
  }
  expect(rights).toEqual([
    'BLNK_PERMISSION_MISSING transactions:write',
    'BLNK_PERMISSION_MISSING transactions:write',
    'BLNK_PERMISSION_MISSING data:write',
    'BLNK_PERMISSION_MISSING data:read',
  ]);
});

test('a key that is refused once by a failing gateway is not believed to be refused', async () => {
  server.play(json(401, { error: 'no' }), json(200, []));
  expect(await core.lookUp(['pi_1'], never)).toEqual([]);
  server.play(json(401, { error: 'no' }));
  await failure(core.lookUp(['pi_1'], never));
  // The second time, and Core's health.
  expect(server.count()).toBe(3);
  server.play(json(401, { error: 'no' }));
  await failure(cloud.lookUp(['pi_1'], never));
  expect(server.count()).toBe(2);
});

test.each<[what: string, health: Step, code: string]>([
  ['is down', json(503, { status: 'DOWN', reason: 'database ping failed' }), 'BLNK_UNAVAILABLE'],
  ['breaks off', reset, 'BLNK_UNAVAILABLE'],
  ['is well', json(200, { status: 'UP' }), 'BLNK_KEY_REJECTED'],
  ['is hidden', json(404, { error: 'no' }), 'BLNK_KEY_REJECTED'],
])('a Core that refuses a key and whose health %s', async (_what, health, code) => {
  const no = json(401, { error: 'no' });
  server.play(no, no, health);
  expect(await failure(core.lookUp(['pi_1'], never))).toMatchObject({ code });
  server.play(no, no, health);
  expect(await failure(core.post(POSTING, never))).toMatchObject({ code });
});

test.each([400, 404, 409, 422])(
  'a look-up that is answered %d is wrong for every page, so it is not tried again',
  async (status) => {
    for (const ledger of [core, cloud]) {
      server.play(json(status, coded('GEN_BAD_REQUEST')));
      const thrown = await failure(ledger.lookUp(['pi_1'], never));
      expect(thrown).toMatchObject({ code: 'BLNK_REFUSED', details: { status }, retryable: false });
    }
  },
);

test.each<[form: string, most: number, ledger: () => Ledger]>([
  ['Core', 100, () => core],
  ['Cloud', 50, () => cloud],
])('%s is asked for %d references at a time, and no more', async (_form, most, ledger) => {
  const asked: string[][] = [];
  server.play((response, request, body) => {
    if (request.method === 'GET') {
      const url = new URL(request.url ?? '', server.url);
      asked.push(url.searchParams.get('reference_in')?.split(',') ?? []);
      json(200, { data: [], total: 0 })(response, request, body);
    } else {
      const { limit, filters } = JSON.parse(body) as Filter;
      expect(limit).toBeGreaterThanOrEqual(filters[0].values.length);
      asked.push(filters[0].values);
      json(200, [])(response, request, body);
    }
  });
  const references = Array.from({ length: 2 * most + 1 }, (_, index) => `pi_${index}`);
  await ledger().lookUp(references, never);
  expect(asked.map(({ length }) => length).sort((a, b) => b - a)).toEqual([most, most, 1]);
  expect(asked.flat().sort()).toEqual([...references].sort());
});

test('Cloud is asked for as many long references as its reader of filters takes', async () => {
  const values: string[] = [];
  server.play((response, request, body) => {
    const url = new URL(request.url ?? '', server.url);
    values.push(url.searchParams.get('reference_in') ?? '');
    json(200, { data: [], total: 0 })(response, request, body);
  });
  const references = Array.from({ length: 9 }, (_, index) => `pi_${index}`.padEnd(200, 'x'));
  await cloud.lookUp(references, never);
  expect(values.filter(({ length }) => length > 1_000)).toEqual([]);
  expect(values.join(',').split(',').sort()).toEqual([...references].sort());
});

interface Filter {
  readonly limit: number;
  readonly filters: readonly [{ readonly values: string[] }];
}

test('pages of the Data API are read until their total is reached', async () => {
  const row = (reference: string) => ({
    transaction_id: `txn_${reference}`,
    reference,
    status: 'APPLIED',
  });
  server.play(json(200, { data: [row('a')], total: 2 }), json(200, { data: [row('b')], total: 2 }));
  const found = await cloud.lookUp(['a', 'b'], never);
  expect(found.map(({ reference }) => reference)).toEqual(['a', 'b']);
});

test('a total that its pages do not reach is refused: what is missing could be booked twice', async () => {
  const row = { transaction_id: 't', reference: 'a', status: 'APPLIED' };
  server.play(json(200, { data: [row], total: 2 }), json(200, { data: [], total: 2 }));
  expect(await failure(cloud.lookUp(['a', 'b'], never))).toMatchObject({
    code: 'BLNK_BAD_ANSWER',
  });
});

test('a page that is given again and again is refused: it would be read for ever', async () => {
  const row = { transaction_id: 't', reference: 'a', status: 'APPLIED' };
  server.play(json(200, { data: [row], total: 1_000_000_000 }));
  expect(await failure(cloud.lookUp(['a'], never))).toMatchObject({
    code: 'BLNK_BAD_ANSWER',
  });
  expect(server.count()).toBe(2);
});

test('an empty posting that is not refused says that something else answers there', async () => {
  server.play(json(400, coded('TXN_VALIDATION_ERROR')));
  await core.probeWrite(never);
  server.play(json(201, { transaction_id: 'txn_1', status: 'APPLIED' }));
  expect(await failure(core.probeWrite(never))).toMatchObject({ code: 'BLNK_BAD_ANSWER' });
});

test('a Core whose errors carry no code is older than what is supported, and the probe says so', async () => {
  server.play(json(400, { error: 'reference is required' }));
  expect(await failure(core.probeWrite(never))).toMatchObject({ code: 'BLNK_TOO_OLD' });
});

test('an unreachable host has never answered; any answer counts', async () => {
  const gone = await startScriptedServer();
  await gone.close();
  const unreachable = createCoreLedger({ url: gone.url, apiKey: new Secret(KEY) });
  expect(await failure(unreachable.lookUp(['a'], never))).toMatchObject({
    code: 'BLNK_UNAVAILABLE',
    details: { host: new URL(gone.url).host, cause: 'ECONNREFUSED' },
  });
  expect(unreachable.hasAnswered()).toBe(false);
  server.play(text(502, ''));
  await failure(core.lookUp(['a'], never));
  expect(core.hasAnswered()).toBe(true);
});

test('a cancelled request ends at once and is no fault of Blnk', async () => {
  server.play(silence);
  const patient = createCoreLedger({ url: server.url, apiKey: new Secret(KEY) });
  const cancel = new AbortController();
  void server.asked().then(() => cancel.abort());
  expect(await failure(patient.post(POSTING, cancel.signal))).toMatchObject({ name: 'AbortError' });
});

test('an answer that drips is given up like none at all', async () => {
  server.play((response) => {
    response.writeHead(201, { 'Content-Type': 'application/json' });
    const dripping = setInterval(() => response.write(' '), 50);
    response.on('close', () => clearInterval(dripping));
  });
  const limited = { url: server.url, apiKey: new Secret(KEY), timeoutMs: 500 };
  const error = await failure(createCoreLedger(limited).post(POSTING, never));
  expect(error).toMatchObject({ code: 'BLNK_UNAVAILABLE', details: { cause: 'ETIMEDOUT' } });
});

test('a 429 tells how long to wait and which rate is allowed, if it does', async () => {
  const headers = { 'Ratelimit-Limit': '10', 'Ratelimit-Remaining': '0', 'Ratelimit-Reset': '1' };
  server.play(json(429, coded('GEN_RATE_LIMITED'), headers));
  expect(await failure(core.lookUp(['pi_1'], never))).toMatchObject({
    code: 'BLNK_RATE_LIMITED',
    details: { status: 429, per_second: 10 },
    retryAfterMs: 1_000,
  });
});

test('null is an empty list where Core writes one, and a gateway that says nothing is not believed', async () => {
  const asked = [
    () => core.turnoversOf(['@stripe'], never),
    () => core.indicatorsOf(['bln_1'], never),
  ];
  for (const ask of asked) {
    server.play(text(200, 'null', 'application/json'));
    expect([...(await ask())!]).toEqual([]);
    server.play(text(200, '<html>'));
    expect(await failure(ask())).toMatchObject({
      ...{ code: 'BLNK_BAD_ANSWER', details: { status: 200 } },
    });
  }
  server.play(text(200, 'null', 'application/json'));
  expect(await failure(core.lookUp(['pi_1'], never))).toMatchObject({ code: 'BLNK_BAD_ANSWER' });
});

test('an amount that JSON would round is read to the last digit', async () => {
  const row = '{"transaction_id":"txn_1","reference":"pi_1","status":"APPLIED"';
  server.play(text(200, `[${row},"precise_amount":9007199254740993}]`, 'application/json'));
  expect(await core.lookUp(['pi_1'], never)).toMatchObject([{ amount: 9_007_199_254_740_993n }]);
});
