/**
 * A worker that stands still for longer than its heartbeats allow (a laptop's sleep, a VM's pause) wakes
 * when others have done its work, and goes on with it.
 */
import { MockActivityEnvironment } from '@temporalio/testing';
import { createActivities, type Activities } from '../../src/activities';
import type { Connection } from '../../src/engine/deps';
import { syncIdOf } from '../../src/domain/ids';
import type { Scope } from '../../src/domain/sync';
import { connectDb, type Db } from '../../src/store/db';
import { findSync } from '../../src/store/syncs';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';
import { testEnvironment } from '../support/environment';
import { silentLogger } from '../support/silent-logger';

const NOW = Date.UTC(2031, 5, 1) / 1000;
const DAY = 86_400;
/** Three pages and more, so that what is left below the second one is cut. */
const COUNT = 450;

let db: Db;
let world: DrivenWorld;
/** What happens before the ledger answers a posting. */
let meanwhile: () => Promise<unknown>;
beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
beforeEach(async () => {
  meanwhile = () => Promise.resolve();
  const through = (connection: Connection): Connection => {
    const { ledger } = connection;
    const post: typeof ledger.post = async (...given) => {
      await meanwhile();
      return ledger.post(...given);
    };
    return { ...connection, ledger: { ...ledger, post } };
  };
  world = await startWorld(db, { startAt: NOW, through });
  for (let days = 0; days < COUNT; days += 1) {
    await world.stripe.world.pay({ createdAt: NOW - DAY - days * DAY });
  }
});
afterEach(() => world.close());

/** Activities one by one, as no workflow would call them. */
function createActor(scope: Scope) {
  const { instanceId } = world;
  const owner = { workflowId: `alone-${instanceId}`, firstRunId: 'run' };
  const activities = createActivities({ ...world.deps, isOwnerOpen: () => Promise.resolve(true) });
  const syncId = syncIdOf(instanceId, owner.workflowId, owner.firstRunId);
  const run = <T>(work: (activities: Activities) => Promise<T>): Promise<T> => {
    const workflowExecution = { workflowId: owner.workflowId, runId: owner.firstRunId };
    const environment = new MockActivityEnvironment(
      { workflowExecution },
      { logger: silentLogger },
    );
    return environment.run<[], T, () => Promise<T>>(() => work(activities));
  };
  const { firstRunId } = owner;
  const begin = () =>
    run((all) =>
      all.beginSync({ instanceId, trigger: 'cli', scope, acceptSource: false, firstRunId }),
    );
  const fetch = async (windowId: string, cursor: string | null) => {
    const input = { instanceId, syncId, windowId, cursor, mayCut: cursor !== null };
    const page = await run((all) => all.fetchPayIns(input));
    if (page.kind !== 'page') throw new Error('no page came');
    return page;
  };
  const finish = (mayPlanAgain: boolean) =>
    run((all) => all.finishSync({ instanceId, firstRunId, outcome: 'completed', mayPlanAgain }));
  const send = (pageId: string) =>
    run((all) => all.sendPayInsToBlnk({ instanceId, syncId, pageId, mayStepAside: true }));
  const save = (pageId: string) => run((all) => all.saveSyncRecord({ instanceId, syncId, pageId }));
  return { syncId, begin, fetch, finish, send, save };
}

async function listingOf(actor: ReturnType<typeof createActor>): Promise<string> {
  const begun = await actor.begin();
  const listing =
    begun.kind === 'open' && begun.windows.find(({ feed }) => feed === 'payment_intents');
  if (!listing) throw new Error('no listing was planned');
  return listing.windowId;
}

const cutWindows = (syncId: string) =>
  db.query('select window_id from sync_windows where sync_id = $1 and cut_by is not null', [
    syncId,
  ]);

it('a page that is recorded cuts nothing more, however late an attempt comes', async () => {
  const actor = createActor({ kind: 'full' });
  const windowId = await listingOf(actor);
  const { nextCursor } = await actor.fetch(windowId, null);
  const second = await actor.fetch(windowId, nextCursor);
  expect(second.windows).toHaveLength(1);
  const again = await actor.fetch(windowId, nextCursor);
  expect(again).toEqual(second);
  expect(await cutWindows(actor.syncId)).toHaveLength(1);
});

it('two attempts at the same time cut it once', async () => {
  const actor = createActor({ kind: 'full' });
  const windowId = await listingOf(actor);
  const { nextCursor } = await actor.fetch(windowId, null);
  const pages = await Promise.all([1, 2, 3].map(() => actor.fetch(windowId, nextCursor)));
  expect(new Set(pages.flatMap(({ windows }) => windows)).size).toBe(1);
  expect(await cutWindows(actor.syncId)).toHaveLength(1);
});

it('begins at most 25 postings of a page once another sync has closed its own', async () => {
  const actor = createActor({ kind: 'full' });
  const { pageId, count } = await actor.fetch(await listingOf(actor), null);
  expect(count).toBeGreaterThan(75);
  let closed: Promise<unknown> | undefined;
  meanwhile = () =>
    (closed ??= db.query(`update stripe_syncs set status = 'failed' where sync_id = $1`, [
      actor.syncId,
    ]));
  await expect(actor.send(pageId)).rejects.toMatchObject({ type: 'SYNC_NOT_OPEN' });
  expect(world.blnk.ledger.totals().transactions).toBeLessThanOrEqual(25);
});

it.each<[what: string, scope: Scope]>([
  ['full sync', { kind: 'full' }],
  ['sync of a range', { kind: 'range', from: NOW - 1_000 * DAY, to: NOW }],
])('a %s with a window that nobody has read is not closed as completed', async (_what, scope) => {
  const actor = createActor(scope);
  await listingOf(actor);
  expect(await actor.finish(true)).toMatchObject({ status: 'running', planAgain: true });
  expect(await findSync(db, actor.syncId)).toMatchObject({ status: 'running' });
  // A workflow that was begun by an earlier version could do nothing with that answer.
  expect(await actor.finish(false)).toMatchObject({ status: 'completed' });
});

it('nor is one with a pay-in that was staged behind its back; the next plan names its page', async () => {
  const scope = { kind: 'range', from: NOW - 10 * DAY, to: NOW } as const;
  const actor = createActor(scope);
  const windowId = await listingOf(actor);
  const { pageId } = await actor.fetch(windowId, null);
  await actor.send(pageId);
  await actor.save(pageId);
  await world.stripe.world.pay({ createdAt: NOW - 2 * DAY + 60 });
  await actor.fetch(windowId, null);
  expect(await actor.finish(true)).toMatchObject({ planAgain: true });
  expect(await actor.begin()).toMatchObject({
    windows: [],
    aside: [{ pageId, feed: 'payment_intents', count: 1 }],
  });
  await actor.send(pageId);
  await actor.save(pageId);
  expect(await actor.finish(true)).toMatchObject({ status: 'completed', counts: { posted: 11 } });
  expect(world.blnk.ledger.totals().transactions).toBe(11);
});

it.each([24, 36, 48, 60, 72])(
  'a sync whose worker freezes at its step %i completes with everything in the ledger',
  async (after) => {
    const { row } = await world.driver.sync({ interruptions: [{ after, how: 'freeze' }] });
    expect(row).toMatchObject({ status: 'completed', counts: { found: COUNT, posted: COUNT } });
    expect(world.blnk.ledger.totals().transactions).toBe(COUNT);
  },
);
