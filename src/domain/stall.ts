/** Whether the run of a sync gets on, from what Temporal and the rows say of it. */
import { errorInfo, type ErrorCode } from './errors';
import { formatTime } from './text';
import type { StepWait } from './waits';

/** A run of an instance, as Temporal shows it. */
export interface RunFact {
  readonly workflowId: string;
  /** Of its chain, which is what a lease goes by. */
  readonly firstRunId: string;
  readonly open: boolean;
  readonly startedAt: Date;
  /** When something last got through, as its heartbeats say; null: they do not. */
  readonly succeededAt: Date | null;
  /** A worker has taken up its workflow's task and failed, again and again. */
  readonly taskFails: boolean;
  /** Since when a task has waited that no worker takes up; null: none does. */
  readonly waitsSince: Date | null;
  /** Why its steps have failed last, in our own codes. */
  readonly codes: readonly ErrorCode[];
  /** The same steps, with their attempts; absent: not known. */
  readonly waits?: readonly StepWait[];
}

/** A sync, or a run that has no row yet, that does not get on. */
export interface Stall {
  readonly workflowId: string;
  readonly firstRunId: string;
  readonly since: Date;
  /** Why, as far as it is known. */
  readonly codes: readonly ErrorCode[];
}

/** Milliseconds. Longer than any step waits in vain, shorter than a page's patience. */
export const STILL_MS = 10 * 60_000;

/** Milliseconds. Enough for a worker to be started again. */
export const UNTAKEN_MS = 2 * 60_000;

export interface StallFacts {
  readonly now: Date;
  /** When the rows last show that it got on; null: it has opened none yet. */
  readonly movedAt: Date | null;
  readonly run: RunFact;
  /** Those that poll for work. */
  readonly workers: number;
}

/** undefined: it gets on, or has had no time to. */
export function stallOf({ now, movedAt, run, workers }: StallFacts): Stall | undefined {
  const { workflowId, firstRunId, codes } = run;
  const times = [run.startedAt, run.succeededAt, movedAt].flatMap((time) => time?.getTime() ?? []);
  const since = new Date(Math.max(...times));
  const isOlder = (time: Date, ms: number) => now.getTime() - time.getTime() > ms;
  const stall = (...why: readonly ErrorCode[]): Stall => ({
    ...{ workflowId, firstRunId, since },
    codes: [...new Set(why)],
  });
  // Its row is open and it is not: the next sync takes over, which a schedule sees to by itself.
  if (!run.open) return isOlder(since, STILL_MS) ? stall('OWNER_GONE') : undefined;
  if (run.taskFails) return stall('RUN_BROKEN');
  const waits = run.waitsSince !== null && isOlder(run.waitsSince, UNTAKEN_MS);
  const untaken = waits && isOlder(since, UNTAKEN_MS);
  if (untaken && (workers === 0 || isOlder(since, STILL_MS))) return stall('WORKER_MISSING');
  return isOlder(since, STILL_MS) ? stall(...codes) : undefined;
}

/** What is the matter, without its full stop, and what to do next. */
export function describeStall({ since, codes }: Pick<Stall, 'since' | 'codes'>): {
  readonly what: string;
  readonly next: string;
} {
  const [first = 'RUN_STALLED'] = codes;
  const { what, next } = errorInfo(first);
  const named = codes.length === 0 ? '' : `: ${codes.join(', ')}`;
  return {
    what: `a sync stands still since ${formatTime(since)}${named}`,
    next: `${what}. ${first === 'OWNER_GONE' ? 'Run `sync`, which takes over.' : next}`,
  };
}
