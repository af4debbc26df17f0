/** The bytes between us and a ledger: what is sent, over which sockets, and what each way of not answering becomes. */
import { setMaxListeners } from 'node:events';
import { createServer as createSecure, type Server as SecureServer } from 'node:https';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import axios from 'axios';
import { createBlnkHttp, type BlnkAnswer, type BlnkRequest } from '../../src/blnk/http';
import type { SyncError } from '../../src/domain/errors';
import { Secret } from '../../src/secret';
import { SELF_SIGNED } from '../support/proxies/self-signed';
import {
  json,
  silence,
  startScriptedServer,
  type ScriptedServer,
  type Step,
} from '../support/proxies/scripted-server';

const KEY = 'blnk_secret';
const never = new AbortController().signal;
const right = 'transactions:write';
const POST: BlnkRequest = { method: 'POST', path: '/transactions', body: { name: 'é' }, right };
const GET: BlnkRequest = {
  ...{ method: 'GET', path: '/data/transactions', right },
  query: { instance_id: 'inst 1', reference_in: 'pi_1,pi_2:re_3', until: '2026-03-01T12:00+01:00' },
};
/** Only for what is never answered in full. */
const SHORT = 250;

let server: ScriptedServer;

beforeAll(async () => {
  server = await startScriptedServer();
});
afterAll(() => server.close());

function ask(
  request: BlnkRequest,
  {
    url = server.url,
    timeoutMs,
    signal = never,
  }: { url?: URL; timeoutMs?: number; signal?: AbortSignal } = {},
): Promise<BlnkAnswer> {
  const authorization = (key: string) => ({ 'X-Blnk-Key': key });
  const http = createBlnkHttp({ url, apiKey: new Secret(KEY), authorization, timeoutMs });
  return http.attempt(request, signal);
}

const failureOf = (work: Promise<unknown>): Promise<SyncError> =>
  work.then(
    () => {
      throw new Error('no failure');
    },
    (thrown: unknown) => thrown as SyncError,
  );

interface Heard {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: object;
  readonly body: string;
}

/** A step that answers, and what it has heard. */
function listening(): { step: Step; heard: Heard[] } {
  const heard: Heard[] = [];
  const step: Step = (response, request, body) => {
    const { method, url, headers } = request;
    heard.push({ method, url, headers, body });
    json(200, {})(response, request, body);
  };
  return { step, heard };
}

test.each([POST, GET])('a $method is sent as axios itself would send it', async (request) => {
  const { step, heard } = listening();
  server.play(step);
  await ask(request);
  await axios.request({
    ...{
      method: request.method,
      url: server.url.origin + request.path,
      params: request.query ?? {},
    },
    ...(request.body !== undefined && { data: JSON.stringify(request.body) }),
    headers: {
      ...{ 'Content-Type': 'application/json', Accept: 'application/json' },
      ...{ 'X-Blnk-Key': KEY, 'Accept-Encoding': 'gzip, br', Connection: 'keep-alive' },
    },
  });
  const [ours, theirs] = heard;
  expect(ours).toEqual(theirs);
});

test('one socket carries one exchange after the other', async () => {
  const ports = new Set<number | undefined>();
  server.play((response, request, body) => {
    ports.add(request.socket.remotePort);
    json(200, {})(response, request, body);
  });
  for (let nth = 0; nth < 5; nth += 1) await ask(POST);
  expect(ports.size).toBe(1);
});

const ANSWER = { reference: 'pi_é€😀', at: 1 };
const TEXT = Buffer.from(JSON.stringify(ANSWER));
const inPieces = (body: Buffer, encoding = ''): Step => {
  return (response) => {
    response.writeHead(200, encoding === '' ? {} : { 'content-encoding': encoding });
    const pieces = [...body].map((byte) => Buffer.of(byte));
    const next = () => {
      const piece = pieces.shift();
      if (piece) response.write(piece, next);
      else response.end();
    };
    next();
  };
};

test.each<[how: string, body: Buffer, encoding: string]>([
  ['as it is', TEXT, ''],
  ['with a mark of the byte order', Buffer.concat([Buffer.of(0xef, 0xbb, 0xbf), TEXT]), ''],
  ['by gzip', gzipSync(TEXT), 'gzip'],
  ['by gzip under its old name', gzipSync(TEXT), 'X-GZIP'],
  ['by deflate', deflateSync(TEXT), 'deflate'],
  ['by brotli', brotliCompressSync(TEXT), 'br'],
  ['with the name of no packing', TEXT, 'identity'],
])('an answer that comes byte by byte, packed %s, is read whole', async (_how, body, encoding) => {
  server.play(inPieces(body, encoding));
  expect(await ask(POST)).toEqual({ status: 200, code: '', body: ANSWER });
});

test.each<[what: string, step: Step, failure: object]>([
  [
    'is no gzip',
    inPieces(TEXT, 'gzip'),
    { code: 'BLNK_UNAVAILABLE', details: { cause: 'Z_DATA_ERROR' } },
  ],
  [
    'ends within its gzip',
    inPieces(gzipSync(TEXT).subarray(0, 30), 'gzip'),
    { code: 'BLNK_UNAVAILABLE', details: { cause: 'Z_BUF_ERROR' } },
  ],
  [
    'breaks off within its gzip',
    (response) => {
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': '1000' });
      response.write(gzipSync(TEXT), () => response.destroy());
    },
    { code: 'BLNK_UNAVAILABLE' },
  ],
  [
    'is packed in a way that nobody asked for',
    inPieces(TEXT.subarray(1), 'zstd'),
    { code: 'BLNK_BAD_ANSWER', details: { status: 200 } },
  ],
  [
    'breaks off',
    (response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write(TEXT, () => response.destroy());
    },
    { code: 'BLNK_UNAVAILABLE', details: { cause: 'ECONNRESET' } },
  ],
  [
    'is no HTTP',
    (response) => void response.socket?.end('HELLO\r\n\r\n'),
    { code: 'BLNK_UNAVAILABLE' },
  ],
])('an answer that %s is none', async (_what, step, failure) => {
  server.play(step);
  expect(await failureOf(ask(POST))).toMatchObject(failure);
});

test('a ledger that changes to another protocol has not answered, and is not waited for longer than for others', async () => {
  server.play(
    (response) =>
      void response.socket?.write(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n',
      ),
  );
  const { code } = await failureOf(ask(POST, { timeoutMs: SHORT }));
  expect(code).toBe('BLNK_UNAVAILABLE');
});

describe('one whose first word never comes', () => {
  let mute: Server;
  const callers = new Set<Socket>();

  beforeAll(async () => {
    mute = createServer((socket) => void callers.add(socket.on('error', () => undefined)));
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    for (const socket of callers) socket.destroy();
    await new Promise((resolve) => mute.close(resolve));
  });

  test.each(['http', 'https'])(
    'by %s is given up in time, and its socket with it',
    async (scheme) => {
      const url = new URL(`${scheme}://127.0.0.1:${(mute.address() as AddressInfo).port}`);
      const hungUp = new Promise((resolve) =>
        mute.once('connection', (socket: Socket) => socket.resume().once('close', resolve)),
      );
      expect(await failureOf(ask(POST, { url, timeoutMs: SHORT }))).toMatchObject({
        ...{ code: 'BLNK_UNAVAILABLE', details: { host: url.host, cause: 'ECONNABORTED' } },
      });
      await hungUp;
    },
  );
});

test('what waits for a socket is given up in time, or at once when it is cancelled', async () => {
  server.play(silence);
  const cancel = new AbortController();
  setMaxListeners(0, cancel.signal);
  const held = Array.from({ length: 128 }, () => failureOf(ask(POST, { signal: cancel.signal })));
  while (server.count() < 128) await new Promise(setImmediate);
  expect(await failureOf(ask(POST, { timeoutMs: SHORT }))).toMatchObject({
    details: { cause: 'ECONNABORTED' },
  });
  const one = new AbortController();
  const waiting = failureOf(ask(POST, { signal: one.signal }));
  one.abort();
  expect(await waiting).toMatchObject({ name: 'AbortError' });
  expect(server.count()).toBe(128);
  cancel.abort();
  for (const { name } of await Promise.all(held)) expect(name).toBe('AbortError');
});

describe('over TLS', () => {
  let secure: SecureServer;

  beforeAll(async () => {
    secure = createSecure(SELF_SIGNED, (_request, response) => void response.end('{}'));
    await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => new Promise((resolve) => secure.close(resolve)));

  test('a certificate that nobody has signed is refused, and named', async () => {
    const { port } = secure.address() as AddressInfo;
    for (const name of ['localhost', '127.0.0.1']) {
      const failure = await failureOf(ask(POST, { url: new URL(`https://${name}:${port}`) }));
      expect(failure).toMatchObject({
        ...{ code: 'BLNK_UNAVAILABLE', details: { cause: 'DEPTH_ZERO_SELF_SIGNED_CERT' } },
      });
    }
  });
});
