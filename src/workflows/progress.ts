/** What a running sync shows: the `progress` query and the current details in the Web UI. */
import { defineQuery, setCurrentDetails, setHandler } from '@temporalio/workflow';
import { OUTCOME_TEXT, withTexts } from '../domain/outcomes';
import { describePhase, type Progress } from '../domain/progress';

const progressQuery = defineQuery<Progress>('progress');

/** What is shown of a sync, and how it goes on. */
export interface Shown {
  readonly progress: Progress;
  show(more: Partial<Progress>): void;
}

/** Answers the query from here on. */
export function showProgress(first: Progress): Shown {
  let progress = first;
  setHandler(progressQuery, () => progress, { description: 'Counts of this sync so far' });
  return {
    get progress() {
      return progress;
    },
    show(more) {
      progress = { ...progress, ...more };
      setCurrentDetails(progressAsMarkdown(progress));
    },
  };
}

function progressAsMarkdown(progress: Progress): string {
  const { pages, rows, legs } = progress;
  const columns = [[progress.found, 'found'] as const, ...withTexts(progress, OUTCOME_TEXT)];
  const moved = [
    ...(rows === undefined ? [] : [`${rows} rows of Stripe’s balance read`]),
    ...(legs ? [`${legs.posted + legs.alreadyPosted} movements in the ledger`] : []),
    ...(legs && legs.setAside > 0 ? [`${legs.setAside} set aside`] : []),
  ];
  return [
    `**${describePhase(progress)}**, ${[`${pages} pages done`, ...moved].join(', ')}`,
    '',
    'Pay-ins:',
    '',
    tableRow(columns.map(([, title]) => title)),
    tableRow(columns.map(() => '---:')),
    tableRow(columns.map(([count]) => count)),
  ].join('\n');
}

const tableRow = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;
