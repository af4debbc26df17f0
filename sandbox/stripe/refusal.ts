/**
 * Answers of the Stripe stand-in that are errors, in Stripe's form. Codes and `param` are what
 * clients decide by; the messages only resemble Stripe's.
 */
import type { Reply } from '../exchange';

export interface StripeError {
  readonly type: 'invalid_request_error' | 'api_error' | 'rate_limit_error';
  readonly message: string;
  readonly code?: string | undefined;
  readonly param?: string | undefined;
}

export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly error: StripeError,
    readonly headers: Record<string, string> = {},
  ) {
    super(error.message);
    this.name = 'Refusal';
  }

  toReply(): Reply {
    const { code } = this.error;
    const page = code?.replaceAll('_', '-');
    const doc_url = page === undefined ? undefined : `https://stripe.com/docs/error-codes/${page}`;
    return {
      status: this.status,
      json: { error: { ...this.error, doc_url } },
      headers: this.headers,
    };
  }
}

export function badParameter(param: string, message: string, code?: string): Refusal {
  return new Refusal(400, { type: 'invalid_request_error', message, code, param });
}

export function unknownParameter(param: string): Refusal {
  return badParameter(param, `Received unknown parameter: ${param}`, 'parameter_unknown');
}

/** 404 when the id is the address itself, 400 when it came as a parameter. */
export function missing(kind: string, id: string, param: string, status: 400 | 404): Refusal {
  const message = `No such ${kind}: '${id}'`;
  return new Refusal(status, {
    type: 'invalid_request_error',
    message,
    code: 'resource_missing',
    param,
  });
}

export function unknownAddress(method: string, path: string): Refusal {
  const message = `Unrecognized request URL (${method}: ${path}).`;
  return new Refusal(404, { type: 'invalid_request_error', message });
}
