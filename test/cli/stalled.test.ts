/** What the command line says of a sync that does not get on, and how a person ends it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { findOpenSync, listSyncs } from '../../src/store/syncs';
import { applySchedule } from '../../src/temporal/schedules';
import { startCliWorld, type CliWorld } from '../support/worlds/cli-world';
import { startWorker } from '../support/worlds/cli-worker';
import { bundleOther, type OtherCode } from '../support/processes/other-code';
import { until } from '../support/processes/local-support';

let broken: OtherCode;
let world: CliWorld;
let worker: { stop: () => Promise<void> } | undefined;

beforeAll(async () => {
  broken = await bundleOther('broken-workflow');
  world = await startCliWorld({ scenario: 'default', instanceId: 'stalled' });
});
afterAll(async () => {
  await worker?.stop();
  await world.close();
  await broken.remove();
});

const openSync = () => findOpenSync(world.db, 'stalled');
const startWith = async (code?: string) => {
  await worker?.stop();
  worker = await startWorker(world.client, world.db, world.settings, code);
};

describe('a sync that this version cannot go on with', () => {
  beforeAll(async () => {
    await startWith(broken.path);
    await applySchedule(world.client, 'stalled', '0 0 1 1 *');
    expect(await world.cli('sync', '--detach')).toMatchObject({ code: 0 });
    const failing = async () => (await world.cli('check')).stdout.includes('RUN_BROKEN');
    await until(failing);
  }, 120_000);

  it('fails `check`, which says what to do', async () => {
    const { code, data } = await world.json('check');
    expect(code).toBe(1);
    expect(data).toMatchObject({ ok: false });
    const { results } = data as { results: { name: string; ok: boolean; next?: string }[] };
    const runs = results.filter(({ ok }) => !ok);
    expect(runs).toMatchObject([
      { name: 'runs', code: 'RUN_STALLED', next: expect.stringContaining('--force') as string },
    ]);
    // Nothing of the error's own text.
    expect(JSON.stringify(data)).not.toContain('this version is broken');
  });

  it('is not called under way alone by `status`, and is a problem', async () => {
    const text = await world.cli('status');
    expect(text).toMatchObject({ code: 0 });
    expect(text.stdout).toMatch(/NOT GETTING ON: a sync stands still since .*RUN_BROKEN/);
    expect(text.stdout).not.toContain('the full listing is under way');
    expect((await world.json('status')).data).toMatchObject({
      stalled: { codes: ['RUN_BROKEN'], workflowId: 'stripe-sync:stalled:adhoc' },
      problems: [{ problem: 'SYNC_STUCK', codes: ['RUN_BROKEN'] }],
    });
  });

  it('is ended by `syncs cancel --force`, and the next sync goes on', async () => {
    const { syncId } = (await openSync())!;
    // To ask is in vain, and says so.
    const asking = world.start('syncs', 'cancel');
    await asking.said(/--force/);
    asking.interrupt();
    await asking.ended;
    expect(await openSync()).toMatchObject({ syncId });

    const { code, data } = await world.json('syncs', 'cancel', '--force');
    expect({ code, data }).toMatchObject({ code: 0, data: { syncId, status: 'cancelled' } });
    expect(await openSync()).toBeUndefined();
    expect(await world.cli('syncs', 'cancel', '--force')).toMatchObject({ code: 3 });

    await startWith();
    expect(await world.json('sync')).toMatchObject({ code: 0, data: { status: 'completed' } });
    expect(await world.cli('check')).toMatchObject({ code: 0 });
    expect((await world.json('status')).data).toMatchObject({ stalled: null, problems: [] });
  });
});

it('a run that no worker has taken up is ended by force, and leaves no row', async () => {
  await worker?.stop();
  worker = undefined;
  const before = await listSyncs(world.db, 'stalled', 10);
  expect(await world.cli('sync', '--detach')).toMatchObject({ code: 0 });
  expect(await world.json('syncs', 'cancel', '--force')).toMatchObject({
    code: 0,
    data: { status: 'cancelled' },
  });
  await sleep(100);
  expect(await listSyncs(world.db, 'stalled', 10)).toEqual(before);
  expect(await world.cli('syncs', 'cancel', '--force')).toMatchObject({ code: 3 });
});
