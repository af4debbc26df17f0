/**
 * Carries a request for axios by Node's own HTTP over sockets that are kept, and does nothing besides: no redirect, no
 * proxy (docs/decisions/proxies.md). axios' own adapter, with what it does for others, cost more than the exchange.
 */
import * as http from 'node:http';
import * as https from 'node:https';
import { pipeline, type Readable, type Transform } from 'node:stream';
import { createBrotliDecompress, createUnzip } from 'node:zlib';
import axios, {
  AxiosError,
  CanceledError,
  type AxiosAdapter,
  type RawAxiosResponseHeaders,
} from 'axios';

/** The code of an answer that is longer than `maxContentLength`, unpacked. */
export const TOO_LONG = 'EMSGSIZE';

/**
 * Shared by all instances: a thousand of one Cloud share its sockets. A limit holds for each host, and
 * is as high as a few ledgers that answer slowly need without holding the others up.
 */
const SOCKETS = { keepAlive: true, maxSockets: 128 };

const OVER = {
  'http:': { request: http.request, agent: new http.Agent(SOCKETS) },
  'https:': { request: https.request, agent: new https.Agent(SOCKETS) },
};

const OURS = { 'User-Agent': `axios/${axios.VERSION}`, 'Accept-Encoding': 'gzip, br' };

const UNPACK: Readonly<Record<string, () => Transform>> = {
  ...{ gzip: createUnzip, 'x-gzip': createUnzip, deflate: createUnzip },
  br: createBrotliDecompress,
};

/** `timeout` is for the whole exchange, from waiting for a socket to the last byte of the answer. */
export const nodeAdapter: AxiosAdapter = (config) =>
  new Promise((resolve, reject) => {
    const { signal, maxContentLength = Infinity } = config;
    const url = new URL(config.url ?? '');
    const { request, agent } = OVER[url.protocol === 'https:' ? 'https:' : 'http:'];
    const headers = { ...OURS, ...config.headers.toJSON() };
    const asked = request(url, { method: config.method ?? 'GET', headers, agent });
    let isAnswering = false;
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener?.('abort', cancel);
    };
    const fail = (error: Error) => {
      done();
      asked.destroy();
      reject(error);
    };
    const cancel = () => fail(new CanceledError());
    const timer = setTimeout(() => {
      fail(new AxiosError('out of time', isAnswering ? 'ETIMEDOUT' : 'ECONNABORTED'));
    }, config.timeout);
    signal?.addEventListener?.('abort', cancel);
    asked.on('error', fail);
    asked.on('response', (answer) => {
      isAnswering = true;
      const parts: Buffer[] = [];
      let length = 0;
      const body = unpacked(answer);
      body.on('error', fail);
      body.on('data', (part: Buffer) => {
        parts.push(part);
        length += part.length;
        if (length > maxContentLength) fail(new AxiosError('too long', TOO_LONG));
      });
      body.on('end', () => {
        done();
        resolve({
          status: answer.statusCode ?? 0,
          statusText: answer.statusMessage ?? '',
          headers: answer.headers as RawAxiosResponseHeaders,
          // Without a mark of the byte order, which is no JSON.
          data: new TextDecoder().decode(Buffer.concat(parts)),
          config,
        });
      });
    });
    asked.end(config.data);
  });

/** What breaks off before it is unpacked is a fault of the whole. */
function unpacked(answer: http.IncomingMessage): Readable {
  const unpack = UNPACK[answer.headers['content-encoding']?.toLowerCase() ?? ''];
  return unpack ? pipeline(answer, unpack(), () => undefined) : answer;
}
