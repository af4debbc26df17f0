/** The steps of a run: each is an activity whose line in the Web UI says what it works on, and what is shown of it. */
import { sleep, workflowInfo } from '@temporalio/workflow';
import type { BeginInput } from '../engine/begin';
import type { ProofCursor, ProveResult } from '../engine/posting/prove';
import { FEEDS, type Feed } from '../domain/feeds';
import { addPage, addRows, textOfFound } from '../domain/progress';
import { beginning, fetching, proving, reconciling, saving, sending, settling } from './policies';
import type { Shown } from './progress';
import { createReadBack } from './read-back';
import type { RunSteps } from './run';
import type { Way } from './versions';

/** How a sync is opened, but for the way of its run. */
export interface Opening extends Omit<BeginInput, 'movements'> {
  /** Of the chain, which continue-as-new does not change. */
  readonly firstRunId: string;
}

/** After a first failure what is under way ends by itself: an aborted posting would not be counted. */
export function createSteps(opening: Opening, way: Way, shown: Shown): RunSteps {
  return {
    ...readingSteps(opening, way, shown),
    ...postingSteps(opening, way, shown),
    ...closingSteps(opening, way, shown),
    wait: (ms) => {
      shown.show({ phase: 'settling' });
      return sleep(ms);
    },
    isFull: () => workflowInfo().continueAsNewSuggested,
  };
}

type Steps<Name extends keyof RunSteps> = Pick<RunSteps, Name>;

/** What every step after the first is about. */
function syncOf({ instanceId }: Opening, { progress }: Shown) {
  return { instanceId, syncId: progress.syncId ?? '' };
}

/** Plans and reads. */
function readingSteps(
  opening: Opening,
  way: Way,
  shown: Shown,
): Steps<'begin' | 'fetch' | 'onFeed'> {
  const readBack = createReadBack();
  return {
    async begin(again) {
      const { beginSync } = beginning(again ? 'plan again' : 'open and plan');
      const begun = await beginSync({
        ...opening,
        ...(way.carriesMovements && { movements: true }),
      });
      if (begun.kind === 'open') {
        readBack.plan(begun.windows);
        shown.show({ syncId: begun.syncId });
      }
      return begun;
    },
    async fetch({ windowId, feed }, cursor, mayCut) {
      const from = cursor === null ? 'start' : `after ${cursor}`;
      const summary = `${FEEDS[feed].text}: ${from}`;
      const page = { ...syncOf(opening, shown), windowId, cursor, mayCut };
      switch (feed) {
        case 'earlier_rows':
        case 'balance_transactions': {
          const settled = await settling(summary, feed).settleMovements(page);
          if (settled.kind === 'page') {
            readBack.page({ windowId, feed }, settled);
            const { rows = 0, booked } = settled;
            shown.show(addRows(shown.progress, rows, booked, readBack.of(feed)));
          }
          return settled;
        }
        case 'follow_ups':
          return settling(summary, feed).settleFollowUps(page);
        default:
          return fetching(summary, feed).fetchPayIns(page);
      }
    },
    onFeed: (feed) => shown.show({ phase: feed }),
  };
}

/** Sends a page to the ledger, and saves what has come of it. */
function postingSteps(opening: Opening, way: Way, shown: Shown): Steps<'send' | 'save'> {
  const textOf = (feed: Feed, count: number) =>
    `${count} ${textOfFound(feed)}, page ${shown.progress.pages + 1}`;
  return {
    async send({ feed, pageId, count }, { alone, failingSince }) {
      const again = alone ? ', again' : '';
      const { sendPayInsToBlnk } = sending(`${textOf(feed, count)}${again}`, feed);
      const page = { ...syncOf(opening, shown), pageId };
      if (!way.isSecondEngine) {
        await sendPayInsToBlnk(page);
        return { kind: 'done' };
      }
      const known = failingSince !== undefined && { failingSince };
      return sendPayInsToBlnk({ ...page, mayStepAside: true, alone, ...known });
    },
    async save({ feed, pageId, count }, handled) {
      const { saveSyncRecord } = saving(textOf(feed, count), feed);
      const counts = await saveSyncRecord({ ...syncOf(opening, shown), pageId });
      if (handled) shown.show(addPage(shown.progress, counts));
    },
  };
}

/** Holds the ledger against what was posted, and against Stripe, and closes the sync. */
function closingSteps(
  opening: Opening,
  { isSecondEngine, carriesMovements }: Way,
  shown: Shown,
): Steps<'prove' | 'reconcile' | 'finish'> {
  return {
    async prove(inDoubt) {
      if (!isSecondEngine || (!inDoubt && shown.progress.pages === 0)) return true;
      let from: ProofCursor | null = null;
      for (let part = 1; ; part += 1) {
        shown.show({ phase: 'proving' });
        const { provePostings } = proving(`ask the ledger again, part ${part}`);
        const proof: ProveResult = await provePostings({ ...syncOf(opening, shown), from });
        if (proof.kind !== 'more') return proof.kind === 'proven';
        from = proof.next;
      }
    },
    async reconcile() {
      shown.show({ phase: 'reconciling' });
      const { reconcile } = reconciling('hold the ledger against Stripe');
      const result = await reconcile(syncOf(opening, shown));
      return result.kind === 'done';
    },
    finish() {
      shown.show({ phase: 'finishing' });
      const { instanceId, firstRunId } = opening;
      return saving('close').finishSync({
        ...{ instanceId, firstRunId, outcome: 'completed' },
        ...(isSecondEngine && { mayPlanAgain: true }),
        ...(carriesMovements && { movements: true }),
      });
    },
  };
}
