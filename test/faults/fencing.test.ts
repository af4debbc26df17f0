/** A sync that has lost its lease in the middle of an activity writes nothing more, whatever it had read. */
import { randomUUID } from 'node:crypto';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createActivities, type Activities } from '../../src/activities';
import type { EngineDeps, Connection } from '../../src/engine/deps';
import { takeLease } from '../../src/engine/lease';
import type { Feed } from '../../src/domain/feeds';
import { syncIdOf } from '../../src/domain/ids';
import { Secret } from '../../src/secret';
import { enableMovements } from '../../src/store/openings';
import { currentSource } from '../../src/store/sources';
import { startHarness, type Harness } from '../support/worlds/harness';
import { silentLogger } from '../support/silent-logger';

const COUNT = 20;
let harness: Harness;
/** The payment that `beginMovements` disputes. */
let disputed: string;

beforeEach(async () => {
  harness = await startHarness();
  const paid = await Promise.all(Array.from({ length: COUNT }, () => harness.stripe.world.pay()));
  disputed = paid[0]!.id;
});
afterEach(() => harness.close());

const ownerOf = (name: string) => ({ workflowId: name, firstRunId: randomUUID() });

/** Another sync opens the instance, as if Temporal had said that the owner is gone. */
async function takeOver(): Promise<void> {
  const owner = ownerOf('new');
  const { instanceId } = harness;
  const syncId = syncIdOf(instanceId, owner.workflowId, owner.firstRunId);
  const deps = { ...harness.deps, isOwnerOpen: () => Promise.resolve(false) };
  const sync = { syncId, instanceId, trigger: 'cli', scope: { kind: 'full' }, ...owner } as const;
  expect(await takeLease(deps, sync)).toBeUndefined();
}

/** Everything in the database that is this instance's. */
async function everything(): Promise<unknown> {
  const own = 'where instance_id = $1';
  const ofSyncs = `where sync_id in (select sync_id from stripe_syncs ${own})`;
  const tables = [
    `instances ${own} order by instance_id`,
    `sources ${own} order by source_id`,
    `stripe_syncs ${own} order by sync_id`,
    `sync_windows ${ofSyncs} order by window_id`,
    `sync_pages ${ofSyncs} order by page_id`,
    `movements ${own} order by movement_id`,
    `balance_transactions ${own} order by bt_id`,
    `disputes ${own} order by dispute_id`,
    `balance_readings ${own} order by at_s`,
    `reading_judgements ${own} order by currency, at_s`,
    `proofs ${own} order by proof_id`,
  ];
  return Promise.all(
    tables.map((table) => harness.db.query(`select * from ${table}`, [harness.instanceId])),
  );
}

/** An activity of the old sync, in which the lease is lost at one of these moments. */
type Moment =
  'account' | 'page' | 'rows' | 'dispute' | 'look-up' | 'posting' | 'turnovers' | 'pause';

interface Old {
  readonly run: <Name extends keyof Activities>(
    name: Name,
    input: Omit<Parameters<Activities[Name]>[0], 'instanceId' | 'firstRunId' | 'syncId'>,
  ) => ReturnType<Activities[Name]>;
  /** The next time this is asked, the lease goes to another sync before the answer comes. */
  readonly loseAt: (moment: Moment) => void;
  /** What the database held right after the lease was lost. */
  readonly atLoss: () => unknown;
  /** From here on with another key of the same account. */
  readonly rollKey: () => void;
}

function oldSync(): Old {
  const owner = ownerOf('old');
  const { instanceId } = harness;
  const syncId = syncIdOf(instanceId, owner.workflowId, owner.firstRunId);
  let losing: Moment | undefined;
  let held: unknown;
  let secretKey: Secret | undefined;
  const lose = async (moment: Moment) => {
    if (losing !== moment) return;
    losing = undefined;
    await takeOver();
    held = await everything();
  };
  const losingAfter =
    <Given extends unknown[], Answer>(moment: Moment, ask: (...given: Given) => Promise<Answer>) =>
    async (...given: Given) => {
      const answer = await ask(...given);
      await lose(moment);
      return answer;
    };
  const connect = async (): Promise<Connection> => {
    const { config, stripe, ledger, ...access } = await harness.deps.connect(instanceId);
    return {
      ...access,
      config: { ...config, stripe: { ...config.stripe, ...(secretKey && { secretKey }) } },
      stripe: {
        ...stripe,
        readAccount: losingAfter('account', (...given: Parameters<typeof stripe.readAccount>) =>
          stripe.readAccount(...given),
        ),
        readPage: losingAfter('page', (...given: Parameters<typeof stripe.readPage>) =>
          stripe.readPage(...given),
        ),
        listTransactions: losingAfter(
          'rows',
          (...given: Parameters<typeof stripe.listTransactions>) =>
            stripe.listTransactions(...given),
        ),
        readDispute: losingAfter('dispute', (...given: Parameters<typeof stripe.readDispute>) =>
          stripe.readDispute(...given),
        ),
      },
      ledger: {
        ...ledger,
        lookUp: losingAfter('look-up', (...given: Parameters<typeof ledger.lookUp>) =>
          ledger.lookUp(...given),
        ),
        post: losingAfter('posting', (...given: Parameters<typeof ledger.post>) =>
          ledger.post(...given),
        ),
        turnoversOf: losingAfter('turnovers', (...given: Parameters<typeof ledger.turnoversOf>) =>
          ledger.turnoversOf(...given),
        ),
      },
    };
  };
  const deps: EngineDeps = { ...harness.deps, connect, pauseSchedule: () => lose('pause') };
  const activities = createActivities(deps);
  return {
    run: <Name extends keyof Activities>(name: Name, input: object) => {
      const execution = { workflowId: owner.workflowId, runId: owner.firstRunId };
      const environment = new MockActivityEnvironment(
        { workflowExecution: execution },
        { logger: silentLogger },
      );
      const activity = activities[name] as (given: object) => Promise<unknown>;
      const ran = environment.run(activity, { ...input, ...{ instanceId, syncId }, ...owner });
      return ran as ReturnType<Activities[Name]>;
    },
    loseAt: (moment) => (losing = moment),
    atLoss: () => held,
    rollKey: () => (secretKey = new Secret('rk_test_rolled')),
  };
}

const FULL = { trigger: 'cli', scope: { kind: 'full' }, acceptSource: false } as const;

interface WindowOf {
  readonly windowId: string;
  readonly cursor: null;
  readonly mayCut: false;
}

async function begin(old: Old): Promise<WindowOf> {
  const begun = await old.run('beginSync', FULL);
  const window = begun.kind === 'open' ? begun.windows[0] : undefined;
  if (!window) throw new Error('nothing was planned');
  return { windowId: window.windowId, cursor: null, mayCut: false };
}

async function fetchPage(old: Old): Promise<{ readonly pageId: string }> {
  const page = await old.run('fetchPayIns', await begin(old));
  if (page.kind !== 'page') throw new Error('no page came');
  expect(page.count).toBe(COUNT);
  return { pageId: page.pageId };
}

/** With a dispute among its rows. */
async function beginMovements(old: Old, feed: Feed): Promise<WindowOf> {
  const { instanceId, db, stripe } = harness;
  await stripe.world.money.dispute({ payment: disputed });
  // The first time it learns whose account it is.
  await begin(old);
  const { sourceId } = (await currentSource(db, instanceId))!;
  const enabling = { instanceId, sourceId, cutOver: null, by: 'test' };
  await db.transaction((tx) => enableMovements(tx, enabling, []));
  const begun = await old.run('beginSync', { ...FULL, movements: true });
  const windows = begun.kind === 'open' ? begun.windows : [];
  const { windowId } = windows.find((window) => window.feed === feed)!;
  return { windowId, cursor: null, mayCut: false };
}

/** To its end, of what Stripe's balance is made of. */
async function settleAll(old: Old): Promise<void> {
  const settled = await old.run(
    'settleMovements',
    await beginMovements(old, 'balance_transactions'),
  );
  expect(settled).toMatchObject({ count: 0, nextCursor: null });
}

async function windowOf(feed: Feed): Promise<WindowOf> {
  const [window] = await harness.db.query<{ windowId: string }>(
    `select window_id as "windowId" from sync_windows w join stripe_syncs s using (sync_id)
     where s.instance_id = $1 and w.feed = $2`,
    [harness.instanceId, feed],
  );
  return { windowId: window!.windowId, cursor: null, mayCut: false };
}

const KEY_REJECTED = { code: 'STRIPE_KEY_REJECTED', details: {} };

/** By activity, so that a new one cannot be forgotten: what comes before, and where the lease is lost. */
const CASES: Record<
  keyof Activities,
  readonly [at: string, play: (old: Old) => Promise<unknown>][]
> = {
  beginSync: [
    [
      'before it knows whose source it is',
      (old) => {
        old.loseAt('account');
        return old.run('beginSync', FULL);
      },
    ],
    [
      'before it plans',
      (old) => {
        old.loseAt('look-up');
        return old.run('beginSync', FULL);
      },
    ],
    [
      'before it notes a rolled key',
      async (old) => {
        await begin(old);
        old.rollKey();
        old.loseAt('account');
        return old.run('beginSync', FULL);
      },
    ],
  ],
  fetchPayIns: [
    [
      'between Stripe and the database',
      async (old) => {
        const window = await begin(old);
        old.loseAt('page');
        return old.run('fetchPayIns', window);
      },
    ],
  ],
  sendPayInsToBlnk: [
    [
      'before its first posting, which it then never makes',
      async (old) => {
        const page = await fetchPage(old);
        old.loseAt('look-up');
        return old.run('sendPayInsToBlnk', page).finally(() => {
          expect(harness.booked()).toHaveLength(0);
        });
      },
    ],
    [
      'between the ledger and the database',
      async (old) => {
        const page = await fetchPage(old);
        old.loseAt('posting');
        return old.run('sendPayInsToBlnk', page);
      },
    ],
  ],
  saveSyncRecord: [
    [
      'before it counts',
      async (old) => {
        const page = await fetchPage(old);
        await old.run('sendPayInsToBlnk', page);
        old.loseAt('pause');
        await old.run('finishSync', { outcome: 'failed', error: KEY_REJECTED }).catch(() => 'lost');
        return old.run('saveSyncRecord', page);
      },
    ],
  ],
  provePostings: [
    [
      'before it stages again what is gone',
      async (old) => {
        const page = await fetchPage(old);
        await old.run('sendPayInsToBlnk', page);
        await old.run('saveSyncRecord', page);
        harness.blnk.ledger.forget(harness.blnk.ledger.rows.slice(-3).map(({ seq }) => seq));
        old.loseAt('look-up');
        return old.run('provePostings', { from: null });
      },
    ],
    [
      'before it says that all is there',
      async (old) => {
        const page = await fetchPage(old);
        await old.run('sendPayInsToBlnk', page);
        await old.run('saveSyncRecord', page);
        old.loseAt('look-up');
        return old.run('provePostings', { from: null });
      },
    ],
  ],
  settleMovements: [
    [
      'between Stripe and the database',
      async (old) => {
        const window = await beginMovements(old, 'balance_transactions');
        old.loseAt('rows');
        return old.run('settleMovements', window);
      },
    ],
    [
      'before its first posting, which it then never makes',
      async (old) => {
        const window = await beginMovements(old, 'balance_transactions');
        old.loseAt('look-up');
        return old.run('settleMovements', window).finally(() => {
          expect(harness.booked()).toHaveLength(0);
        });
      },
    ],
    [
      'between the ledger and the database',
      async (old) => {
        const window = await beginMovements(old, 'balance_transactions');
        old.loseAt('posting');
        return old.run('settleMovements', window);
      },
    ],
  ],
  settleFollowUps: [
    [
      'between Stripe and the database',
      async (old) => {
        await settleAll(old);
        old.loseAt('dispute');
        return old.run('settleFollowUps', await windowOf('follow_ups'));
      },
    ],
  ],
  reconcile: [
    [
      'before it says what came of it',
      async (old) => {
        await settleAll(old);
        old.loseAt('turnovers');
        return old.run('reconcile', {});
      },
    ],
  ],
  finishSync: [
    [
      'before it closes its row',
      async (old) => {
        await fetchPage(old);
        old.loseAt('pause');
        return old.run('finishSync', { outcome: 'failed', error: KEY_REJECTED });
      },
    ],
  ],
};

const LIST = Object.entries(CASES).flatMap(([name, cases]) =>
  cases.map(([at, play]) => ({ name, at, play })),
);

it.each(LIST)('$name that loses the lease $at writes nothing', async ({ play }) => {
  const old = oldSync();
  await expect(play(old)).rejects.toMatchObject({ type: 'SYNC_NOT_OPEN' });
  expect(old.atLoss()).toBeDefined();
  expect(await everything()).toEqual(old.atLoss());
});

it('what the old owner had posted is found by the new one, and booked once', async () => {
  const old = oldSync();
  const page = await fetchPage(old);
  old.loseAt('posting');
  await expect(old.run('sendPayInsToBlnk', page)).rejects.toMatchObject({ type: 'SYNC_NOT_OPEN' });
  const { status, recordsFound } = await harness.sync();
  // Some of it the old one may have written before it lost the lease.
  const [before] = await harness.db.query<{ found: number }>(
    `select records_found as found from stripe_syncs where instance_id = $1 and error = 'OWNER_GONE'`,
    [harness.instanceId],
  );
  expect([status, before!.found + recordsFound]).toEqual(['completed', COUNT]);
  const { stripe, blnk } = harness.totals();
  expect(blnk).toEqual(stripe);
});
