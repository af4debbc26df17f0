/** `syncs list` and `syncs show`: what the syncs so far have done; `syncs cancel` is in its own file. */
import type { Command } from 'commander';
import { SyncError } from '../domain/errors';
import { reportAsMarkdown, reportAsText, type Report } from '../domain/report';
import { PROOF_WORD } from '../domain/proof/proof-line';
import { describeScope } from '../domain/sync';
import { formatNumber, formatTime } from '../domain/text';
import { EXIT } from '../exit';
import type { Db } from '../store/db';
import { readList, readWholeReport, type ListedSync } from '../store/sync-reports';
import { findSync, listSyncs, type SyncRow } from '../store/syncs';
import { addCancel } from './cancel';
import { followRunning } from './follow-running';
import type { CommonOptions, Context } from './context';
import { linkTo } from './links';
import { table } from './output';
import { CALLED, group, verb, type Run } from './verb';

interface ListOptions extends CommonOptions {
  readonly limit: string;
}

interface ShowOptions extends CommonOptions {
  readonly markdown?: boolean;
}

export function addSyncs(program: Command, run: Run): void {
  const syncs = group(program, 'syncs', 'What the syncs so far have done, and the end of one');
  verb(syncs, 'list', 'List the newest syncs', 'syncs list --limit 50')
    .option('--limit <n>', 'how many', '20')
    .action((options: ListOptions) => run(options, (context) => list(context, options)));
  verb(syncs, 'show [sync-id]', 'Show the report of a sync (default: the newest)', 'syncs show')
    .option('--markdown', 'print it as Markdown')
    .action((syncId: string | undefined, options: ShowOptions) =>
      run(options, (context) => show(context, syncId, options.markdown === true)),
    );
  verb(
    syncs,
    'follow',
    'Follow the sync that runs, whoever started it; Ctrl-C leaves it running',
    'syncs follow',
  ).action((options: CommonOptions) => run(options, followRunning));
  addCancel(syncs, run);
}

async function list(context: Context, options: ListOptions): Promise<number> {
  const limit = limitOf(options.limit);
  const db = await context.db();
  const id = await context.instanceId();
  const rows = await listSyncs(db, id, limit);
  const syncs = await readList(db, id, rows, (row) => linkOf(context, row));
  context.output.data(
    syncs.map(({ report, proof }) => ({ ...report, ...(proof && { proofState: proof }) })),
    syncs.length === 0 ? `No syncs yet; start one: ${CALLED} sync` : asTable(syncs),
  );
  return EXIT.done;
}

async function show(
  context: Context,
  syncId: string | undefined,
  markdown: boolean,
): Promise<number> {
  const db = await context.db();
  const id = await context.instanceId();
  const [newest] = syncId === undefined ? await listSyncs(db, id, 1) : [];
  const row = syncId === undefined ? newest : await findSync(db, syncId);
  if (row?.instanceId !== id) {
    const next =
      syncId === undefined
        ? `None has run yet; start one: ${CALLED} sync`
        : 'Check the id; `syncs list` shows what there is.';
    throw new SyncError('NOT_FOUND', { sync: syncId ?? `of ${id}` }, { next });
  }
  const report = await wholeReportOf(context, db, row);
  const text = markdown ? reportAsMarkdown(report) : asText(report, row);
  context.output.data(report, text);
  return EXIT.done;
}

/** @throws SyncError USAGE */
export function limitOf(text: string): number {
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (limit === 0) throw new SyncError('USAGE', { '--limit': 'must be a number from 1 on' });
  return limit;
}

/** With its movements and its proof. */
export async function wholeReportOf(context: Context, db: Db, row: SyncRow): Promise<Report> {
  return readWholeReport(db, row, await linkOf(context, row));
}

function linkOf(context: Context, { workflowId, firstRunId: runId }: SyncRow) {
  return linkTo(context, { workflowId, runId });
}

function asText(report: Report, row: SyncRow): string {
  const started = formatTime(row.startedAt);
  return [
    `${report.syncId}, started ${started} by ${report.trigger}${describeScope(row.scope)}`,
    reportAsText(report),
    ...row.notes.map((note) => `  note: ${note}`),
    ...(report.webUiUrl === null ? [] : [`  ${report.webUiUrl}`]),
  ].join('\n');
}

/** What only some instances have is no column in the others. */
function asTable(syncs: readonly ListedSync[]): string {
  const hasMovements = syncs.some(({ report, proof }) => report.movements ?? proof);
  const more = hasMovements ? ['movements', 'proof'] : [];
  const payIns = ['found', 'posted', 'there', 'aside'];
  return table(
    ['started', 'by', 'status', ...payIns, ...more, 'took', 'sync'],
    syncs.map(({ report, proof }) => [
      formatTime(new Date(report.startedAt)),
      report.trigger,
      report.status === 'failed' ? `failed, ${report.error?.code ?? ''}` : report.status,
      formatNumber(report.recordsFound),
      formatNumber(report.recordsPosted),
      formatNumber(report.recordsAlreadyPosted),
      formatNumber(report.recordsQuarantined),
      ...(hasMovements
        ? [formatNumber(report.movements?.found ?? 0), proof ? PROOF_WORD[proof] : '']
        : []),
      took(report),
      report.syncId,
    ]),
  );
}

function took({ startedAt, completedAt }: Report): string {
  if (completedAt === null) return '';
  const seconds = (Date.parse(completedAt) - Date.parse(startedAt)) / 1000;
  return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
}
