/** Whether Temporal is reached, and how long it keeps the histories of ended syncs. */
import type { Client } from '@temporalio/client';
import { SyncError } from '../domain/errors';
import { count } from '../domain/text';
import type { Probe } from './probe';

const DAY_SECONDS = 86_400;
/** Below this a sync of last week can no longer be looked into. */
const ENOUGH_DAYS = 7;

export function temporalServerProbe(open: () => Promise<Client>): Probe {
  return {
    name: 'Temporal',
    async run() {
      const { connection, options } = await open();
      const { namespace } = options;
      const answer = await connection.workflowService
        .describeNamespace({ namespace })
        .catch((error: unknown) => {
          throw new SyncError('TEMPORAL_UNAVAILABLE', { namespace }, { cause: error });
        });
      const seconds = answer.config?.workflowExecutionRetentionTtl?.seconds?.toNumber() ?? 0;
      const days = Math.round((seconds / DAY_SECONDS) * 10) / 10;
      const detail = `namespace ${namespace}, keeps histories for ${count(days, 'day')}`;
      if (days >= ENOUGH_DAYS) return { ok: true, detail };
      const next = `Set the retention of the namespace to ${ENOUGH_DAYS} days or more.`;
      return { ok: true, detail, next };
    },
  };
}
