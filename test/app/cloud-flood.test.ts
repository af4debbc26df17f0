/** Many forged calls beside a real one. */
import { startReconciler } from '../../src/instances/reconcile';
import { newInstanceId, startCloudWorld, type CloudWorld } from '../support/cloud-world';

let world: CloudWorld;
beforeAll(async () => {
  world = await startCloudWorld({ perMinute: 100_000 });
});
afterAll(() => world.close());

const FORGED = 800;

test.each<[string, number]>([
  ['before', 0],
  ['among', FORGED / 2],
  ['after', FORGED],
])(
  'a real install is in force within 10 s, %s 800 forged ones for its instance',
  async (_w, at) => {
    const instanceId = newInstanceId();
    const real = world.install(instanceId);
    const calls = Array.from({ length: FORGED }, () =>
      world.install(instanceId, { keyWorks: false }),
    );
    calls.splice(at, 0, real);
    const reconciler = startReconciler(world.deps);
    let sentAt = 0;
    const send = async () => {
      for (let call = calls.shift(); call; call = calls.shift()) {
        expect((await world.post(call)).status).toBe(200);
        if (call === real) sentAt = Date.now();
      }
    };
    const sending = Promise.all(Array.from({ length: 20 }, send));
    const isInForce = async () =>
      sentAt > 0 && (await world.view(instanceId)).ledger?.installId === real.installed_app_id;
    while (!(await isInForce())) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(Date.now() - sentAt).toBeLessThan(10_000);
    await sending;
    await reconciler.stop();
  },
);

test('a call about another install uses up no key of a real uninstall', async () => {
  const instanceId = newInstanceId();
  const real = world.install(instanceId);
  await world.post(real);
  await world.reconcile(instanceId);
  const call = world.uninstall(real);
  const foreign = world.uninstall(world.install(newInstanceId()));
  const forged = { ...foreign, idempotency_key: call['idempotency_key'] };
  expect((await world.post(forged)).status).toBe(200);
  expect((await world.post(call)).body).toEqual({ received: 'taken' });
  expect((await world.view(instanceId)).standing).toBe('inactive');
});
