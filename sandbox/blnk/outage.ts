/**
 * A Core whose Postgres is away: it answers, and can neither read nor post. Keys that it made itself are
 * rows of that database; it knows those that it has seen lately, and takes the others for wrong.
 */
import { z } from 'zod';
import { jsonBody } from '../json';
import type { Handler, Reply } from '../exchange';
import { errorReply, notHeld } from './errors';
import type { CoreKey } from './keys';

const asked = z.strictObject({
  away: z.boolean(),
  /** Whether Core still knows the keys that it was sent before. Default true. */
  keysCached: z.boolean().optional(),
});

export interface Outage {
  set(state: z.infer<typeof asked>): void;
  isAway(): boolean;
  /** A key was sent while the database was there. */
  saw(key: CoreKey): void;
  /** What becomes of a request with this key; null: the database is there. */
  answer(key: CoreKey, body: string): Reply | null;
}

export const DOWN: Reply = {
  status: 503,
  json: { status: 'DOWN', reason: 'database ping failed' },
};

export function createOutage(): Outage {
  const cached = new Set<string>();
  let away = false;
  return {
    set(state) {
      ({ away } = state);
      if (state.keysCached === false) cached.clear();
    },
    isAway: () => away,
    saw(key) {
      if (!away && key !== 'master') cached.add(key.id);
    },
    answer(key, body) {
      if (!away) return null;
      if (key !== 'master' && !cached.has(key.id)) {
        return errorReply({ code: 'AUTH_INVALID_API_KEY', message: 'Invalid API key' });
      }
      // It would be acknowledged and wait in Redis.
      if (isQueued(body)) return notHeld('queued posting without a database');
      return errorReply({ code: 'GEN_INTERNAL', message: 'An internal error occurred' });
    },
  };
}

function isQueued(body: string): boolean {
  return (
    body.includes('"reference"') &&
    !/"skip_queue":\s*true/.test(body) &&
    !body.includes('"filters"')
  );
}

export function outageControl(outage: Outage): Record<string, Handler> {
  return {
    'POST /sandbox/database': (request) => {
      const parsed = jsonBody(request, asked);
      if (!parsed.ok) return parsed.reply;
      outage.set(parsed.value);
      return { status: 200, json: { away: outage.isAway() } };
    },
  };
}
