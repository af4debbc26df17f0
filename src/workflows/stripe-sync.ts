/**
 * StripeSyncWorkflow: one sync of one instance. Only ids, counts and cursors pass through here; the
 * pay-ins themselves stay in Postgres.
 */
import {
  CancellationScope,
  ContinueAsNew,
  continueAsNew,
  isCancellation,
  log,
  workflowInfo,
} from '@temporalio/workflow';
import type { Counts } from '../domain/outcomes';
import { NO_PROGRESS, type Progress } from '../domain/progress';
import type { Scope, SyncStatus, Trigger } from '../domain/sync';
import { causeOf, failure } from './failures';
import { saving } from './policies';
import { showProgress, type Shown } from './progress';
import { runSync, type Carried, type RunEnd } from './run';
import { createSteps } from './steps';
import { wayOfRun } from './versions';

export interface SyncInput {
  readonly instanceId: string;
  readonly trigger: Trigger;
  /** Default: everything new. */
  readonly scope?: Scope;
  /** The owner has confirmed a changed Stripe account or ledger. Default false. */
  readonly acceptSource?: boolean;
  /** What an earlier run of this chain has shown so far. */
  readonly progress?: Progress;
  readonly carried?: Carried;
}

export interface SyncResult {
  readonly syncId: string;
  readonly status: SyncStatus;
  /** Absent when skipped. */
  readonly counts?: Counts;
  /** Set when skipped: who holds the instance. */
  readonly runningWorkflowId?: string;
}

export async function StripeSyncWorkflow(input: SyncInput): Promise<SyncResult> {
  const { instanceId, trigger, scope = { kind: 'full' }, acceptSource = false } = input;
  const { firstExecutionRunId: firstRunId } = workflowInfo();
  const shown = showProgress(input.progress ?? NO_PROGRESS);
  const opening = { instanceId, trigger, scope, acceptSource, firstRunId };
  try {
    const end = await runSync(createSteps(opening, wayOfRun(), shown), input.carried);
    return await resultOf(end, input, shown);
  } catch (error) {
    if (error instanceof ContinueAsNew) throw error;
    const cancelled = isCancellation(error);
    const cause = cancelled ? undefined : causeOf(error);
    if (cause) log.warn('sync failed', { code: cause.code });
    await CancellationScope.nonCancellable(() =>
      saving(cancelled ? 'close, cancelled' : 'close, failed').finishSync({
        instanceId,
        firstRunId,
        outcome: cancelled ? 'cancelled' : 'failed',
        ...(cause && { error: cause }),
      }),
    );
    throw cause ? failure(cause.code, cause.details, cause.message) : error;
  }
}

/** @throws what ends the run otherwise: that it goes on as new, or that it has failed */
function resultOf(end: RunEnd, input: SyncInput, { progress }: Shown): SyncResult | Promise<never> {
  switch (end.kind) {
    case 'skipped': {
      const { syncId, runningWorkflowId } = end.by;
      return { syncId, status: 'skipped', runningWorkflowId };
    }
    case 'closed':
      return end.result;
    case 'full':
      return continueAsNew<typeof StripeSyncWorkflow>({
        ...input,
        progress,
        carried: end.carried,
      });
    case 'expired':
      throw failure('INTERNAL', {});
    case 'reopened':
      throw failure('NOT_FINISHED', {});
    case 'forgotten':
      throw failure('LEDGER_FORGETS', {});
  }
}
