/** One sync of the driver: its order of activities, their attempts, and what interrupts them. */
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createActivities, type Activities } from '../../../src/activities';
import type { EngineDeps } from '../../../src/engine/deps';
import type { FinishResult } from '../../../src/engine/finish';
import type { ProofCursor, ProveInput, ProveResult } from '../../../src/engine/posting/prove';
import type { ErrorDetails } from '../../../src/domain/errors';
import type { Scope } from '../../../src/domain/sync';
import type { Owner } from '../../../src/store/syncs';
import { runSync, type Carried, type RunSteps } from '../../../src/workflows/run';
import { mortal, type Gate } from './mortal';
import { silentLogger } from '../silent-logger';

/** Each happens once, that many steps after the one before it (steps: see mortal.ts). */
export interface Interruption {
  readonly after: number;
  readonly how:
    /** The worker dies; Temporal gives its activities to the next one. */
    | 'restart'
    /** Temporal takes the worker for dead and repeats its activities beside those that go on. */
    | 'lose'
    /** The same, but they stand still for a while: a machine that sleeps, and wakes too late. */
    | 'freeze'
    /** The worker dies, and the workflow with it. */
    | 'kill'
    /** The workflow is gone, as far as others can tell; its activity goes on when it is resumed. */
    | 'stall'
    /** The same, but everybody sees that it is still open. */
    | 'hold'
    | 'cancel'
    /** The history is full: the rest is done by another run of the same chain. */
    | 'continue'
    /** Whatever `meanwhile` does. */
    | 'meanwhile';
  readonly meanwhile?: () => Promise<void>;
}

export interface DrivenRun {
  readonly done: Promise<'closed' | 'killed'>;
  /** Resolves if the run comes to a stop before it is done, with nothing of it under way. */
  readonly stopped: Promise<'stalled' | 'held'>;
  resume(): void;
}

interface RunInput {
  readonly instanceId: string;
  readonly owner: Owner;
  readonly scope: Scope;
  /** A person has confirmed another account or ledger. */
  readonly acceptSource: boolean;
  readonly interruptions: readonly Interruption[];
}

interface Worker {
  readonly activities: Activities;
  alive: boolean;
  /** Resolves when Temporal gives the worker up. */
  readonly lost: Resolvers<'lost'>;
  /** Set: it stands still until then. */
  frozen?: Resolvers<'awake'>;
}

/** Attempts of one activity before its sync fails, as when a fault outlasts our patience. */
const ATTEMPTS = 3;
/** Steps that others take before a frozen worker wakes: some pages, or the rest of the sync. */
const FROZEN_STEPS = 40;

/** Rounds over what stepped aside before its sync fails: as when the patience is over. */
const MAX_WAITS = 3;
const SILENT = ApplicationFailure.create({ type: 'BLNK_UNAVAILABLE', nonRetryable: true });

const KILLED = new Error('the workflow is gone');

export function createDrivenRun(deps: EngineDeps, input: RunInput): DrivenRun {
  const { instanceId, owner, scope, acceptSource } = input;
  const left = [...input.interruptions];
  const stopped = withResolvers<'stalled' | 'held'>();
  const goOn = withResolvers<'go on'>();
  const underWay = new Set<MockActivityEnvironment>();
  const leftBehind: Promise<unknown>[] = [];
  let stopping: 'stalled' | 'held' | undefined;
  let cancelled = false;
  let killed = false;
  let full = false;
  let runs = 1;
  let waits = 0;
  let steps = 0;
  /** The same, never begun anew. */
  let taken = 0;
  const frozen: { readonly until: number; readonly worker: Worker }[] = [];
  /** Steps that are outside of the process right now. */
  let outside = 0;

  async function interrupt({ how, meanwhile }: Interruption): Promise<void> {
    switch (how) {
      case 'restart':
      case 'lose':
        worker.alive = how === 'lose';
        worker.lost.resolve('lost');
        worker = startWorker();
        return;
      case 'freeze':
        worker.frozen = withResolvers();
        frozen.push({ until: taken + FROZEN_STEPS, worker });
        worker.lost.resolve('lost');
        worker = startWorker();
        return;
      case 'kill':
        killed = true;
        return;
      case 'stall':
      case 'hold':
        stopping ??= how === 'stall' ? 'stalled' : 'held';
        return;
      case 'cancel':
        cancelled = true;
        for (const environment of underWay) environment.cancel();
        return;
      case 'continue':
        full = true;
        return;
      case 'meanwhile':
        return meanwhile?.();
    }
  }

  function thaw(until: number): void {
    while (frozen[0] && frozen[0].until <= until) frozen.shift()?.worker.frozen?.resolve('awake');
  }

  function startWorker(): Worker {
    const step = async () => {
      steps += 1;
      taken += 1;
      thaw(taken);
      const [next] = left;
      if (next && steps >= next.after) {
        left.shift();
        steps = 0;
        await interrupt(next);
      }
    };
    const go = async (mayWait: boolean) => {
      if (mayWait) await self.frozen?.promise;
      if (mayWait && stopping) {
        if (outside === 0) stopped.resolve(stopping);
        await goOn.promise;
      }
      if (killed || !self.alive) throw new Error('the process is gone');
    };
    const gate: Gate = {
      async enter() {
        await step();
        await go(true);
        outside += 1;
      },
      async within() {
        await step();
        await go(false);
      },
      async leave() {
        await step();
        outside -= 1;
        // Also when this one stands still from here on: nobody else would come and say so.
        if (stopping && outside === 0) stopped.resolve(stopping);
        await go(true);
      },
    };
    const self: Worker = {
      activities: createActivities(mortal(deps, gate)),
      alive: true,
      lost: withResolvers<'lost'>(),
    };
    return self;
  }
  let worker = startWorker();

  const isKilled = () => killed;

  /** One activity as the workflow sees it: repeated while that may help. */
  async function call<T>(
    name: keyof Activities,
    work: (activities: Activities) => Promise<T>,
    whenCancelled: 'stop' | 'go on' = 'stop',
  ): Promise<T> {
    for (let attempt = 1; ;) {
      if (killed) throw KILLED;
      if (cancelled && whenCancelled === 'stop') throw new CancelledFailure('cancelled');
      const mine = worker;
      const environment = new MockActivityEnvironment(
        {
          attempt,
          activityType: name,
          workflowExecution: { workflowId: owner.workflowId, runId: `${owner.firstRunId}-${runs}` },
        },
        { logger: silentLogger },
      );
      if (whenCancelled === 'stop') underWay.add(environment);
      const running = environment
        .run<[], T, () => Promise<T>>(() => work(mine.activities))
        .then(
          (value) => ({ value }),
          (error: unknown) => ({ error }),
        )
        .finally(() => underWay.delete(environment));
      const outcome = await (mine.alive ? Promise.race([running, mine.lost.promise]) : running);
      if (outcome === 'lost') {
        // A dead one is waited for: what it has begun ends before the next one begins.
        if (mine.alive) leftBehind.push(running);
        else await running;
        continue;
      }
      // Of what a dead worker has finished, nobody hears.
      if (isKilled() || mine !== worker) continue;
      if ('value' in outcome) return outcome.value;
      const { error } = outcome;
      const again = error instanceof ApplicationFailure && error.nonRetryable !== true;
      if (!again || attempt >= ATTEMPTS) throw error;
      attempt += 1;
    }
  }

  let syncId = '';

  async function readAll(): Promise<void> {
    let carried: Carried = {};
    for (;;) {
      const end = await runSync(runSteps, carried);
      if (end.kind === 'closed' || end.kind === 'skipped') return;
      if (end.kind !== 'full') throw new Error(`ends as ${end.kind}`);
      ({ carried } = end);
      full = false;
      runs += 1;
    }
  }

  const runSteps: RunSteps = {
    async begin() {
      const begun = await call('beginSync', (activities) =>
        activities.beginSync({
          ...{ instanceId, trigger: 'schedule', scope, acceptSource },
          firstRunId: owner.firstRunId,
          movements: true,
        }),
      );
      ({ syncId } = begun);
      return begun;
    },
    fetch({ windowId, feed }, cursor, mayCut) {
      const page = { instanceId, syncId, windowId, cursor, mayCut };
      switch (feed) {
        case 'earlier_rows':
        case 'balance_transactions':
          return call('settleMovements', (activities) => activities.settleMovements(page));
        case 'follow_ups':
          return call('settleFollowUps', (activities) => activities.settleFollowUps(page));
        default:
          return call('fetchPayIns', (activities) => activities.fetchPayIns(page));
      }
    },
    send: ({ pageId }, { alone, failingSince }) =>
      call('sendPayInsToBlnk', (activities) =>
        activities.sendPayInsToBlnk({
          ...{ instanceId, syncId, pageId, mayStepAside: true, alone },
          ...(failingSince !== undefined && { failingSince }),
        }),
      ),
    async save({ pageId }) {
      const page = { instanceId, syncId, pageId };
      await call('saveSyncRecord', (activities) => activities.saveSyncRecord(page));
    },
    // Nobody waits here: what stays without success fails after so many rounds.
    wait: () => {
      waits += 1;
      if (killed) return Promise.reject(KILLED);
      if (cancelled) return Promise.reject(new CancelledFailure('cancelled'));
      return waits > MAX_WAITS ? Promise.reject(SILENT) : Promise.resolve();
    },
    async prove() {
      for (let from: ProofCursor | null = null; ;) {
        const asked: ProveInput = { instanceId, syncId, from };
        const proof: ProveResult = await call('provePostings', (activities) =>
          activities.provePostings(asked),
        );
        if (proof.kind !== 'more') return proof.kind === 'proven';
        from = proof.next;
      }
    },
    async reconcile() {
      const asked = { instanceId, syncId };
      const result = await call('reconcile', (activities) => activities.reconcile(asked));
      return result.kind === 'done';
    },
    finish: () => finish('completed'),
    isFull: () => full,
    onFeed: () => undefined,
  };

  function finish(
    outcome: 'completed' | 'failed' | 'cancelled',
    error?: { code: string; details: ErrorDetails },
  ): Promise<FinishResult> {
    const { firstRunId } = owner;
    const input = { instanceId, firstRunId, outcome, mayPlanAgain: true, movements: true };
    return call(
      'finishSync',
      (activities) => activities.finishSync({ ...input, ...(error && { error }) }),
      outcome === 'completed' ? 'stop' : 'go on',
    );
  }

  async function work(): Promise<'closed' | 'killed'> {
    try {
      await readAll().catch(async (error: unknown) => {
        if (error === KILLED) throw error;
        if (cancelled) await finish('cancelled');
        else await finish('failed', causeOf(error));
      });
      return 'closed';
    } catch (error) {
      // What finishSync could not close either, the next owner closes.
      if (error === KILLED || error instanceof ApplicationFailure) return 'killed';
      throw error;
    } finally {
      thaw(Infinity);
      await Promise.all(leftBehind);
    }
  }

  return { done: work(), stopped: stopped.promise, resume };

  function resume(): void {
    stopping = undefined;
    goOn.resolve('go on');
  }
}

function causeOf(error: unknown): { code: string; details: ErrorDetails } {
  if (!(error instanceof ApplicationFailure)) return { code: 'INTERNAL', details: {} };
  return { code: error.type ?? 'INTERNAL', details: (error.details?.[0] ?? {}) as ErrorDetails };
}

interface Resolvers<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
}

function withResolvers<T>(): Resolvers<T> {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}
