/** Writes a stand-in's answers to the wire: whole ones, and the spoiled ones of the fault hook. */
import type { ServerResponse } from 'node:http';
import type { Fault } from './faults';
import { toJson } from './json';
import type { Reply } from './exchange';

export interface SpoilContext {
  readonly common: () => Record<string, string>;
  /** Ends waiting when the stand-in closes. */
  readonly signal: AbortSignal;
  /** What would have been answered; absent when the request was not handled. */
  readonly reply?: Reply;
}

export function answer(
  response: ServerResponse,
  reply: Reply,
  common: Record<string, string> = {},
): void {
  const { body, type } = render(reply);
  // A 204 has no body, and a length of its own would break the client's framing.
  const length = reply.status === 204 ? {} : { 'Content-Length': String(body.length) };
  response.writeHead(reply.status, { ...type, ...common, ...reply.headers, ...length });
  response.end(body);
}

/** Resolves to false where the request is answered all the same: later, or with something else in it. */
export async function spoil(
  response: ServerResponse,
  fault: Fault,
  context: SpoilContext,
): Promise<boolean> {
  switch (fault.kind) {
    case 'status': {
      const { status, json, text, headers } = fault;
      answer(response, { status, json, text, headers }, context.common());
      return true;
    }
    case 'html':
      answer(response, gatewayPage(fault.status), context.common());
      return true;
    case 'empty':
      answer(response, { status: 200, text: '' }, context.common());
      return true;
    case 'truncated': {
      const whole = context.reply ?? { status: 200, json: { object: 'list', data: [] } };
      const { body, type } = render(whole);
      const headers = { ...type, ...context.common(), 'Content-Length': String(body.length) };
      response.writeHead(whole.status, headers);
      const half = body.subarray(0, Math.floor(body.length / 2));
      await new Promise((resolve) => response.write(half, resolve));
      response.destroy();
      return true;
    }
    case 'reset':
      response.socket?.resetAndDestroy();
      return true;
    case 'hang':
      await silence(response, fault.ms);
      response.destroy();
      return true;
    case 'delay':
      await pause(fault.ms, context.signal);
      return false;
    case 'date':
    case 'row':
      return false;
  }
}

/** Waits, but not beyond the signal; never throws. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}

/** Lasts until the connection ends, or `ms` if that is sooner. */
function silence(response: ServerResponse, ms: number | undefined): Promise<void> {
  if (response.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
    response.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function render(reply: Reply): { body: Buffer; type: Record<string, string> } {
  if (reply.text !== undefined) return { body: Buffer.from(reply.text), type: {} };
  if (reply.json === undefined) return { body: Buffer.alloc(0), type: {} };
  return {
    body: Buffer.from(toJson(reply.json)),
    type: { 'Content-Type': 'application/json' },
  };
}

/** What a proxy in front of a service says when the service does not answer. */
function gatewayPage(status: number): Reply {
  return {
    status,
    text: `<html><head><title>${status}</title></head><body><h1>${status}</h1></body></html>\n`,
    headers: { 'Content-Type': 'text/html' },
  };
}
