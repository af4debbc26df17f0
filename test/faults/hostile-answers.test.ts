/** Answers that are meant to do harm: that lead a key elsewhere, that never end, or that cost more than they are worth. */
import { gzipSync } from 'node:zlib';
import { sendWebhook } from '../../src/alerts/webhook';
import { createCloudLedger } from '../../src/blnk/cloud';
import { createCloudAlerts } from '../../src/blnk/cloud-alerts';
import { createCoreLedger } from '../../src/blnk/core';
import type { SyncError } from '../../src/domain/errors';
import { NO_BUDGET } from '../../src/domain/read-budget';
import { Secret } from '../../src/secret';
import { createStripeReader } from '../../src/stripe/client';
import { aPosting } from '../support/worlds/a-posting';
import {
  startScriptedServer,
  type ScriptedServer,
  type Step,
} from '../support/proxies/scripted-server';

const KEY = 'rk_test_secret';
const MEGABYTE = 1024 * 1024;
const PACKED = gzipSync(Buffer.alloc(17 * MEGABYTE, ' '));
/** Only for what never ends: an answer that does takes what it takes on a busy machine. */
const SHORT = { timeoutMs: 500 };

let server: ScriptedServer;
let elsewhere: ScriptedServer;
const never = new AbortController().signal;

beforeAll(async () => {
  [server, elsewhere] = await Promise.all([startScriptedServer(), startScriptedServer()]);
});
afterAll(() => Promise.all([server.close(), elsewhere.close()]));

interface Limits {
  readonly timeoutMs?: number;
}

function stripeRead(limits: Limits) {
  const connection = { secretKey: new Secret(KEY), apiBase: server.url, livemode: false };
  const reader = createStripeReader(connection, NO_BUDGET, { confirmAfterMs: 1, ...limits });
  return reader.readPage(
    { feed: 'payment_intents', from: 1, to: 2, withCharge: false },
    null,
    never,
  );
}

const ledgerAt = (limits: Limits) => ({ url: server.url, apiKey: new Secret(KEY), ...limits });
const cloudAt = (limits: Limits) => ({ ...ledgerAt(limits), instanceId: 'inst_1' });

/** Every way in which a key leaves this program. */
const CALLS: readonly (readonly [
  string,
  'STRIPE' | 'BLNK',
  (limits: Limits) => Promise<unknown>,
])[] = [
  ['a read of Stripe', 'STRIPE', stripeRead],
  ['a posting to a Core', 'BLNK', (l) => createCoreLedger(ledgerAt(l)).post(aPosting(), never)],
  ['a look-up in a Core', 'BLNK', (l) => createCoreLedger(ledgerAt(l)).lookUp(['pi_1'], never)],
  ['a posting to Cloud', 'BLNK', (l) => createCloudLedger(cloudAt(l)).post(aPosting(), never)],
  ['a look-up in Cloud', 'BLNK', (l) => createCloudLedger(cloudAt(l)).lookUp(['pi_1'], never)],
  ['turnovers of a Core', 'BLNK', (l) => createCoreLedger(ledgerAt(l)).turnoversOf(['@a'], never)],
  [
    'the past of a Core',
    'BLNK',
    (l) => createCoreLedger(ledgerAt(l)).turnoversAt('bln_1', new Date(), never),
  ],
  [
    'lines of a balance in Cloud',
    'BLNK',
    (l) => createCloudLedger(cloudAt(l)).linesOn('bln_1', new Date(), never),
  ],
  [
    'an alert to Cloud',
    'BLNK',
    (l) => createCloudAlerts(cloudAt(l)).raise('bln_1', { title: 'a', description: 'b' }, never),
  ],
];

const failureOf = (work: Promise<unknown>): Promise<SyncError> =>
  work.then(
    () => {
      throw new Error('no failure');
    },
    (thrown: unknown) => thrown as SyncError,
  );

describe.each(CALLS)('%s', (_what, who, call) => {
  test.each([301, 302, 307, 308])(
    'follows no redirect (%d), and takes no key there',
    async (status) => {
      elsewhere.play((response) => void response.writeHead(200).end('{}'));
      server.play(
        (response) => void response.writeHead(status, { location: elsewhere.url.href }).end(),
      );
      expect(await failureOf(call({}))).toMatchObject({
        code: `${who}_UNAVAILABLE`,
        details: { status },
      });
      expect(elsewhere.count()).toBe(0);
    },
  );

  test('takes no answer of more than 16 MB, packed or not, and hears no more of it', async () => {
    for (const step of [endless, packed]) {
      server.play(step);
      expect(await failureOf(call({}))).toMatchObject({
        code: `${who}_BAD_ANSWER`,
        details: { field: 'length' },
      });
    }
  });

  test('does not wait for an answer that drips without end', async () => {
    server.play(dripping);
    expect(await failureOf(call(SHORT))).toMatchObject({ code: `${who}_UNAVAILABLE` });
  });

  test.each(['[', '{"a":'])('does not parse 14 MB of %s, and says why', async (nested) => {
    const body = nested.repeat((14 * MEGABYTE) / nested.length);
    server.play(
      (response) => void response.writeHead(200, { 'content-type': 'application/json' }).end(body),
    );
    expect(await failureOf(call({}))).toMatchObject({
      code: `${who}_BAD_ANSWER`,
      details: { field: 'depth' },
    });
  });
});

describe('a message to the webhook of alerts', () => {
  const send = (signal = never) =>
    sendWebhook(new Secret(server.url.href), {} as Parameters<typeof sendWebhook>[1], signal);

  test('follows no redirect', async () => {
    elsewhere.play((response) => void response.writeHead(200).end());
    server.play((response) => void response.writeHead(307, { location: elsewhere.url.href }).end());
    expect(await failureOf(send())).toMatchObject({
      ...{ code: 'ALERT_WEBHOOK_FAILED', details: { status: 307 } },
    });
    expect(elsewhere.count()).toBe(0);
  });

  test('reads nothing of an answer without end', async () => {
    for (const step of [endless, dripping]) {
      server.play(step);
      await send();
    }
  });

  test('does not wait for one that never comes', async () => {
    server.play(() => undefined);
    const failure = await failureOf(send(AbortSignal.timeout(500)));
    expect(failure.code).toBe('ALERT_WEBHOOK_FAILED');
  });
});

/** Writes until nobody reads any more. */
const endless: Step = (response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.on('error', () => response.destroy());
  const piece = Buffer.alloc(MEGABYTE, ' ');
  const more = () => {
    if (!response.destroyed) response.write(piece, () => setImmediate(more));
  };
  more();
};

/** 17 MB that come as a few kilobytes. */
const packed: Step = (response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
  response.end(PACKED);
};

const dripping: Step = (response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  const timer = setInterval(() => response.write(' '), 50);
  response.on('close', () => clearInterval(timer));
};
