/** The activities of a sync: its steps under the names that Temporal knows. Workflows see only their types. */
import { activityInfo, ApplicationFailure } from '@temporalio/activity';
import { SyncError } from '../domain/errors';
import { pageCountsOf, type PageCounts } from '../domain/progress';
import { hasPosted } from '../store/instances';
import { savePage } from '../store/pages';
import { haveAnswered } from '../store/successes';
import type { Owner } from '../store/syncs';
import { beginSync, type BeginInput, type BeginResult } from '../engine/begin';
import { guarded } from './boundary';
import type { EngineDeps, Connection } from '../engine/deps';
import { fetchPage, type FetchInput, type FetchResult } from '../engine/reading/fetch-page';
import { finishSync, type FinishInput, type FinishResult } from '../engine/finish';
import { provePostings, type ProveInput, type ProveResult } from '../engine/posting/prove';
import { sendPage, type SendInput, type SendResult } from '../engine/posting/send-page';
import { reconcile, type ReconcileInput, type ReconcileResult } from '../engine/proof/reconcile';
import { settleFollowUps } from '../engine/movements/follow-ups';
import { settleMovements, settleWithoutRows } from '../engine/movements/settle';
import { NOT_NOW } from '../engine/reading/unread';

/** The chain's first run, which continue-as-new does not change: only the workflow knows it. */
interface Chained {
  readonly firstRunId: string;
}

type SaveInput = Pick<SendInput, 'instanceId' | 'syncId' | 'pageId'>;

export type Activities = ReturnType<typeof createActivities>;

export function createActivities(deps: EngineDeps) {
  /** Both ends have answered this process, or an earlier one: a restart must not make them strangers. */
  const withConnection = <T>(
    instanceId: string,
    work: (
      connect: () => Promise<Connection>,
      attempt: Parameters<Parameters<typeof guarded>[1]>[0],
    ) => Promise<T>,
  ): Promise<T> => {
    let connection: Connection | undefined;
    const connect = async () => (connection ??= await deps.connect(instanceId));
    const before = async (end: 'stripe' | 'blnk'): Promise<boolean> => {
      if (!connection) return false;
      try {
        return (await haveAnswered(deps.db, instanceId))[end];
      } catch (error) {
        // The database is away as well, which is no reason to be less patient.
        if (error instanceof SyncError) return true;
        throw error;
      }
    };
    return guarded(deps, (attempt) => work(connect, attempt), {
      stripe: async () => connection?.stripe.hasAnswered() === true || before('stripe'),
      blnk: async () => connection?.ledger.hasAnswered() === true || before('blnk'),
      hasPosted: () => hasPosted(deps.db, instanceId),
    });
  };

  return {
    beginSync: (input: BeginInput & Chained): Promise<BeginResult> =>
      withConnection(input.instanceId, (connect, attempt) =>
        beginSync(deps, input, ownerOf(input), connect, attempt),
      ),

    fetchPayIns: (input: FetchInput): Promise<FetchResult> =>
      withConnection(input.instanceId, async (connect, attempt) =>
        fetchPage(deps, input, await connect(), attempt),
      ),

    sendPayInsToBlnk: (input: SendInput): Promise<SendResult> =>
      withConnection(input.instanceId, async (connect, attempt) =>
        sendPage(deps, input, await connect(), attempt),
      ),

    saveSyncRecord: (input: SaveInput): Promise<PageCounts> =>
      guarded(deps, async () => {
        const { counts, legs } = await savePage(deps.db, input.syncId, input.pageId);
        return pageCountsOf(counts, legs);
      }),

    provePostings: (input: ProveInput): Promise<ProveResult> =>
      withConnection(input.instanceId, async (connect, attempt) =>
        provePostings(deps, input, await connect(), attempt),
      ),

    // Pay-ins do not wait for it.
    settleMovements: (input: FetchInput): Promise<FetchResult> =>
      orWithout(isStripeSilent, (silent) =>
        withConnection(input.instanceId, async (connect, attempt) =>
          silent === undefined
            ? settleMovements(deps, input, await connect(), attempt)
            : settleWithoutRows(deps, input, await connect(), attempt, silent),
        ),
      ),

    // Pay-ins are read by now: what Stripe is asked besides waits for the next run.
    settleFollowUps: (input: FetchInput): Promise<FetchResult> =>
      orWithout(isStripeSilent, (silent) =>
        withConnection(input.instanceId, async (connect, attempt) =>
          settleFollowUps(deps, input, await connect(), attempt, silent === undefined),
        ),
      ),

    // All is posted by now: a proof that cannot be made fails no run.
    reconcile: (input: ReconcileInput): Promise<ReconcileResult> =>
      orWithout(isLedgerSilent, (silent) =>
        withConnection(input.instanceId, async (connect, attempt) =>
          reconcile(deps, input, await connect(), attempt, silent === undefined),
        ),
      ),

    finishSync: (input: FinishInput & Chained): Promise<FinishResult> =>
      guarded(deps, () => finishSync(deps, input, ownerOf(input))),
  };
}

/**
 * Does it once more without the one that has failed for as long as it is waited for.
 * @param work is told the code that it has failed with
 */
async function orWithout<T>(
  isSilent: (code: string) => boolean,
  work: (silent?: string) => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isLasting = error instanceof ApplicationFailure && error.nonRetryable === true;
    const code = isLasting ? error.type : undefined;
    if (!code || !isSilent(code)) throw error;
    return work(code);
  }
}

/** What hangs is ended as TIMED_OUT, whoever it was: Stripe is asked for pay-ins then. */
function isStripeSilent(code: string): boolean {
  return code === 'TIMED_OUT' || NOT_NOW.has(code);
}

/** Nothing that a later attempt would mend; a key that is refused as a whole is for a person to see. */
function isLedgerSilent(code: string): boolean {
  return code === 'TIMED_OUT' || (code.startsWith('BLNK_') && code !== 'BLNK_KEY_REJECTED');
}

function ownerOf({ firstRunId }: Chained): Owner {
  const workflowId = activityInfo().workflowExecution?.workflowId;
  if (workflowId === undefined) throw new Error('an activity of a sync runs inside a workflow');
  return { workflowId, firstRunId };
}
