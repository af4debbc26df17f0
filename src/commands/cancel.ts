/** `syncs cancel`: asks the sync that runs to end, waits for it, and shows what it has done. */
import type { Command } from 'commander';
import { closeForOwner } from '../engine/lease';
import { SyncError } from '../domain/errors';
import { syncIdOf } from '../domain/ids';
import { reportAsText } from '../domain/report';
import { describeStall, type Stall } from '../domain/stall';
import { EXIT, exitCodeOfStatus } from '../exit';
import { readWholeReport } from '../store/sync-reports';
import { findOpenSync, findSync, type Owner } from '../store/syncs';
import type { CommonOptions, Context } from './context';
import { follow } from './follow';
import { linkTo } from './links';
import { CALLED, verb, type Run } from './verb';

interface CancelOptions extends CommonOptions {
  readonly detach?: boolean;
  readonly force?: boolean;
}

export function addCancel(syncs: Command, run: Run): void {
  verb(
    syncs,
    'cancel [sync-id]',
    'End the sync that runs; what it has posted stays, and the next one does the rest',
    'syncs cancel',
  )
    .option('--detach', 'return once it was asked to end')
    .option('--force', 'end it without asking: for one that does not get on')
    .action(
      (syncId: string | undefined, { detach = false, force = false, ...common }: CancelOptions) =>
        run(common, (context) => {
          if (!force) return cancel(context, syncId, detach);
          if (detach) throw new SyncError('USAGE', { '--detach': 'has no meaning with --force' });
          return forceEnd(context, syncId);
        }),
    );
}

/** @throws SyncError NOT_FOUND when nothing runs */
async function cancel(
  context: Context,
  syncId: string | undefined,
  detach: boolean,
): Promise<number> {
  const { output } = context;
  const owner = await ownerOf(context, syncId);
  const { workflowId, firstRunId: runId } = owner;
  const { cancelSync } = await import('../temporal/syncs.js');
  const handle = await cancelSync(await context.temporal(), owner);
  const link = await linkTo(context, { workflowId, runId });
  output.say('Asked to end:');
  output.say(`  workflow  ${workflowId}`);
  output.say(`  run       ${runId}`);
  if (link !== null) output.say(`  Web UI    ${link}`);
  if (detach) {
    if (output.json) output.data({ workflowId, runId, webUiUrl: link }, '');
    return EXIT.done;
  }
  const stall = await stallOf(context);
  if (stall) output.notice(`It may never hear of it: ${describeStall(stall).what}. Add --force.`);
  if ((await follow(context, { handle })) === 'detached') {
    output.notice(`Detached; it ends all the same. See ${CALLED} syncs show`);
    return EXIT.failed;
  }
  const id = syncIdOf(await context.instanceId(), workflowId, runId);
  const row = await findSync(await context.db(), id);
  if (!row) {
    output.data({ syncId: id, status: 'cancelled' }, 'It had not begun; nothing was posted.');
    return EXIT.done;
  }
  const report = await readWholeReport(await context.db(), row, link);
  output.data(report, reportAsText(report));
  // It may have come to its end by itself meanwhile; then that is what counts.
  return report.status === 'cancelled' ? EXIT.done : exitCodeOfStatus(report.status);
}

async function stallOf(context: Context): Promise<Stall | undefined> {
  const { findStall } = await import('../checks/stall.js');
  const [client, db, id] = [
    await context.temporal(),
    await context.db(),
    await context.instanceId(),
  ];
  return findStall(client, db, id, undefined);
}

/**
 * Ends what runs although nobody may hear of it, and closes its row. What its steps still have under way
 * writes nothing more, and what they post meanwhile the next sync finds in the ledger.
 */
async function forceEnd(context: Context, syncId: string | undefined): Promise<number> {
  const [client, db, id] = [
    await context.temporal(),
    await context.db(),
    await context.instanceId(),
  ];
  const { describeSchedule } = await import('../temporal/schedules.js');
  const { terminateWorkflow } = await import('../temporal/stopping.js');
  const { findOpenRuns } = await import('../temporal/runs.js');
  const schedule = syncId === undefined ? await describeSchedule(client, id) : undefined;
  const open = syncId === undefined ? await findOpenRuns(client, id, schedule?.running ?? []) : [];
  const owner = await ownerOf(context, syncId).catch((error: unknown) => {
    if (open.length > 0) return undefined;
    throw error;
  });
  const others = open.filter(({ workflowId }) => workflowId !== owner?.workflowId);
  for (const { workflowId, firstRunId } of [...(owner ? [owner] : []), ...others]) {
    await terminateWorkflow(client, workflowId, 'a person has ended it', firstRunId);
    context.output.say(`Ended: ${workflowId}`);
  }
  const row = owner && (await findSync(db, syncIdOf(id, owner.workflowId, owner.firstRunId)));
  if (!row) {
    context.output.data({ status: 'cancelled' }, 'It had not begun; nothing was posted.');
    return EXIT.done;
  }
  await db.transaction((tx) => closeForOwner(tx, row, 'cancelled'));
  const closed = await findSync(db, row.syncId);
  const link = await linkTo(context, { workflowId: row.workflowId, runId: row.firstRunId });
  const report = await readWholeReport(db, closed ?? row, link);
  context.output.data(report, reportAsText(report));
  return report.status === 'cancelled' ? EXIT.done : exitCodeOfStatus(report.status);
}

/** Who owns the sync to end: the one named, or the one that runs or waits for a worker. */
async function ownerOf(context: Context, syncId: string | undefined): Promise<Owner> {
  const [id, db] = [await context.instanceId(), await context.db()];
  const row = await (syncId === undefined ? findOpenSync(db, id) : findSync(db, syncId));
  if (row?.instanceId === id && row.status === 'running') return row;
  const { findAdhocSync } = await import('../temporal/syncs.js');
  const waiting =
    syncId === undefined ? await findAdhocSync(await context.temporal(), id) : undefined;
  if (waiting) return waiting;
  const next =
    syncId === undefined || row?.instanceId === id
      ? 'No sync runs that could be ended; `status` shows what does.'
      : 'Check the id; `syncs list` shows what there is.';
  throw new SyncError('NOT_FOUND', { 'running sync': syncId ?? `of ${id}` }, { next });
}
