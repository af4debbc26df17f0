/**
 * One sync from its plan to its close: read, send, settle what stepped aside, and plan again as long as
 * something is open. Free of Temporal, so that tests run it without a server.
 */
import type { BeginResult } from '../engine/begin';
import type { FinishResult } from '../engine/finish';
import type { SendResult } from '../engine/posting/send-page';
import { readWindows, type PageToSend, type ReadSteps } from './reading';

/** How a page is sent. */
export interface Sending {
  readonly alone: boolean;
  readonly failingSince: number | undefined;
}

export interface RunSteps extends Pick<ReadSteps, 'fetch' | 'isFull' | 'onFeed'> {
  /** @param again something was planned before */
  begin(again: boolean): Promise<BeginResult>;
  send(page: PageToSend, how: Sending): Promise<SendResult>;
  /** @param handled else it has stepped aside, and is saved again */
  save(page: PageToSend, handled: boolean): Promise<void>;
  wait(ms: number): Promise<void>;
  /**
   * Whether the ledger still holds what it has acknowledged. What it does not is staged again.
   * @param inDoubt earlier syncs have left something to ask for, or may have
   */
  prove(inDoubt: boolean): Promise<boolean>;
  /** Holds the ledger against Stripe. @returns false: more is to be read first */
  reconcile(): Promise<boolean>;
  finish(): Promise<FinishResult>;
}

/** What the next history of the same sync has to know; everything else is in Postgres. */
export interface Carried {
  /** Since when nothing has got through to the ledger: milliseconds by the database's clock. */
  readonly failingSince?: number;
  /** How often something was found open at the end. */
  readonly reopened?: number;
}

export type RunEnd =
  | { readonly kind: 'skipped'; readonly by: Extract<BeginResult, { kind: 'skipped' }> }
  | { readonly kind: 'closed'; readonly result: FinishResult }
  | { readonly kind: 'full'; readonly carried: Carried }
  /** A watermark that expires again and again says that Stripe's time is wrong. */
  | { readonly kind: 'expired' }
  | { readonly kind: 'reopened' }
  /** A ledger that has lost something each time it was asked is no ledger to complete on. */
  | { readonly kind: 'forgotten' };

/** Plans of one run after an expired watermark, and after a ledger that has lost something. */
const MAX_PLANS = 3;

/** Readings that a proof asks for: its search has fewer steps. */
const MAX_RECONCILED = 24;

/** Each settles up to 64 pages; the pages themselves end what never will be settled. */
const MAX_REOPENED = 1_000;

/** Pages kept here; of more the database knows, and gives them with the next plan. */
const MOST_ASIDE = 64;

/** Milliseconds between the rounds over what stepped aside: 1 s doubling up to 30. */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;

export async function runSync(steps: RunSteps, carried: Carried = {}): Promise<RunEnd> {
  let { failingSince } = carried;
  let reopened = carried.reopened ?? 0;
  let expired = 0;
  let forgotten = 0;
  let reconciled = 0;
  const carry = (): Carried => ({
    ...(failingSince !== undefined && { failingSince }),
    ...(reopened > 0 && { reopened }),
  });

  async function handle(page: PageToSend, alone: boolean): Promise<boolean> {
    const sent = await steps.send(page, { alone, failingSince });
    const handled = sent.kind === 'done';
    if (!handled) ({ failingSince } = sent);
    // Also one that steps aside: its window goes on without it.
    await steps.save(page, handled);
    return handled;
  }

  for (;;) {
    const begun = await steps.begin(reopened + expired + forgotten + reconciled > 0);
    if (begun.kind === 'skipped') return { kind: 'skipped', by: begun };
    const aside = new Map(begun.aside?.map((page) => [page.pageId, page]));
    const outcome = await readWindows(begun.windows, {
      ...steps,
      async handle(page) {
        if (await handle(page, false)) aside.delete(page.pageId);
        else if (aside.size < MOST_ASIDE) aside.set(page.pageId, page);
      },
    });
    switch (outcome) {
      case 'full':
        // beginSync of the next run finds windows, cursors and pages in Postgres.
        return { kind: 'full', carried: carry() };
      case 'expired':
        expired += 1;
        if (expired >= MAX_PLANS) return { kind: 'expired' };
        break;
      case 'done': {
        const settled = await settle([...aside.values()], steps, (page) => handle(page, true));
        if (settled === 'full') return { kind: 'full', carried: carry() };
        if (!(await steps.prove(begun.inDoubt !== false))) {
          forgotten += 1;
          if (forgotten >= MAX_PLANS) return { kind: 'forgotten' };
          break;
        }
        if (begun.movements === true && reconciled < MAX_RECONCILED && !(await steps.reconcile())) {
          reconciled += 1;
          break;
        }
        const result = await steps.finish();
        if (result.planAgain !== true) return { kind: 'closed', result };
        reopened += 1;
        if (reopened > MAX_REOPENED) return { kind: 'reopened' };
      }
    }
  }
}

/**
 * Tries the pages that stepped aside once more, one by one, until each is handled. The page that has been
 * silent for too long ends it with its error.
 */
async function settle(
  pages: readonly PageToSend[],
  steps: Pick<RunSteps, 'isFull' | 'wait'>,
  handle: (page: PageToSend) => Promise<boolean>,
): Promise<'done' | 'full'> {
  let left = pages;
  for (let waitMs = FIRST_WAIT_MS; left.length > 0; waitMs *= 2) {
    const still: PageToSend[] = [];
    for (const page of left) {
      if (steps.isFull()) return 'full';
      if (!(await handle(page))) still.push(page);
    }
    left = still;
    if (left.length > 0) await steps.wait(Math.min(waitMs, LONGEST_WAIT_MS));
  }
  return 'done';
}
