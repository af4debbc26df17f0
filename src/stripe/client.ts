/**
 * The reads that the sync makes of Stripe: account, PaymentIntents, success events. Read-only. It never
 * retries by itself: Temporal does, with the waits in sight.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import Stripe from 'stripe';
import type { z } from 'zod';
import type { InstanceConfig } from '../config';
import { SyncError } from '../domain/errors';
import { PACKAGE_NAME } from '../domain/names';
import type { PayIn } from '../domain/pay-in';
import type { Endpoint, StripeBudget } from '../domain/read-budget';
import type { PageSpan } from '../domain/window';
import { toSyncError } from './errors';
import {
  account,
  eventList,
  paymentIntentList,
  retrievedPaymentIntent,
  successTimesOf,
  toPayIn,
} from './schema';

export interface StripePage {
  /** The succeeded ones among the rows of the answer. */
  readonly payIns: readonly PayIn[];
  /** null: the last page. */
  readonly nextCursor: string | null;
  /** Stripe's time of the answer, Unix seconds. */
  readonly answeredAt: number;
  /** In a listing: from when to when its rows were created; null when they do not tell. */
  readonly span: PageSpan | null;
}

export interface StripeReader {
  readonly livemode: boolean;
  /** Whether any HTTP answer has ever come in this process. */
  hasAnswered(): boolean;
  /** Whose key this is; null when the key may not read that. */
  readAccount(signal: AbortSignal): Promise<{ id: string | null; answeredAt: number }>;
  /** Succeeded PaymentIntents by creation time, newest first; bounds in Unix seconds, inclusive. */
  listPayIns(
    range: {
      readonly from: number | null;
      readonly to: number | null;
      readonly withCharge: boolean;
    },
    cursor: string | null,
    signal: AbortSignal,
  ): Promise<StripePage>;
  /** PaymentIntents by the time they succeeded, newest first, for at most the last 30 days. */
  listSuccesses(
    from: number | null,
    cursor: string | null,
    signal: AbortSignal,
  ): Promise<StripePage>;
  /**
   * One PaymentIntent: undefined if there is none; `payIn` is null unless it succeeded.
   * @param withCharge default true; tells when it succeeded, and needs the right to read charges
   */
  readPayIn(
    id: string,
    signal: AbortSignal,
    withCharge?: boolean,
  ): Promise<{ payIn: PayIn | null; status: string; answeredAt: number } | undefined>;
}

const SUCCESS = 'payment_intent.succeeded';

/** Stripe's maximum. */
const PAGE_SIZE = 100;
const TIMEOUT_MS = 25_000;

/** A failing gateway also says 401 or 403, so a refused key is believed the second time. */
const CONFIRM_AFTER_MS = 500;

/** stripe-node has no per-request signal; its fetch client takes this one from the calling context. */
const currentSignal = new AsyncLocalStorage<AbortSignal>();

/**
 * @param budget asked before every request
 * @param limits milliseconds; defaults 25,000 for an answer, 500 before a refused key is tried again
 */
export function createStripeReader(
  config: Pick<InstanceConfig['stripe'], 'secretKey' | 'apiBase' | 'livemode'>,
  budget: StripeBudget,
  limits: { readonly timeoutMs?: number; readonly confirmAfterMs?: number } = {},
): StripeReader {
  let answered = false;
  const httpClient = Stripe.createFetchHttpClient(async (input: string | URL | Request, init) => {
    const signals = [init?.signal, currentSignal.getStore()].filter((signal) => !!signal);
    const response = await fetch(input, { ...init, signal: AbortSignal.any(signals) });
    answered = true;
    return objectOnly(response);
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
        const fault = toSyncError(error);
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
      if (!(error instanceof SyncError && isAboutTheKey(error))) throw error;
      await sleep(limits.confirmAfterMs ?? CONFIRM_AFTER_MS, undefined, { signal });
      return attempt();
    }
  }

  return {
    livemode: config.livemode,
    hasAnswered: () => answered,

    async readAccount(signal) {
      try {
        const { answer, answeredAt } = await read(
          'account',
          () => stripe.accounts.retrieveCurrent(),
          account,
          signal,
        );
        return { id: answer.id, answeredAt };
      } catch (error) {
        // A restricted key may lack this one permission: the key then stands for its account.
        if (!(error instanceof SyncError && isUnreadable(error))) throw error;
        const { answeredAt } = await read(
          'payment_intents.list',
          () => stripe.paymentIntents.list({ limit: 1 }),
          paymentIntentList,
          signal,
        );
        return { id: null, answeredAt };
      }
    },

    async listPayIns(range, cursor, signal) {
      const { answer, answeredAt } = await read(
        'payment_intents.list',
        () =>
          stripe.paymentIntents.list({
            limit: PAGE_SIZE,
            created: bounds(range.from, range.to),
            ...(cursor !== null && { starting_after: cursor }),
            ...(range.withCharge && { expand: ['data.latest_charge'] }),
          }),
        paymentIntentList,
        signal,
      );
      const payIns = answer.data
        .filter((row) => row.status === 'succeeded')
        .map((row) => toPayIn(row, successTimesOf(row)));
      return {
        payIns,
        nextCursor: nextCursorOf(answer, cursor),
        answeredAt,
        span: spanOf(answer.data),
      };
    },

    async listSuccesses(from, cursor, signal) {
      const { answer, answeredAt } = await read(
        'events.list',
        () =>
          stripe.events.list({
            limit: PAGE_SIZE,
            type: SUCCESS,
            created: bounds(from, null),
            ...(cursor !== null && { starting_after: cursor }),
          }),
        eventList,
        signal,
      );
      // A server that only resembles Stripe may not filter: an authorised amount is not received yet.
      const payIns = answer.data
        .filter((row) => row.type === SUCCESS && row.data.object.status === 'succeeded')
        .map((row) => toPayIn(row.data.object, { succeededAt: row.created, chargedAt: null }));
      return { payIns, nextCursor: nextCursorOf(answer, cursor), answeredAt, span: null };
    },

    async readPayIn(id, signal, withCharge = true) {
      try {
        const { answer, answeredAt } = await read(
          'payment_intents.retrieve',
          () => stripe.paymentIntents.retrieve(id, withCharge ? { expand: ['latest_charge'] } : {}),
          retrievedPaymentIntent,
          signal,
        );
        const payIn =
          answer.status === 'succeeded' ? toPayIn(answer, successTimesOf(answer)) : null;
        return { payIn, status: answer.status, answeredAt };
      } catch (error) {
        if (error instanceof SyncError && error.details['status'] === 404) return undefined;
        throw error;
      }
    },
  };
}

function isAboutTheKey(error: SyncError): boolean {
  return error.code === 'STRIPE_KEY_REJECTED' || error.code === 'STRIPE_PERMISSION_MISSING';
}

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

/** 404: a Stripe-compatible server without this endpoint. */
function isUnreadable(error: SyncError): boolean {
  return error.code === 'STRIPE_PERMISSION_MISSING' || error.details['status'] === 404;
}

function bounds(from: number | null, to: number | null): Stripe.RangeQueryParam {
  return { ...(from !== null && { gte: from }), ...(to !== null && { lte: to }) };
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
  const text = await response.text();
  return new Response(/^\s*[[{]/.test(text) ? text : null, response);
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

function spanOf(rows: readonly Readonly<Record<string, unknown>>[]): PageSpan | null {
  const [newest, oldest] = [rows[0]?.['created'], rows.at(-1)?.['created']];
  if (!Number.isSafeInteger(newest) || !Number.isSafeInteger(oldest)) return null;
  return { newest: newest as number, oldest: oldest as number };
}

/** A server that does not move on would be read for ever. */
function nextCursorOf(
  list: { has_more: boolean; data: readonly { id: string }[] },
  cursor: string | null,
): string | null {
  const next = list.has_more ? (list.data.at(-1)?.id ?? null) : null;
  if (next !== null && next === cursor)
    throw new SyncError('STRIPE_BAD_ANSWER', { field: 'cursor' });
  return next;
}
