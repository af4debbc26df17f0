/** The secrets of the addresses while one is being changed, and that of the launch. */
import { randomUUID } from 'node:crypto';
import { newInstanceId, startCloudWorld, type CloudWorld } from '../support/worlds/cloud-world';

const [NEWER, OLDER, LAUNCH] = [0, 1, 2].map(() => randomUUID() + randomUUID()) as [
  string,
  string,
  string,
];

async function withWorld(
  settings: Record<string, string>,
  work: (world: CloudWorld) => Promise<void>,
): Promise<void> {
  const world = await startCloudWorld({ settings });
  try {
    await work(world);
  } finally {
    await world.close();
  }
}

async function statusesOf(world: CloudWorld) {
  const installed = world.install(newInstanceId());
  await world.post(installed, `/api/callback/${NEWER}`);
  await world.reconcile(installed.instance_id);
  const ids = {
    installed_app_id: installed.installed_app_id,
    app_id: installed.app_id,
    instance_id: installed.instance_id,
  };
  const callback = async (secret: string) =>
    (await world.post(world.install(newInstanceId()), `/api/callback/${secret}`)).status;
  const launch = async (secret: string) => (await world.post(ids, `/api/portal/${secret}`)).status;
  return {
    callback: [await callback(NEWER), await callback(OLDER), await callback(LAUNCH)],
    launch: [await launch(NEWER), await launch(OLDER), await launch(LAUNCH)],
  };
}

test('an old secret of the callback is taken beside the new one, and neither opens the portal', async () => {
  const settings = { CALLBACK_SECRET: `${NEWER}, ${OLDER}`, LAUNCH_SECRET: LAUNCH };
  await withWorld(settings, async (world) => {
    expect(await statusesOf(world)).toEqual({
      callback: [200, 200, 404],
      launch: [404, 404, 200],
    });
  });
});

test('an old secret of the launch is taken beside the new one', async () => {
  const settings = { CALLBACK_SECRET: NEWER, LAUNCH_SECRET: `${OLDER},${LAUNCH}` };
  await withWorld(settings, async (world) => {
    expect(await statusesOf(world)).toEqual({
      callback: [200, 404, 404],
      launch: [404, 200, 200],
    });
  });
});

test('without one of its own, the launch has that of the callback', async () => {
  const settings = { CALLBACK_SECRET: NEWER, LAUNCH_SECRET: '' };
  await withWorld(settings, async (world) => {
    expect(await statusesOf(world)).toEqual({
      callback: [200, 404, 404],
      launch: [200, 404, 404],
    });
  });
});
