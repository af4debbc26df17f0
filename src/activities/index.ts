/** The six activities of a sync. Workflows see only their types. */
import { activityInfo } from '@temporalio/activity';
import type { Counts } from '../domain/sync';
import { savePage } from '../store/pages';
import type { Owner } from '../store/syncs';
import { beginSync, type BeginInput, type BeginResult } from './begin-sync';
import { guarded } from './boundary';
import type { ActivityDeps, Connection } from './deps';
import { fetchPayIns, type FetchInput, type FetchResult } from './fetch-pay-ins';
import { finishSync, type FinishInput, type FinishResult } from './finish-sync';
import { provePostings, type ProveInput, type ProveResult } from './prove-postings';
import { sendPayInsToBlnk, type SendInput } from './send-pay-ins-to-blnk';

/** The chain's first run, which continue-as-new does not change: only the workflow knows it. */
interface Chained {
  readonly firstRunId: string;
}

export type Activities = ReturnType<typeof createActivities>;

export function createActivities(deps: ActivityDeps) {
  /** Which of the two ends have answered is asked only of a connection that was made. */
  const withConnection = <T>(
    instanceId: string,
    work: (
      connect: () => Promise<Connection>,
      attempt: Parameters<Parameters<typeof guarded>[1]>[0],
    ) => Promise<T>,
  ): Promise<T> => {
    let connection: Connection | undefined;
    const connect = async () => (connection ??= await deps.connect(instanceId));
    return guarded(deps, (attempt) => work(connect, attempt), {
      stripe: () => connection?.stripe.hasAnswered() ?? false,
      blnk: () => connection?.ledger.hasAnswered() ?? false,
    });
  };

  return {
    beginSync: (input: BeginInput & Chained): Promise<BeginResult> =>
      withConnection(input.instanceId, (connect, attempt) =>
        beginSync(deps, input, ownerOf(input), connect, attempt),
      ),

    fetchPayIns: (input: FetchInput): Promise<FetchResult> =>
      withConnection(input.instanceId, async (connect, attempt) =>
        fetchPayIns(deps, input, await connect(), attempt),
      ),

    sendPayInsToBlnk: (input: SendInput): Promise<void> =>
      withConnection(input.instanceId, async (connect, attempt) =>
        sendPayInsToBlnk(deps, input, await connect(), attempt),
      ),

    saveSyncRecord: (input: SendInput): Promise<Counts> =>
      guarded(deps, () => savePage(deps.db, input.syncId, input.pageId)),

    provePostings: (input: ProveInput): Promise<ProveResult> =>
      withConnection(input.instanceId, async (connect, attempt) =>
        provePostings(deps, input, await connect(), attempt),
      ),

    finishSync: (input: FinishInput & Chained): Promise<FinishResult> =>
      guarded(deps, () => finishSync(deps, input, ownerOf(input))),
  };
}

function ownerOf({ firstRunId }: Chained): Owner {
  const workflowId = activityInfo().workflowExecution?.workflowId;
  if (workflowId === undefined) throw new Error('an activity of a sync runs inside a workflow');
  return { workflowId, firstRunId };
}
