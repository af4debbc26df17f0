/** What a running sync shows: the `progress` query and the current details in the Web UI. */
import { defineQuery } from '@temporalio/workflow';
import { FEEDS, type Feed } from '../domain/feeds';
import { addCounts, NO_COUNTS, OUTCOME_TEXT, withTexts, type Counts } from '../domain/outcomes';

export interface Progress extends Counts {
  readonly phase: 'starting' | Feed | 'settling' | 'proving' | 'reconciling' | 'finishing';
  readonly pages: number;
  /** Rows that moved Stripe's balance, handled so far. Absent: none was read. */
  readonly movements?: number;
  readonly syncId: string | null;
}

export const progressQuery = defineQuery<Progress>('progress');

export const NO_PROGRESS: Progress = { ...NO_COUNTS, phase: 'starting', pages: 0, syncId: null };

export function addPage(progress: Progress, counts: Counts): Progress {
  return { ...progress, ...addCounts(progress, counts), pages: progress.pages + 1 };
}

/** @param rows of Stripe's balance that were handled */
export function addRows(progress: Progress, rows: number): Progress {
  return { ...progress, movements: (progress.movements ?? 0) + rows };
}

const PHASE_TEXT: Record<Exclude<Progress['phase'], Feed>, string> = {
  starting: 'starting',
  settling: 'waiting for what Blnk did not take',
  proving: 'asking the ledger again for what was posted',
  reconciling: 'holding the ledger against Stripe',
  finishing: 'finishing',
};

function phaseText(phase: Progress['phase']): string {
  return phase in FEEDS ? FEEDS[phase as Feed].text : PHASE_TEXT[phase as keyof typeof PHASE_TEXT];
}

export function progressAsMarkdown(progress: Progress): string {
  const columns = [[progress.found, 'found'] as const, ...withTexts(progress, OUTCOME_TEXT)];
  const moved = progress.movements === undefined ? '' : `, ${progress.movements} movements`;
  return [
    `**${phaseText(progress.phase)}**, ${progress.pages} pages done${moved}`,
    '',
    tableRow(columns.map(([, title]) => title)),
    tableRow(columns.map(() => '---:')),
    tableRow(columns.map(([count]) => count)),
  ].join('\n');
}

const tableRow = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;
