/** `syncs follow`: follows the sync that runs, as one of the schedule or of the portal. */
import { SyncError } from '../domain/errors';
import { syncIdOf } from '../domain/ids';
import { reportAsText } from '../domain/report';
import { EXIT, exitCodeOfStatus } from '../exit';
import { readWholeReport } from '../store/sync-reports';
import { findOpenSync, findSync, type Owner } from '../store/syncs';
import type { Context } from './context';
import { follow } from './follow';
import { linkTo } from './links';
import { scheduleState } from './schedule-of';
import { CALLED } from './verb';

/** @throws SyncError NOT_FOUND when nothing runs */
export async function followRunning(context: Context): Promise<number> {
  const { output } = context;
  const { workflowId, firstRunId: runId } = await runningOwner(context);
  const { syncHandle } = await import('../temporal/syncs.js');
  const handle = syncHandle(await context.temporal(), { workflowId, firstRunId: runId });
  const link = await linkTo(context, { workflowId, runId });
  output.say(`Following ${workflowId}`);
  if (link !== null) output.say(`  Web UI    ${link}`);
  const result = await follow(context, { handle });
  if (result === 'detached') {
    output.notice('Detached; the sync goes on.');
    return EXIT.failed;
  }
  const id = syncIdOf(await context.instanceId(), workflowId, runId);
  const row = await findSync(await context.db(), id);
  if (!row) throw new SyncError('NOT_FOUND', { sync: id });
  const report = await readWholeReport(await context.db(), row, link);
  output.data(report, reportAsText(report));
  return exitCodeOfStatus(report.status);
}

async function runningOwner(context: Context): Promise<Owner> {
  const [client, db, id] = [
    await context.temporal(),
    await context.db(),
    await context.instanceId(),
  ];
  const open = await findOpenSync(db, id);
  if (open) return open;
  const { findOpenRuns } = await import('../temporal/runs.js');
  const schedule = await scheduleState(context);
  const [run] = await findOpenRuns(client, id, schedule?.running ?? []);
  if (run) return run;
  const next = `No sync runs; start one: ${CALLED} sync`;
  throw new SyncError('NOT_FOUND', { 'running sync': `of ${id}` }, { next });
}
