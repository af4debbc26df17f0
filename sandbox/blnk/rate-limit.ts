/**
 * Core's limit of requests for each client address (`rate_limit` of its configuration), a bucket of
 * tokens: its 429 has the limit in headers and no Retry-After. What Cloud's gateway does is not
 * published: here it answers 429 and says nothing more.
 */
import type { Reply, StandInRequest } from '../exchange';
import { isCloudPath } from './cloud';

export interface BlnkRateLimit {
  readonly requestsPerSecond: number;
  /** Tokens that the bucket holds. Default: a second's worth. */
  readonly burst?: number;
}

/**
 * @param nowMs a clock that never goes back
 * @returns what refuses a request: the 429, or null
 */
export function createBlnkRateLimit(
  { requestsPerSecond, burst = Math.max(1, Math.ceil(requestsPerSecond)) }: BlnkRateLimit,
  nowMs: () => number = () => performance.now(),
): (request: Pick<StandInRequest, 'path'>) => Reply | null {
  let left = burst;
  let at = nowMs();
  return ({ path }) => {
    const now = nowMs();
    left = Math.min(burst, left + ((now - at) / 1000) * requestsPerSecond);
    at = now;
    if (left >= 1) {
      left -= 1;
      return null;
    }
    if (isCloudPath(path)) return { status: 429, json: { error: 'Too Many Requests' } };
    const message = 'You have reached maximum request limit.';
    return {
      status: 429,
      json: { error: message, error_detail: { code: 'GEN_RATE_LIMITED', message } },
      headers: {
        'Ratelimit-Limit': String(Math.round(requestsPerSecond)),
        'Ratelimit-Remaining': '0',
        'Ratelimit-Reset': '1',
        'X-Rate-Limit-Limit': requestsPerSecond.toFixed(2),
        'X-Rate-Limit-Duration': '1',
      },
    };
  };
}
