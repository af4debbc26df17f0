/** What a person may do in the portal beside connecting Stripe. Each says where it leads. */
import { SyncError } from '../domain/errors';
import { approveHeld, refuseHeld } from '../instances/decide';
import { addIntent } from '../store/intents';
import { forgetStripe, lockAccess, saveCron } from '../store/access';
import {
  closePayIns,
  postAfterAll,
  retryPayIns,
  type Choice,
  type ClosingNote,
} from '../store/set-aside';
import { findOpenSync } from '../store/syncs';
import { describeSchedule, handleOf } from '../temporal/schedules';
import { cancelSync, startAdhocSync } from '../temporal/syncs';
import { PACES, type Pace } from './schedule';
import { askTemporal, findStartingSync } from './temporal';
import type { PortalDeps, Visit } from './visit';

/** What happened, as the page that follows tells it. */
export const DONE = {
  started: 'The sync has started.',
  running: 'A sync is running already; it takes up what is new.',
  retry: 'Tried again by the sync that has started.',
  'retry-later': 'A sync is running; tried again by this one or the next.',
  saved: 'Saved. The schedule follows within seconds.',
  paused: 'Paused. A sync that runs goes on to its end.',
  resumed: 'Resumed.',
  closed: 'Closed. No sync posts it any more; it stays listed as closed.',
  disconnected: 'Disconnected: the key was erased. What is booked stays booked.',
  connected: 'Connected. The schedule is made within seconds; the first sync can also start now.',
  discarded: 'The key was discarded.',
  refused: 'The install was refused and its key erased.',
  cancelling: 'The sync is being cancelled. It closes with what it has done, within seconds.',
} as const;

export type Done = keyof typeof DONE;

/** @throws SyncError TEMPORAL_UNAVAILABLE and those of an instance that cannot sync */
export async function syncNow(deps: PortalDeps, visit: Visit): Promise<Done> {
  assertCanSync(visit);
  const { instanceId } = visit.session;
  // An ad-hoc sync beside one of the schedule would end as skipped.
  if (await findOpenSync(deps.db, instanceId)) return 'running';
  const input = { instanceId, trigger: 'portal' } as const;
  const { joined } = await askTemporal(deps, (client) => startAdhocSync(client, input));
  return joined ? 'running' : 'started';
}

/**
 * What was posted stays posted; the next sync takes up the rest.
 * @throws SyncError NOT_FOUND when nothing runs, TEMPORAL_UNAVAILABLE
 */
export async function cancel(deps: PortalDeps, { session }: Visit): Promise<Done> {
  const { instanceId } = session;
  const open = await findOpenSync(deps.db, instanceId);
  await askTemporal(deps, async (client) => {
    const owner = open ?? (await findStartingSync(deps, client, instanceId));
    if (!owner) throw new SyncError('NOT_FOUND');
    await cancelSync(client, owner);
  });
  return 'cancelling';
}

/** What is tried again, for the page that tells what came of it. */
export interface Tried {
  readonly due: number;
  readonly at: Date;
  readonly done: Done;
}

/**
 * @param asNotBooked with who says so and why; undefined: it is decided on as before
 * @throws SyncError NOT_FOUND when nothing of it is set aside, and as `syncNow`
 */
export async function retry(
  deps: PortalDeps,
  visit: Visit,
  choice: Choice,
  asNotBooked?: ClosingNote,
): Promise<Tried> {
  assertCanSync(visit);
  const { instanceId } = visit.session;
  const tried = asNotBooked
    ? await postAfterAll(deps.db, instanceId, choice, asNotBooked)
    : await retryPayIns(deps.db, instanceId, choice);
  if (tried.due === 0) throw new SyncError('NOT_FOUND');
  const done = (await syncNow(deps, visit)) === 'started' ? 'retry' : 'retry-later';
  return { ...tried, done };
}

/**
 * Ends what a person has dealt with. It stays as a row: who, when and why.
 * @throws SyncError NOT_FOUND when nothing of it is set aside and open
 */
export async function close(
  { db }: PortalDeps,
  { session: { instanceId } }: Visit,
  choice: Choice,
  closing: ClosingNote,
): Promise<Done> {
  const closed = await closePayIns(db, instanceId, choice, closing);
  if (closed.length === 0) throw new SyncError('NOT_FOUND');
  return 'closed';
}

/**
 * Takes the access to Stripe back. The reconciler deletes the schedule and ends a sync that runs.
 * @throws SyncError INSTANCE_FROM_ENVIRONMENT, NOT_FOUND without a key of its own
 */
export async function disconnect({ db }: PortalDeps, { session }: Visit): Promise<Done> {
  const { instanceId } = session;
  await db.transaction(async (tx) => {
    const { origin, stripeKey } = await lockAccess(tx, instanceId);
    if (origin === 'environment') {
      throw new SyncError('INSTANCE_FROM_ENVIRONMENT', { instance: instanceId });
    }
    if (stripeKey === null) throw new SyncError('NOT_FOUND');
    await forgetStripe(tx, instanceId);
    await addIntent(tx, { kind: 'settle', instanceId });
  });
  return 'disconnected';
}

/**
 * Another install takes the place of the one that this session came by, and the session ends with it.
 * @throws SyncError NOT_FOUND when it is no longer held
 */
export async function approveInstall(
  deps: PortalDeps,
  { session }: Visit,
  installId: string,
): Promise<void> {
  await approveHeld(deps, session.instanceId, installId);
}

/** @throws SyncError NOT_FOUND when it is no longer held */
export async function refuseInstall(
  deps: PortalDeps,
  { session }: Visit,
  installId: string,
): Promise<Done> {
  await refuseHeld(deps, session.instanceId, installId);
  return 'refused';
}

/** The row says it from now on; the reconciler makes Temporal do it. */
export async function choosePace(deps: PortalDeps, visit: Visit, pace: Pace): Promise<Done> {
  const { instanceId } = visit.session;
  await deps.db.transaction(async (tx) => {
    const { origin } = await lockAccess(tx, instanceId);
    if (origin === 'environment') {
      throw new SyncError('INSTANCE_FROM_ENVIRONMENT', { instance: instanceId });
    }
    await saveCron(tx, instanceId, PACES[pace].cron);
    await addIntent(tx, { kind: 'settle', instanceId });
  });
  return 'saved';
}

/** @throws SyncError NOT_FOUND without a schedule, TEMPORAL_UNAVAILABLE */
export async function pause(deps: PortalDeps, visit: Visit): Promise<Done> {
  await changeSchedule(deps, visit, (schedule) => schedule.pause('paused in the portal'));
  return 'paused';
}

/** Ends a pause of ours as well: whoever does it has seen what it was for. */
export async function resume(deps: PortalDeps, visit: Visit): Promise<Done> {
  await changeSchedule(deps, visit, (schedule) => schedule.unpause('resumed in the portal'));
  return 'resumed';
}

async function changeSchedule(
  deps: PortalDeps,
  { session: { instanceId } }: Visit,
  change: (schedule: ReturnType<typeof handleOf>) => Promise<void>,
): Promise<void> {
  await askTemporal(deps, async (client) => {
    if (!(await describeSchedule(client, instanceId))) throw new SyncError('NOT_FOUND');
    await change(handleOf(client, instanceId));
  });
}

function assertCanSync({ view, session }: Visit): void {
  switch (view.standing) {
    case 'ready':
      return;
    case 'needs_stripe':
      throw new SyncError('STRIPE_NOT_CONNECTED', { instance: session.instanceId });
    case 'needs_approval':
      throw new SyncError('INSTALL_NOT_APPROVED', { instance: session.instanceId });
    case 'needs_write':
      throw new SyncError('BLNK_PERMISSION_MISSING', { right: 'data:write' });
    case 'checking':
    case 'held':
    case 'refused':
    case 'inactive':
      throw new SyncError('INSTANCE_INACTIVE', { instance: session.instanceId });
  }
}
