/**
 * `cost`: what a sync costs on Temporal, in billable actions, events and bytes of history for 1,000
 * pay-ins in full pages, and what an idle sync costs.
 */
import type { WorkflowHandle } from '@temporalio/client';
import { countActions } from './actions';
import type { Context } from './context';
import { figure, type Figure } from './figures';
import { settingsOf, startBlnk, startStripe } from './stand-ins';
import { runSync, type FinishedSync } from './syncs';
import { inWorld, type World } from './world';

export function cost(context: Context): Promise<Figure[]> {
  const { quick, say } = context;
  return inWorld(context, async (world) => {
    const size = quick ? 5_000 : 50_000;
    const stripe = await startStripe(world, { seed: 'cost', size });
    const blnk = await startBlnk(world, { latencyMs: 5 });
    const instanceId = 'bench-cost';
    await world.worker(settingsOf(instanceId, { stripe, blnk }));

    const before = await countActions(world);
    const full = await runSync(world, instanceId);
    const between = await countActions(world);
    if (between === 0) throw new Error('the Temporal server counts no actions');
    const { events, bytes } = await history(world, full);
    say(`cost: ${size} pay-ins synced, now an idle sync`);
    await stripe.forget();
    const idle = await runSync(world, instanceId);
    const idleActions = (await countActions(world)) - between;
    const { total: reads } = await stripe.requests();

    const { posted } = full.row.counts;
    if (posted !== size || idle.row.counts.posted !== 0) {
      throw new Error(`posted ${posted} of ${size}, then ${idle.row.counts.posted}`);
    }
    const thousands = size / 1000;
    const kilobytes = bytes / 1024 / thousands;
    const detail = `a first sync of ${size} pay-ins, all of it, for each 1,000`;
    const idleDetail = 'a sync with nothing new; a schedule adds 2 actions for each start';
    return [
      figure('cost.actions', (between - before) / thousands, ['<=', 45], detail),
      figure('cost.events', events / thousands, ['<=', 250], detail),
      figure('cost.history_kb', kilobytes, ['<=', 40], `${detail}, in KB as Temporal counts them`),
      figure('cost.idle_stripe_reads', reads, ['=', 1], idleDetail),
      figure('cost.idle_actions', idleActions, ['<=', 8], idleDetail),
    ];
  });
}

/** Over all runs that continue-as-new has made of the workflow. */
async function history(
  { client }: World,
  { workflowId, runId: firstRunId }: FinishedSync,
): Promise<{ events: number; bytes: number }> {
  let events = 0;
  let bytes = 0;
  let runId: string | undefined = firstRunId;
  while (runId !== undefined) {
    const handle: WorkflowHandle = client.workflow.getHandle(workflowId, runId);
    const { raw } = await handle.describe();
    events += Number(raw.workflowExecutionInfo?.historyLength);
    bytes += Number(raw.workflowExecutionInfo?.historySizeBytes);
    const last = (await handle.fetchHistory()).events?.at(-1);
    runId = last?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? undefined;
  }
  return { events, bytes };
}
