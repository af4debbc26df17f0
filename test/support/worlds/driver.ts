/**
 * Syncs without a Temporal server: the real activities, called in the workflow's order and repeated as
 * Temporal would, in milliseconds instead of seconds. A sync can be interrupted at any of its steps, in
 * the ways in which processes, workflows and networks end.
 */
import type { EngineDeps } from '../../../src/engine/deps';
import { syncIdOf } from '../../../src/domain/ids';
import type { Scope } from '../../../src/domain/sync';
import { findSync, type Owner, type SyncRow } from '../../../src/store/syncs';
import { createDrivenRun, type Interruption } from './driven-run';

/** `row` as it is when the driver lets go of the sync. Undefined: it had none yet. */
export interface Ended {
  readonly syncId: string;
  readonly how: 'closed' | 'killed' | 'stalled';
  readonly row: SyncRow | undefined;
}

export interface Driver {
  /** Runs one sync until it is closed, killed or stalled. */
  sync(options?: {
    scope?: Scope;
    acceptSource?: boolean;
    interruptions?: readonly Interruption[];
  }): Promise<Ended>;
  /** Lets all stalled syncs go on to their ends. */
  resume(): Promise<void>;
}

export type DriverDeps = Omit<EngineDeps, 'isOwnerOpen'>;

export function createDriver(deps: DriverDeps, instanceId: string): Driver {
  const open = new Set<string>();
  const keyOf = ({ workflowId, firstRunId }: Owner) => `${workflowId} ${firstRunId}`;
  const shared: EngineDeps = {
    ...deps,
    isOwnerOpen: (owner) => Promise.resolve(open.has(keyOf(owner))),
  };
  let count = 0;
  let stalled: (() => Promise<unknown>)[] = [];

  return {
    async sync(options = {}) {
      const { scope = { kind: 'full' } as const, acceptSource = false } = options;
      const { interruptions = [] } = options;
      count += 1;
      const owner = { workflowId: `driven-${instanceId}-${count}`, firstRunId: `run-${count}` };
      const syncId = syncIdOf(instanceId, owner.workflowId, owner.firstRunId);
      open.add(keyOf(owner));
      const run = createDrivenRun(shared, {
        ...{ instanceId, owner, scope, acceptSource, interruptions },
      });
      const done = run.done.finally(() => open.delete(keyOf(owner)));
      const how = await Promise.race([done, run.stopped]);
      const row = () => findSync(deps.db, syncId);
      if (how === 'closed' || how === 'killed') return { syncId, how, row: await row() };
      if (how === 'stalled') open.delete(keyOf(owner));
      stalled.push(() => {
        run.resume();
        return done;
      });
      return { syncId, how: 'stalled', row: await row() };
    },
    async resume() {
      const waiting = stalled;
      stalled = [];
      for (const goOn of waiting) await goOn();
    },
  };
}
