/** The alerts of Blnk Cloud, and what they are put on. They are part of its Pro plan. */
import { z } from 'zod';
import { SyncError } from '../domain/errors';
import { createBlnkHttp, type BlnkAnswer, type BlnkHttpOptions } from './http';
import { assertRead } from './posting';
import { parseAnswer } from './schema';

export interface AlertText {
  readonly title: string;
  readonly description: string;
}

export interface CloudAlerts {
  /**
   * The id of a balance with this name, in whichever currency; undefined: nothing was booked there yet.
   * @throws SyncError BLNK_*
   */
  findBalance(indicator: string, signal: AbortSignal): Promise<string | undefined>;
  /**
   * Raises an alert on a balance or a transaction and gives its id. Not safe to repeat: each call raises
   * another one.
   * @throws SyncError BLNK_*; `wasRefused` tells whether none was raised
   */
  raise(resourceId: string, text: AlertText, signal: AbortSignal): Promise<string>;
  /** Safe to repeat; one that is gone needs no update. @throws SyncError BLNK_* */
  update(anomalyId: string, text: AlertText, signal: AbortSignal): Promise<void>;
}

const RIGHT = 'alerts:write';

const balances = z.looseObject({ data: z.array(z.looseObject({ balance_id: z.string().min(1) })) });
const raised = z.looseObject({ anomaly_id: z.string().min(1) });

export function createCloudAlerts(
  options: Omit<BlnkHttpOptions, 'authorization'> & { readonly instanceId: string },
): CloudAlerts {
  const http = createBlnkHttp({
    ...options,
    authorization: (key) => ({ Authorization: `Bearer ${key}` }),
  });
  const flag = (id: string) => `/alerts/flag/${encodeURIComponent(id)}`;

  return {
    async findBalance(indicator, signal) {
      const query = { instance_id: options.instanceId, indicator_eq: indicator, pageSize: '1' };
      const request = { method: 'GET', path: '/data/balances', query, right: 'data:read' } as const;
      const answer = await http.exchange(request, signal);
      assertRead(answer);
      return parseAnswer(balances, answer.body).data[0]?.balance_id;
    },

    async raise(resourceId, body, signal) {
      const request = { method: 'POST', path: flag(resourceId), body, right: RIGHT } as const;
      const answer = await http.exchange(request, signal);
      assertTaken(answer);
      return parseAnswer(raised, answer.body).anomaly_id;
    },

    async update(anomalyId, body, signal) {
      const request = { method: 'PUT', path: flag(anomalyId), body, right: RIGHT } as const;
      const answer = await http.exchange(request, signal);
      if (answer.status !== 404) assertTaken(answer);
    },
  };
}

function assertTaken({ status }: BlnkAnswer): void {
  if (status >= 400) throw new SyncError('BLNK_REFUSED', { status });
}

/** Causes of which it is certain that the request never left. */
const NEVER_SENT: readonly unknown[] = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'];

/** Whether a call that failed has certainly had no effect: an answer below 500, or no connection. */
export function wasRefused(error: unknown): error is SyncError {
  if (!(error instanceof SyncError)) return false;
  const { status, cause } = error.details;
  if (typeof status === 'number') return status >= 400 && status < 500;
  return NEVER_SENT.includes(cause);
}
