/** One request to Stripe: within the budget, with a time-out, its answer checked and dated. It never repeats. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import Stripe from 'stripe';
import type { z } from 'zod';
import type { InstanceConfig } from '../config';
import { isTooDeep, MAX_ANSWER_BYTES } from '../domain/answer-limits';
import { SyncError } from '../domain/errors';
import { PACKAGE_NAME } from '../domain/names';
import type { Endpoint, StripeBudget } from '../domain/read-budget';
import { fetchWithin } from '../fetch';
import { toSyncError } from './errors';
import { keepExact } from './exact';

const TIMEOUT_MS = 25_000;

/** A failing gateway also says 401 or 403, so a refused key is believed the second time. */
const CONFIRM_AFTER_MS = 500;

/** stripe-node has no per-request signal; its fetch client takes this one from the calling context. */
const currentSignal = new AsyncLocalStorage<AbortSignal>();

export type StripeConnection = Pick<InstanceConfig['stripe'], 'secretKey' | 'apiBase' | 'livemode'>;

export interface StripeLimits {
  readonly timeoutMs?: number;
  readonly confirmAfterMs?: number;
}

export function createTransport(
  config: StripeConnection,
  budget: StripeBudget,
  limits: StripeLimits,
) {
  let answered = false;
  const httpClient = Stripe.createFetchHttpClient((input: string | URL | Request, init) => {
    const signals = [init?.signal, currentSignal.getStore()].filter((signal) => !!signal);
    // Elsewhere may be anywhere: an answer that sends us there is none.
    const options = { ...init, redirect: 'manual', signal: AbortSignal.any(signals) } as const;
    return fetchWithin(input, options, (response) => {
      answered = true;
      return objectOnly(response);
    });
  });
  const stripe = new Stripe(config.secretKey.reveal(), {
    apiVersion: '2026-10-28.endive',
    host: config.apiBase.hostname,
    protocol: config.apiBase.protocol === 'http:' ? 'http' : 'https',
    port: config.apiBase.port || (config.apiBase.protocol === 'http:' ? 80 : 443),
    httpClient,
    timeout: limits.timeoutMs ?? TIMEOUT_MS,
    maxNetworkRetries: 0,
    telemetry: false,
    appInfo: { name: PACKAGE_NAME },
  });

  async function read<Answer extends object, Parsed>(
    endpoint: Endpoint,
    call: () => Promise<Stripe.Response<Answer>>,
    schema: z.ZodType<Parsed>,
    signal: AbortSignal,
  ): Promise<{ answer: Parsed; answeredAt: number }> {
    const attempt = async () => {
      signal.throwIfAborted();
      const waitMs = await budget.take(endpoint);
      // Not inside the call, whose time-out is about Stripe's answer.
      if (waitMs > 0) await sleep(waitMs, undefined, { signal });
      const response = await currentSignal.run(signal, call).catch(async (error: unknown) => {
        signal.throwIfAborted();
        const fault = toSyncError(error, config.apiBase.host);
        if (fault.code === 'STRIPE_RATE_LIMITED') {
          await budget.slowDown(limitedScope(fault, endpoint), fault.retryAfterMs);
        }
        throw fault;
      });
      assertOk(response);
      return { answer: parse(schema, response), answeredAt: dateOf(response) };
    };
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof SyncError && error.refusesKey)) throw error;
      await sleep(limits.confirmAfterMs ?? CONFIRM_AFTER_MS, undefined, { signal });
      return attempt();
    }
  }

  return { stripe, read, hasAnswered: () => answered };
}

/** Stripe's own call of one of its lists. */
export type ListCall = () => Promise<Stripe.Response<object>>;

export type Transport = ReturnType<typeof createTransport>;

/** Who slows down; the whole account when Stripe does not say. */
function limitedScope(fault: SyncError, endpoint: Endpoint): Endpoint | 'all' {
  switch (fault.details['reason']) {
    case 'endpoint-rate':
    case 'endpoint-concurrency':
    case 'resource-specific':
      return endpoint;
    default:
      return 'all';
  }
}

function parse<Parsed>(schema: z.ZodType<Parsed>, answer: unknown): Parsed {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  const field = parsed.error.issues[0]?.path.map(String).join('.') ?? '';
  throw new SyncError('STRIPE_BAD_ANSWER', /^[\w.]{1,80}$/.test(field) ? { field } : {});
}

/**
 * On JSON that is no object, such as a gateway's `"Forbidden"`, stripe-node never settles, and its own
 * rejection, which nobody can hear, ends the process. Without a body it is a fault like others.
 */
async function objectOnly(response: Response): Promise<Response> {
  const { status } = response;
  if (status >= 300 && status < 400) {
    await response.body?.cancel();
    throw new SyncError('STRIPE_UNAVAILABLE', { status });
  }
  const text = await textOf(response);
  if (!/^\s*[[{]/.test(text)) return new Response(null, response);
  if (isTooDeep(text)) throw new SyncError('STRIPE_BAD_ANSWER', { field: 'depth' });
  return new Response(keepExact(text), response);
}

async function textOf(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let bytes = 0;
  let text = '';
  // Leaving the loop by an error cancels what has not come yet.
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > MAX_ANSWER_BYTES) throw new SyncError('STRIPE_BAD_ANSWER', { field: 'length' });
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** stripe-node goes by an `error` in the body, not by the status: a gateway's fault could end a listing. */
function assertOk({ lastResponse: { statusCode } }: Stripe.Response<object>): void {
  if (statusCode === 200) return;
  const code = statusCode >= 500 ? 'STRIPE_UNAVAILABLE' : 'STRIPE_BAD_ANSWER';
  throw new SyncError(code, { status: statusCode });
}

/** Every time that matters comes from Stripe: a worker's clock may be wrong by hours. */
function dateOf(response: { lastResponse: { headers: Record<string, string> } }): number {
  // With the fetch client the headers are a Headers object, whatever stripe-node's types say.
  const time = Date.parse(new Headers(response.lastResponse.headers).get('date') ?? '');
  if (Number.isNaN(time)) throw new SyncError('STRIPE_BAD_ANSWER', { field: 'Date' });
  return Math.floor(time / 1000);
}
