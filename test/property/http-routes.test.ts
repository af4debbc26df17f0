/**
 * Whatever is sent to whichever route: an answer with a code of ours, never a 500, nothing of what was
 * sent said back, no secret in the log, and a server that still works.
 */
import fc from 'fast-check';
import { isErrorCode } from '../../src/domain/errors';
import { newInstanceId, startCloudWorld, type CloudWorld } from '../support/worlds/cloud-world';
import { openPortal } from '../support/worlds/portal-visitor';
import { runs } from '../support/property-runs';
import {
  sendBytes,
  sendRequest,
  type RawAnswer,
  type RawRequest,
} from '../support/proxies/raw-http';

/** In all that is made up, so that it can be looked for in answers. */
const MARK = 'zq7marked';

let world: CloudWorld;
beforeAll(async () => void (world = await startCloudWorld({ perMinute: 1_000_000 })));
afterAll(() => world.close());

const noise = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom('\u0000', '\u202e', '../../etc/passwd', "' or 1=1 --", '<script>', '${7*7}', '%'),
  fc.string({ minLength: 250, maxLength: 3_000 }),
);
const marked = noise.map((text) => `${MARK}${text}`);
/** For a request line: what is not allowed there is percent-encoded, or not, as it comes. */
const segment = fc.oneof(
  marked.map(encodeURIComponent),
  marked.map((text) => text.replace(/\s/g, '').replaceAll('\u0000', '')),
  fc.constantFrom('%', '%zz', '%00', '%ff', '..', '', '%2e%2e', '*'),
);
const method = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('GET', 'POST') },
  {
    weight: 1,
    arbitrary: fc.constantFrom('PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE', 'MARK'),
  },
);
const type = fc.constantFrom(
  'application/json',
  'application/json; charset=utf-16',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'text/plain',
  'application/json, text/plain',
  ';',
);

const payload = () => ({
  // An id of that form is logged with what came of it, for whoever has to find out later.
  installed_app_id: 'instapp_1',
  app_id: 'app_1',
  instance_id: newInstanceId(),
  api_key: `blnk_${MARK}`,
  api_key_prefix: 'blnk_',
  granted_permissions: ['data:read'],
  idempotency_key: `install:${MARK}`,
  uninstalled_at: '2026-11-24T12:00:00Z',
});
const value = fc.oneof(fc.jsonValue(), marked, fc.constantFrom(null, [], {}, 1e308, -0, true));
/** What Blnk sends, but for a few fields. */
const spoiled = fc
  .dictionary(fc.constantFrom(...Object.keys(payload()), '__proto__', 'extra'), value, {
    maxKeys: 3,
  })
  .map((changes) => JSON.stringify({ ...payload(), ...changes }));
const FORM = 'application/x-www-form-urlencoded';
/** In its place comes the token of the session's forms. */
const FORM_TOKEN = 'FORM_TOKEN';
const form = fc
  .dictionary(
    fc.constantFrom('key', 'payment', 'pace', 'account', 'mode', 'change', 'from', 'day', 'extra'),
    fc.oneof(marked, fc.constantFrom('', 'test', 'live', 'yes', 'all', 'day', 'hour', 'pi_1')),
    { maxKeys: 5 },
  )
  .map((fields) => `token=${FORM_TOKEN}&${new URLSearchParams(fields).toString()}`);
const body = fc.oneof(
  { weight: 4, arbitrary: spoiled },
  { weight: 2, arbitrary: fc.json().map((text) => text.slice(0, 5_000)) },
  { weight: 1, arbitrary: marked },
  { weight: 1, arbitrary: fc.constantFrom('', '{', '[[[[', '"\\ud800"', `{"a":"${MARK}`) },
  { weight: 1, arbitrary: fc.constant(`"${MARK.repeat(10_000)}"`) },
  { weight: 1, arbitrary: fc.constant('['.repeat(60_000)) },
);

interface Asked {
  /** Which of all routes. */
  readonly at: number;
  readonly method: string;
  readonly type: string;
  readonly body: string;
  /** What stands for a parameter of the path that is not right. */
  readonly given: readonly string[];
  /** Secret, instance, cookie and the form's token are right. */
  readonly right: boolean;
  readonly query: string | null;
}

const asked: fc.Arbitrary<Asked> = fc.record({
  at: fc.nat(),
  method,
  type,
  body: fc.oneof(body, form),
  given: fc.array(segment, { minLength: 6, maxLength: 6 }),
  right: fc.boolean(),
  query: fc.option(segment, { nil: null }),
});

/** To a route of the service, with a part or all of its path as it should be. */
function requestOf({ at, right, given, query, type, ...asked }: Asked): RawRequest {
  const paths = [...world.routes.map((route) => route.path), '/', '/unknown/*'];
  const known: Readonly<Record<string, string>> = { secret: world.secret, instance: portal.id };
  let next = 0;
  const path = paths[at % paths.length]!.replaceAll(/:(\w+)|\*/g, (_all, name: string) => {
    const made = given[next++]!;
    return (right ? known[name] : undefined) ?? made;
  });
  return {
    method: asked.method,
    path: query === null ? path : `${path}?${query}=${query}`,
    body: asked.body.replace(FORM_TOKEN, portal.formToken),
    headers: {
      'Content-Type': asked.body.includes(FORM_TOKEN) ? FORM : type,
      ...(right && { Cookie: portal.cookie }),
    },
  };
}

/** A session is good for 120 requests a minute. */
const OF_A_SESSION = 100;
let portal: { id: string; cookie: string; formToken: string };

async function openNextPortal(): Promise<void> {
  const id = newInstanceId();
  const { install } = await world.blnk.apps.install(id, ['data:read', 'data:write']);
  await world.reconcile(id);
  const visitor = await openPortal(world, install);
  const page = await visitor.get('/schedule');
  const { cookie } = visitor;
  portal = { id, cookie, formToken: /name="token" value="([^"]+)"/.exec(page.text)![1]! };
}

function expectDecent(answer: RawAnswer, { method: by }: { readonly method: string }): void {
  expect(answer.status).not.toBeNull();
  expect(answer.status).toBeLessThan(500);
  expect(`${answer.head}${answer.body}`).not.toContain(MARK);
  expect(`${answer.head}${answer.body}`).not.toContain(world.secret);
  // A page that was found, or where a form leads.
  if (answer.status! < 400 || by === 'HEAD') return;
  const codes = answer.body.match(/\b[A-Z]+_[A-Z_]+\b/g) ?? [];
  expect(codes.filter(isErrorCode)).not.toEqual([]);
}

test('any request to any route is answered with a code, and without an echo', async () => {
  expect(world.routes.length).toBeGreaterThan(15);
  let sent = 0;
  await fc.assert(
    fc.asyncProperty(asked, async (made) => {
      if (sent++ % OF_A_SESSION === 0) await openNextPortal();
      const request = requestOf(made);
      expectDecent(await sendRequest(world.url, request), request);
    }),
    runs(2_000),
  );
}, 240_000);

test('what is no HTTP is answered with a code too', async () => {
  const bytes = fc.oneof(
    fc.uint8Array({ minLength: 5, maxLength: 200 }).map((list) => Buffer.from(list)),
    marked.map((text) => Buffer.from(`GET /${text}\r\n\r\n`)),
    fc.constant(Buffer.from(`GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(100_000)}\r\n\r\n`)),
  );
  await fc.assert(
    fc.asyncProperty(bytes, async (sent) => {
      const answer = await sendBytes(world.url, [sent, '\r\n\r\n\r\n']);
      // Some of it is HTTP after all.
      expectDecent(answer, { method: sent.subarray(0, 4).toString() === 'HEAD' ? 'HEAD' : '' });
    }),
    runs(200),
  );
});

test('who sends too slowly is told so, and holds nobody else up', async () => {
  const head = `POST /api/callback/${world.secret} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n`;
  const slow = [
    sendBytes(world.url, ['GET /healthz HTTP/1.1\r\n']),
    sendBytes(world.url, [head, ...Array<string>(40).fill('X: y\r\n')], 500),
    sendBytes(
      world.url,
      [`${head}Content-Length: 5000\r\n\r\n`, ...Array<string>(40).fill('"')],
      500,
    ),
  ];
  const answered = jest.fn();
  for (const answer of slow) void answer.then(answered);
  const healthy = await sendRequest(world.url, { method: 'GET', path: '/healthz' });
  expect(healthy.status).toBe(200);
  expect(answered).not.toHaveBeenCalled();
  for (const answer of await Promise.all(slow)) {
    expect(answer.status).toBe(408);
    expectDecent(answer, { method: 'POST' });
  }
});

test('the log names no secret, no key and no text of a request but ids, and the service still works', async () => {
  const log = world.log.join('');
  expect(log).toContain('request.done');
  for (const secret of [world.secret, MARK, 'blnk_', portal.cookie, portal.formToken])
    expect(log).not.toContain(secret);
  const installed = await world.blnk.apps.install(newInstanceId(), ['data:read', 'data:write']);
  expect(installed.install.status).toBe('installed');
});
