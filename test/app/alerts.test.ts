/** Problems of an instance and what becomes of them in Blnk Cloud. */
import { setTimeout as sleep } from 'node:timers/promises';
import { SyncError } from '../../src/domain/errors';
import { applySchedule, handleOf, pauseForCode } from '../../src/temporal/schedules';
import { alertOnce } from '../../src/alerts/loop';
import { findOpenSync } from '../../src/store/syncs';
import { bundleOther } from '../support/processes/other-code';
import { dyingDb, startAlertWorld, type AlertWorld } from '../support/worlds/alert-world';
import { NEVER } from '../support/worlds/cloud-world';

let world: AlertWorld;
beforeEach(async () => {
  world = await startAlertWorld();
});
afterEach(() => world.close());

const sync = () => world.harness.sync();
const id = () => world.harness.instanceId;
const codes = async () => (await world.problems()).map(({ problem }) => problem);

test('one conflict is one alert, on the transaction in conflict, and is updated when it is over', async () => {
  const payment = await world.conflict();
  expect(await sync()).toMatchObject({ reasons: { CONFLICT: 1 } });
  // The end of the sync has asked for a look.
  await world.settle();
  const held = world.harness.booked().find(({ reference }) => reference === payment)!;
  const [alert, ...others] = world.raised();
  expect(others).toEqual([]);
  expect(alert).toMatchObject({
    type: 'Transaction',
    affected_transactions: [(held as unknown as { transaction_id: string }).transaction_id],
    description: expect.stringContaining(payment) as string,
  });
  expect(await world.problems()).toMatchObject([
    { problem: 'CONFLICT', subject: payment, told: ['cloud'], since: expect.any(String) as string },
  ]);
  // Nor by further syncs, looks or loops at the same time.
  await sync();
  await world.round();
  await Promise.all(Array.from({ length: 4 }, () => alertOnce(world.deps, id())));
  expect(world.raised()).toHaveLength(1);

  await world.mend();
  await world.round();
  expect(world.raised()).toMatchObject([
    { anomaly_id: alert!.anomaly_id, title: expect.stringMatching(/ - Resolved$/) as string },
  ]);
  expect(await world.problems()).toEqual([]);
  // The same again is a problem anew.
  await world.harness.db.query(
    `update movements set state = 'quarantined', quarantined_by = sync_id
     where instance_id = $1 and movement_id = $2`,
    [id(), payment],
  );
  await world.round();
  expect(world.raised()).toHaveLength(2);
});

test('a conflict that is tried again is not over meanwhile', async () => {
  const payment = await world.conflict();
  await sync();
  await world.settle();
  await world.harness.db.query(
    `update movements set state = 'staged' where instance_id = $1 and movement_id = $2`,
    [id(), payment],
  );
  await world.round();
  expect(world.raised().map(({ title }) => title)).toEqual([
    expect.not.stringContaining('Resolved') as string,
  ]);
});

test('a crash between intention and result repeats the alert once and no more', async () => {
  await world.conflict();
  await sync();
  const dying = { ...world.deps, db: dyingDb(world.deps.db) };
  const claimed = () =>
    world.harness.db.query<{ seconds: number }>(
      `select extract(epoch from next_at - now())::float8 as seconds from alert_channels
       where instance_id = $1`,
      [id()],
    );
  await expect(alertOnce(dying, id())).rejects.toThrow('killed');
  expect(world.raised()).toHaveLength(1);
  // Left to the dead one for a while.
  await world.settle();
  expect(world.raised()).toHaveLength(1);
  await world.harness.db.query('update alert_channels set next_at = now() where instance_id = $1', [
    id(),
  ]);
  await expect(alertOnce(dying, id())).rejects.toThrow('killed');
  expect(world.raised()).toHaveLength(2);
  expect((await claimed())[0]!.seconds).toBeGreaterThan(80_000);
  await world.settle();
  expect(world.raised()).toHaveLength(2);
});

test('after one crash the repeat is what is updated when it is over', async () => {
  await world.conflict();
  await sync();
  const dying = { ...world.deps, db: dyingDb(world.deps.db) };
  await expect(alertOnce(dying, id())).rejects.toThrow('killed');
  await world.round();
  expect(world.raised()).toHaveLength(2);
  await world.mend();
  await world.round();
  const resolved = world.raised().map(({ title }) => title.endsWith('Resolved'));
  expect(resolved).toEqual([false, true]);
});

test('an answer that never came counts as perhaps raised', async () => {
  await world.conflict();
  await sync();
  const { faults } = world.harness.blnk;
  faults.add({ path: '/alerts', when: 'after', fault: { kind: 'reset' } });
  await world.settle();
  expect(world.raised()).toHaveLength(1);
  await world.harness.db.query('update alert_channels set next_at = now() where instance_id = $1', [
    id(),
  ]);
  await world.settle();
  expect(world.raised()).toHaveLength(2);
  const [row] = await world.harness.db.query<{ far: boolean }>(
    `select next_at > now() + interval '23 hours' as far from alert_channels
     where instance_id = $1`,
    [id()],
  );
  expect(row).toEqual({ far: true });
});

test('an alert that was refused is raised later', async () => {
  await world.conflict();
  await sync();
  const { faults } = world.harness.blnk;
  const json = { error: 'slow down' };
  const limited = faults.add({ path: '/alerts', fault: { kind: 'status', status: 429, json } });
  for (let at = 0; at < 3; at += 1) await world.round();
  expect(limited.fired()).toBe(3);
  limited.remove();
  expect(world.raised()).toEqual([]);
  await world.round();
  expect(world.raised()).toHaveLength(1);
});

test('without alerts:write a problem stays in our own list', async () => {
  world.grant('data:read', 'data:write');
  const payment = await world.conflict();
  await sync();
  await world.round();
  expect(world.raised()).toEqual([]);
  expect(await world.problems()).toMatchObject([{ subject: payment, told: [] }]);
  expect(world.log.join('')).toContain('BLNK_PERMISSION_MISSING');
});

test('three failed syncs in a row are one problem, on the balance of pay-ins, until one completes', async () => {
  await world.harness.stripe.world.pay({ amount: 100 });
  expect(await sync()).toMatchObject({ status: 'completed' });
  // Fixed by the first posting: a sync with another value fails at once.
  await world.harness.reconfigure({ BLNK_KIND: 'cloud', BLNK_SOURCE_BALANCE: '@other' });
  for (let at = 0; at < 3; at += 1) {
    await world.round();
    expect(world.raised()).toEqual([]);
    expect(await sync()).toMatchObject({ status: 'failed' });
  }
  await world.round();
  const balance = world.harness.blnk.ledger.balances.named('@stripe')[0]!.id;
  expect(world.raised()).toMatchObject([
    {
      affected_balances: [balance],
      description: expect.stringContaining('INSTANCE_FROZEN') as string,
    },
  ]);
  await world.harness.reconfigure({ BLNK_KIND: 'cloud' });
  expect(await sync()).toMatchObject({ status: 'completed' });
  await world.round();
  expect(world.raised()).toMatchObject([{ title: expect.stringMatching(/Resolved$/) as string }]);
});

test('a problem without anything to put an alert on waits for the first posting', async () => {
  await world.harness.stripe.world.pay({ amount: 100, currency: 'xts' });
  expect(await sync()).toMatchObject({ recordsQuarantined: 1 });
  await world.round();
  expect(world.raised()).toEqual([]);
  expect(await codes()).toEqual(['QUARANTINE']);
  await world.harness.stripe.world.pay({ amount: 100 });
  await sync();
  await world.round();
  expect(world.raised()).toMatchObject([
    { type: 'Balance', description: expect.stringContaining('CURRENCY_UNKNOWN') as string },
  ]);
});

describe('movements in suspense', () => {
  /** As a person has assigned it. */
  const assign = (row: string) =>
    world.harness.db.query(
      `insert into movements (instance_id, movement_id, kind, leg, bt_id, page_id, sync_id, source_id, state)
       select instance_id, movement_id || '.assigned', kind, 'assigned', bt_id, page_id, sync_id, source_id, 'staged'
       from movements where instance_id = $1 and movement_id = $2`,
      [id(), row],
    );

  test('are one alert, however many come, until each of them is assigned', async () => {
    await world.harness.reconfigure({ BLNK_KIND: 'cloud', MOVEMENTS: 'on' });
    const { money } = world.harness.stripe.world;
    const rows: string[] = [];
    for (const amount of [-500, -70]) {
      rows.push((await money.row({ type: 'novelty', amount })).id);
      expect(await sync()).toMatchObject({ status: 'completed' });
      await world.round();
      const description = expect.stringContaining('reason that is not known') as string;
      expect(world.raised()).toMatchObject([{ type: 'Balance', description }]);
    }
    const [alert] = world.raised();
    for (const row of rows) {
      expect(world.raised()).toEqual([alert]);
      expect(await codes()).toEqual(['SUSPENSE']);
      await assign(row);
      await world.round();
    }
    expect(world.raised()).toMatchObject([
      { anomaly_id: alert!.anomaly_id, title: expect.stringMatching(/ - Resolved$/) as string },
    ]);
    expect(await codes()).toEqual([]);
  });
});

describe('the schedule', () => {
  const client = () => world.harness.client;
  const late = () =>
    world.harness.db.query(
      `update instances set due_at = now() - interval '2 hours' where instance_id = $1`,
      [id()],
    );
  beforeEach(() => applySchedule(client(), id(), NEVER));
  afterEach(() => handleOf(client(), id()).delete());

  test('that had a run due which nothing followed is overdue, until a sync completes', async () => {
    await world.round();
    expect(await codes()).toEqual([]);
    await late();
    await world.round();
    expect(await codes()).toEqual(['SYNC_OVERDUE']);
    await sync();
    await world.round();
    expect(await codes()).toEqual([]);
  });

  test('that cannot be asked is overdue by what was known of it', async () => {
    await late();
    const away = () => Promise.reject(new SyncError('TEMPORAL_UNAVAILABLE'));
    await world.round({ ...world.deps, temporal: away });
    expect(await codes()).toEqual(['SYNC_OVERDUE']);
  });

  test('that we have paused is a problem, and one that a person has paused is none', async () => {
    await late();
    await pauseForCode(client(), id(), 'STRIPE_KEY_REJECTED');
    await world.round();
    expect(await world.problems()).toMatchObject([
      { problem: 'SCHEDULE_PAUSED', codes: ['STRIPE_KEY_REJECTED'] },
    ]);
    await handleOf(client(), id()).unpause();
    await handleOf(client(), id()).pause('year-end closing');
    await world.round();
    expect(await codes()).toEqual([]);
  });
});

describe('a sync that does not get on', () => {
  test('is a problem while this version cannot go on with it, until the next one takes over', async () => {
    const { harness } = world;
    const broken = await bundleOther('broken-workflow');
    try {
      await harness.reconfigure({}, broken.path);
      const run = await harness.start();
      while (!(await codes()).includes('SYNC_STUCK')) await world.round();
      expect(await world.problems()).toMatchObject([{ codes: ['RUN_BROKEN'] }]);
      // Seen of Temporal, kept in rows: who cannot ask it knows it too.
      await world.round({
        ...world.deps,
        temporal: () => Promise.reject(new SyncError('TEMPORAL_UNAVAILABLE')),
      });
      expect(await codes()).toEqual(['SYNC_STUCK']);

      await harness.client.workflow.getHandle(run.workflowId).terminate();
      await harness.reconfigure({});
      expect(await sync()).toMatchObject({ status: 'completed' });
      await world.settle();
      expect(await codes()).toEqual([]);
    } finally {
      await broken.remove();
    }
  });

  test('is one after ten minutes also while Temporal is away', async () => {
    const { harness } = world;
    harness.blnk.faults.add({ fault: { kind: 'hang' } });
    const run = await harness.start();
    while (!(await findOpenSync(harness.db, id()))) await sleep(20);
    const away = {
      ...world.deps,
      temporal: () => Promise.reject(new SyncError('TEMPORAL_UNAVAILABLE')),
    };
    await world.round(away);
    expect(await codes()).toEqual([]);
    await harness.db.query(
      `update stripe_syncs set started_at = now() - interval '11 minutes' where instance_id = $1`,
      [id()],
    );
    await world.round(away);
    expect(await world.problems()).toMatchObject([
      { problem: 'SYNC_STUCK', codes: ['TEMPORAL_UNAVAILABLE'] },
    ]);
    await harness.client.workflow.getHandle(run.workflowId).terminate();
  });
});
