/** The workflow of a version that is broken: it begins, and then no task of it ever ends well. */
import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../../../src/activities';
import type { SyncInput } from '../../../src/workflows/stripe-sync';

const { beginSync } = proxyActivities<Activities>({ startToCloseTimeout: '2m' });

export async function StripeSyncWorkflow({ instanceId, trigger }: SyncInput): Promise<void> {
  const { firstExecutionRunId: firstRunId } = workflowInfo();
  const scope = { kind: 'full' } as const;
  await beginSync({ instanceId, trigger, scope, acceptSource: false, firstRunId });
  throw new Error('this version is broken');
}
