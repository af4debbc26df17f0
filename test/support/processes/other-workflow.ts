/** The workflow as some other version might have it: the same activities, in an order that today's does not replay. */
import { proxyActivities, sleep, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../../../src/activities';
import type { FetchResult } from '../../../src/engine/reading/fetch-page';
import type { SyncInput } from '../../../src/workflows/stripe-sync';

const activities = proxyActivities<Activities>({
  startToCloseTimeout: '2m',
  heartbeatTimeout: '2s',
});

export async function StripeSyncWorkflow({ instanceId, trigger }: SyncInput): Promise<void> {
  const { firstExecutionRunId: firstRunId } = workflowInfo();
  // Today's workflow waits for nothing before it begins.
  await sleep(1);
  const begun = await activities.beginSync({
    ...{ instanceId, trigger, firstRunId },
    scope: { kind: 'full' },
    acceptSource: false,
  });
  if (begun.kind === 'skipped') return;
  const { syncId } = begun;
  for (const { windowId } of begun.windows) {
    let cursor: string | null = null;
    do {
      const page: FetchResult = await activities.fetchPayIns({
        ...{ instanceId, syncId, windowId, cursor },
        mayCut: false,
      });
      if (page.kind !== 'page') return;
      if (page.count > 0) {
        await activities.sendPayInsToBlnk({ instanceId, syncId, pageId: page.pageId });
        await activities.saveSyncRecord({ instanceId, syncId, pageId: page.pageId });
      }
      cursor = page.nextCursor;
    } while (cursor !== null);
  }
  await activities.finishSync({ instanceId, firstRunId, outcome: 'completed' });
}
