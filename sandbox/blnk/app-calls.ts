/**
 * How Blnk Cloud calls an app: one POST with a JSON body, nothing that signs it, and 10 seconds for an
 * answer. There is no second attempt.
 */

/** Milliseconds that Blnk waits. */
export const CALL_LIMIT_MS = 10_000;

export interface CallOutcome {
  /** null: no answer within the limit, or none at all. */
  readonly status: number | null;
  readonly ms: number;
  /** Of a 2xx answer: its body as JSON; undefined where it is none. */
  readonly json: unknown;
}

export async function callApp(url: string, body: object, limitMs: number): Promise<CallOutcome> {
  const startedAt = performance.now();
  const took = () => Math.round(performance.now() - startedAt);
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
      redirect: 'manual',
      signal: AbortSignal.timeout(limitMs),
    });
    const text = await response.text();
    return { status: response.status, ms: took(), json: response.ok ? parse(text) : undefined };
  } catch {
    // Whatever the reason, the app has not answered: that is all that Blnk goes by.
    return { status: null, ms: took(), json: undefined };
  }
}

export function isTaken({ status }: CallOutcome): boolean {
  return status !== null && status >= 200 && status < 300;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The answer to an install may be anything; that to a launch is looked at by its schema.
    return undefined;
  }
}
