/**
 * A ledger that forgets what it has acknowledged, without a word: failed over to a replica that was behind,
 * crashed before its commits were on disk, or restored from a dump. Found and posted again in the sync in
 * which it happens, or in the next one.
 */
import { randomUUID } from 'node:crypto';
import { MockActivityEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { createActivities } from '../../src/activities';
import type { EngineDeps } from '../../src/engine/deps';
import { syncIdOf } from '../../src/domain/ids';
import { testEnvironment } from '../support/environment';
import { startHarness, type Harness, type HarnessOptions } from '../support/worlds/harness';
import type { ProxiedRequest, ProxyAction } from '../support/proxies/http-proxy';
import { silentLogger } from '../support/silent-logger';

let harness: Harness;
const begin = async (count: number, options: HarnessOptions = {}) => {
  harness = await startHarness({ proxied: true, ...options });
  await pay(count);
};
/** What a test waits for and has not come: it would show nothing. */
const awaited = new Set<string>();
beforeEach(() => awaited.clear());
afterEach(async () => {
  await harness.close();
  expect([...awaited]).toEqual([]);
});

async function pay(count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) await harness.stripe.world.pay();
}

/** Over HTTP, as everything that is asked of the stand-in. */
async function forget(which: object): Promise<number> {
  const response = await fetch(`${harness.blnk.url}/sandbox/forget`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(which),
  });
  expect(response.status).toBe(200);
  return ((await response.json()) as { forgotten: number }).forgotten;
}

const isPosting = ({ path }: ProxiedRequest) => path === '/transactions';
const isLookUp = ({ path }: ProxiedRequest) => path === '/transactions/filter';

/** Once, before the request that is the first to be told true passes. */
function once(when: (request: ProxiedRequest) => boolean, act: () => Promise<unknown>): void {
  const moment = String(when);
  awaited.add(moment);
  harness.intercept(async (request): Promise<ProxyAction> => {
    if (awaited.has(moment) && when(request)) {
      awaited.delete(moment);
      await act();
    }
    return 'pass';
  });
}

/** Told true from that posting on; what was sent before is in the ledger but for what is under way. */
function fromPosting(place: number): (request: ProxiedRequest) => boolean {
  let seen = 0;
  return (request) => isPosting(request) && (seen += 1) >= place;
}

/** In the ledger is what is in Stripe, each once, and our rows say so under the ids that stand there. */
async function expectHealed(): Promise<void> {
  const { stripe, blnk } = harness.totals();
  expect(blnk).toEqual(stripe);
  const booked = harness.booked().map(({ reference }) => reference);
  expect(new Set(booked).size).toBe(booked.length);
  const rows = await harness.db.query<{ reference: string; state: string }>(
    'select reference, state from movements where instance_id = $1',
    [harness.instanceId],
  );
  expect(rows.filter(({ state }) => !['posted', 'already_posted'].includes(state))).toEqual([]);
  expect(rows.map(({ reference }) => reference).sort()).toEqual(booked.sort());
}

const NOTED = { status: 'completed', row: { notes: ['LEDGER_REWOUND'] } };
const QUIET = { status: 'completed', row: { notes: [] } };

describe('in the middle of a first sync', () => {
  it.each([1, 3, 10, 127])(
    'that loses the newest %i after pages were saved finds them before it completes',
    async (newest) => {
      await begin(330);
      once(fromPosting(280), () => forget({ newest }));
      expect(await harness.sync()).toMatchObject({
        ...NOTED,
        // Counted once, however often they were posted.
        recordsFound: 330,
        recordsPosted: 330,
      });
      await expectHealed();
      expect(await harness.sync()).toMatchObject({ ...QUIET, recordsFound: 0 });
    },
  );

  it('a restore from a dump that was taken in it is noticed', async () => {
    await begin(330);
    const { rows } = harness.blnk.ledger;
    const isDumped = fromPosting(150);
    const isLate = fromPosting(290);
    let dump = 0;
    once(
      (request) => {
        if (isDumped(request) && dump === 0) dump = rows.length;
        return isLate(request);
      },
      () => forget({ newest: rows.length - dump }),
    );
    expect(await harness.sync()).toMatchObject({ ...NOTED, recordsFound: 330 });
    await expectHealed();
  });

  it('what is gone only when everything was posted is noticed as well', async () => {
    await begin(250);
    once(
      (request) => isLookUp(request) && harness.blnk.ledger.rows.length === 250,
      () => forget({ newest: 7 }),
    );
    expect(await harness.sync()).toMatchObject({ ...NOTED, recordsPosted: 250 });
    await expectHealed();
  });

  it('single ones from the middle are found', async () => {
    await begin(250);
    once(fromPosting(220), () => {
      const { rows } = harness.blnk.ledger;
      return forget({ references: [3, 60, 61, 140].map((index) => rows[index]!.reference) });
    });
    expect(await harness.sync()).toMatchObject({ ...NOTED, recordsPosted: 250 });
    await expectHealed();
  });
});

describe('between two syncs', () => {
  it.each([1, 3, 10])('the newest %i are posted again by the next', async (newest) => {
    await begin(130);
    await harness.sync();
    await pay(2);
    await harness.sync();
    expect(await forget({ newest })).toBe(newest);
    await pay(1);
    expect(await harness.sync()).toMatchObject({ ...NOTED, recordsPosted: newest + 1 });
    await expectHealed();
    expect(await harness.sync()).toMatchObject(QUIET);
  });

  it('what the last sync has posted is asked for again, also where much was posted after it', async () => {
    await begin(260);
    await harness.sync();
    const { rows } = harness.blnk.ledger;
    await forget({ references: [5, 120].map((index) => rows[index]!.reference) });
    expect(await harness.sync()).toMatchObject({ ...NOTED, recordsPosted: 2 });
    await expectHealed();
  });

  it('nor does one escape that is lost after the look at the beginning, by a sync that posts much', async () => {
    await begin(150);
    await harness.sync();
    // Twice: what the first sync has posted is proven.
    await harness.sync();
    await pay(120);
    once(isPosting, () => forget({ newest: 10 }));
    expect(await harness.sync()).toMatchObject(NOTED);
    await expectHealed();
  });

  it('is noticed in the order of the ledger after our own database was rebuilt', async () => {
    await begin(240);
    await harness.sync();
    await forgetOurRows();
    expect(await harness.sync()).toMatchObject({ ...QUIET, recordsAlreadyPosted: 240 });
    await harness.sync();
    // Our own times say when a row was found again, which may be in any order.
    const newest = harness.booked().slice(-40);
    await harness.db.query(
      `update movements set updated_at = now() - interval '1 day'
       where instance_id = $1 and movement_id = any($2)`,
      [harness.instanceId, newest.map(({ reference }) => reference)],
    );
    expect(await forget({ newest: 40 })).toBe(40);
    expect(await harness.sync()).toMatchObject({ ...NOTED, recordsPosted: 40 });
    await expectHealed();
  });

  it('one of the newest hundred is missed long after it was proven', async () => {
    await begin(130);
    await harness.sync();
    await harness.sync();
    const { rows } = harness.blnk.ledger;
    // As many as are in flight at once may have been acknowledged in another order.
    await forget({ references: [rows[130 - 80]!.reference] });
    expect(await harness.sync()).toMatchObject({ ...NOTED, recordsPosted: 1 });
    await expectHealed();
  });

  it('is noticed by a sync of one payment, which posts again what is gone', async () => {
    await begin(30);
    await harness.sync();
    await forget({ newest: 4 });
    const { id } = await harness.stripe.world.pay();
    const scope = { kind: 'payment', paymentIntentId: id } as const;
    expect(await harness.sync({ scope })).toMatchObject(NOTED);
    await expectHealed();
  });
});

/** Everything of the instance but its settings, as a new database has it. */
async function forgetOurRows(): Promise<void> {
  const own = 'instance_id = $1';
  const ofSyncs = `sync_id in (select sync_id from stripe_syncs where ${own})`;
  for (const from of [
    `movements where ${own}`,
    `sync_pages where ${ofSyncs}`,
    `sync_windows where ${ofSyncs}`,
    `stripe_syncs where ${own}`,
    `watermarks where source_id in (select source_id from sources where ${own})`,
    `sources where ${own}`,
  ]) {
    await harness.db.query(`delete from ${from}`, [harness.instanceId]);
  }
}

describe('the ledger is asked no more than needed', () => {
  const lookUps = () => harness.blnk.requests.list('/transactions/filter').length;

  it('once by a sync without work, and for each hundred at the end of one that has posted', async () => {
    await begin(250, { proxied: false });
    await harness.sync();
    // Three pages were looked up before they were posted, each with its queued references.
    const first = lookUps();
    await harness.sync();
    // The newest hundred in the beginning, and once more what the last sync has posted.
    expect(lookUps() - first).toBe(1 + 3);
    harness.blnk.requests.clear();
    await harness.sync();
    expect(lookUps()).toBe(1);
  });

  it('not at all by a key that may not read', async () => {
    await begin(20, { proxied: false });
    const mayOnlyPost = async (instanceId: string) => ({
      ...(await harness.deps.connect(instanceId)),
      grants: ['data:write'] as const,
    });
    await harness.sync();
    const { syncId } = await openedSync();
    harness.blnk.requests.clear();
    const proof = await prove({ ...harness.deps, connect: mayOnlyPost }, syncId);
    expect(proof).toEqual({ kind: 'proven' });
    expect(harness.blnk.requests.total()).toBe(0);
  });

  it('again by a look-up that was refused for a moment, and not from the beginning', async () => {
    await begin(330);
    let refused = 0;
    let lookedUp = 0;
    harness.intercept((request) => {
      if (!isLookUp(request) || harness.blnk.ledger.rows.length < 330) return 'pass';
      lookedUp += 1;
      if (lookedUp % 2 === 0 || refused > 2) return 'pass';
      refused += 1;
      return { status: 429, json: {} };
    });
    expect(await harness.sync()).toMatchObject({ ...QUIET, recordsPosted: 330 });
    expect(harness.log.filter((line) => line.includes('activity.failed'))).toEqual([]);
    expect(lookedUp).toBe(4 + refused);
  });
});

/** A sync that is open without a workflow, for activities that are called by themselves. */
async function openedSync(): Promise<{ syncId: string; run: ReturnType<typeof running> }> {
  const owner = { workflowId: 'alone', firstRunId: randomUUID() };
  const { instanceId } = harness;
  const run = running(harness.deps, owner.workflowId);
  await run((activities) =>
    activities.beginSync({
      ...{ instanceId, trigger: 'cli', scope: { kind: 'full' }, acceptSource: false },
      firstRunId: owner.firstRunId,
    }),
  );
  return { syncId: syncIdOf(instanceId, owner.workflowId, owner.firstRunId), run };
}

function running(deps: EngineDeps, workflowId: string) {
  const activities = createActivities(deps);
  return async <T>(work: (of: typeof activities) => Promise<T>): Promise<T> => {
    const environment = new MockActivityEnvironment(
      { workflowExecution: { workflowId, runId: 'run' } },
      { logger: silentLogger },
    );
    return environment.run<[], T, () => Promise<T>>(() => work(activities));
  };
}

const prove = (deps: EngineDeps, syncId: string) =>
  running(
    deps,
    'alone',
  )((activities) =>
    activities.provePostings({ instanceId: harness.instanceId, syncId, from: null }),
  );

describe('the look at the end', () => {
  it('may be repeated, and several at once stage again what is gone once', async () => {
    await begin(120, { proxied: false });
    await harness.sync();
    const { syncId } = await openedSync();
    const { rows } = harness.blnk.ledger;
    await forget({ references: [2, 3, 4].map((index) => rows[index]!.reference) });
    const again = { kind: 'again' };
    const atOnce = [1, 2, 3, 4].map(() => prove(harness.deps, syncId));
    expect(await Promise.all(atOnce)).toEqual([again, again, again, again]);
    expect(await prove(harness.deps, syncId)).toEqual({ kind: 'again' });
    const staged = await harness.db.query<{ reference: string }>(
      `select reference from movements where instance_id = $1 and state = 'staged'`,
      [harness.instanceId],
    );
    expect(staged).toHaveLength(3);
    // Its owner is unknown to Temporal: the next sync takes over.
    expect(await harness.sync()).toMatchObject({ status: 'completed', recordsPosted: 3 });
    await expectHealed();
  });

  it('fails the sync while the ledger forgets each time, and the next one posts what is missing', async () => {
    await begin(40);
    let looks = 0;
    harness.intercept(async (request): Promise<ProxyAction> => {
      // One of the look-ups of proofs: they ask for no queued references.
      if (isLookUp(request) && !request.body.includes('_q') && looks < 30) {
        looks += 1;
        if (harness.blnk.ledger.rows.length === 40) await forget({ newest: 2 });
      }
      return 'pass';
    });
    expect(await harness.sync()).toMatchObject({
      status: 'failed',
      error: { code: 'LEDGER_FORGETS' },
      row: { notes: ['LEDGER_REWOUND'] },
    });
    harness.intercept();
    expect(await harness.sync()).toMatchObject({ status: 'completed' });
    await expectHealed();
  });

  it('that cannot reach the ledger ends the sync as failed, and the next one proves it', async () => {
    await begin(40, { proxied: true, patience: { silenceMs: 300, roundWaitsMs: [10] } });
    harness.intercept((request) =>
      isLookUp(request) && harness.blnk.ledger.rows.length === 40
        ? { status: 503, json: {} }
        : 'pass',
    );
    expect(await harness.sync()).toMatchObject({
      status: 'failed',
      error: { code: 'BLNK_UNAVAILABLE' },
      recordsPosted: 40,
    });
    const { rows } = harness.blnk.ledger;
    await forget({ references: [rows[7]!.reference] });
    harness.intercept();
    expect(await harness.sync()).toMatchObject(NOTED);
    await expectHealed();
  });

  it('takes what a replica shows late for no loss', async () => {
    await begin(250);
    const late = new Set<string>();
    harness.intercept(({ path, body }) => {
      if (path !== '/transactions/filter' || harness.blnk.ledger.rows.length < 250) return 'pass';
      if (late.has(body) || late.size === 3) return 'pass';
      late.add(body);
      return { status: 200, json: [] };
    });
    expect(await harness.sync()).toMatchObject({ ...QUIET, recordsPosted: 250 });
    expect(late.size).toBe(3);
  });

  it('is in the history of the sync, which replays', async () => {
    await begin(120);
    once(fromPosting(110), () => forget({ newest: 5 }));
    const run = await harness.start();
    expect(await harness.reportOf(run)).toMatchObject(NOTED);
    const history = await harness.client.workflow.getHandle(run.workflowId).fetchHistory();
    const names = (history.events ?? []).flatMap(
      (event) => event.activityTaskScheduledEventAttributes?.activityType?.name ?? [],
    );
    expect(names.filter((name) => name === 'provePostings')).toHaveLength(2);
    const workflowBundle = { codePath: testEnvironment().bundle };
    await Worker.runReplayHistory({ workflowBundle }, history);
  });
});
