/** What a running sync shows: the `progress` query and the current details in the Web UI. */
import { defineQuery } from '@temporalio/workflow';
import { addCounts, NO_COUNTS, OUTCOME_TEXT, withTexts, type Counts } from '../domain/outcomes';
import type { Feed } from '../domain/window';

export interface Progress extends Counts {
  readonly phase: 'starting' | Feed | 'settling' | 'proving' | 'finishing';
  readonly pages: number;
  readonly syncId: string | null;
}

export const progressQuery = defineQuery<Progress>('progress');

export const NO_PROGRESS: Progress = { ...NO_COUNTS, phase: 'starting', pages: 0, syncId: null };

export function addPage(progress: Progress, counts: Counts): Progress {
  return { ...progress, ...addCounts(progress, counts), pages: progress.pages + 1 };
}

export const FEED_TEXT: Record<Feed, string> = {
  backlog: 'left over and due again',
  payment_intents: 'full listing',
  charges: 'charges since the cut-over',
  events: 'latest successes',
  payment_intent: 'one payment',
};

const PHASE_TEXT: Record<Progress['phase'], string> = {
  ...FEED_TEXT,
  starting: 'starting',
  settling: 'waiting for what Blnk did not take',
  proving: 'asking the ledger again for what was posted',
  finishing: 'finishing',
};

export function progressAsMarkdown(progress: Progress): string {
  const columns = [[progress.found, 'found'] as const, ...withTexts(progress, OUTCOME_TEXT)];
  return [
    `**${PHASE_TEXT[progress.phase]}**, ${progress.pages} pages done`,
    '',
    tableRow(columns.map(([, title]) => title)),
    tableRow(columns.map(() => '---:')),
    tableRow(columns.map(([count]) => count)),
  ].join('\n');
}

const tableRow = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;
