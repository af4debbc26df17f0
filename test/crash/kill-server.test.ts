/**
 * The server dies at each step of an install and of an uninstall, and Temporal dies under it: once it is
 * back, and whoever got no answer has asked again, everything is as if nothing had happened.
 */
import { newInstanceId } from '../support/worlds/cloud-world';
import type { Gates } from '../support/processes/crash-system';
import { startServerSystem, type ServerSystem } from '../support/processes/server-system';
import type { Stop } from '../support/proxies/tcp-gate';
import { startTemporalServer } from '../support/processes/temporal-server';
import type { Install } from '../../sandbox/blnk/apps';
import { describeSchedule } from '../../src/temporal/schedules';

type Step = [step: string, gate: keyof Gates, stop: Stop];

const STORED = 'insert into install_events';
const TAKEN = 'update intents set attempts';
const DONE = 'update intents set done_at';
const CALLED = 'stripe-sync:inst_';

const INSTALL: Step[] = [
  ['before it is stored', 'database', { texts: [STORED], at: 'request' }],
  ['stored, and Blnk not told', 'database', { texts: [STORED], at: 'answer' }],
  ['before its trial is taken up', 'database', { texts: [TAKEN], at: 'request' }],
  ['its trial taken up', 'database', { texts: [TAKEN], at: 'answer', nth: 2 }],
  ['before Blnk is asked', 'blnk', { texts: ['GET /data/'], at: 'request' }],
  ['the key read, and nobody told', 'blnk', { texts: ['GET /data/'], at: 'answer' }],
  ['the key tried, and nobody told', 'blnk', { texts: ['POST /proxy/'], at: 'answer' }],
  ['before it is in force', 'database', { texts: ["set status = 'active'"], at: 'request' }],
  [
    'in force, not committed',
    'database',
    { texts: ["set status = 'active'", 'commit'], at: 'request' },
  ],
  [
    'in force, and nobody told',
    'database',
    { texts: ["set status = 'active'", 'commit'], at: 'answer' },
  ],
  ['before Temporal is told', 'temporal', { texts: [CALLED], at: 'request' }],
  ['Temporal told', 'temporal', { texts: [CALLED], at: 'answer' }],
  ['before it is noted as done', 'database', { texts: [DONE], at: 'request' }],
  ['noted as done', 'database', { texts: [DONE], at: 'answer' }],
];

const UNINSTALL: Step[] = [
  ['before it is stored', 'database', { texts: [STORED], at: 'request' }],
  ['before the key is erased', 'database', { texts: ['api_key = null'], at: 'request' }],
  [
    'the key erased, not committed',
    'database',
    { texts: ['api_key = null', 'commit'], at: 'request' },
  ],
  [
    'committed, and Blnk not told',
    'database',
    { texts: ['api_key = null', 'commit'], at: 'answer' },
  ],
  ['before it is carried out', 'database', { texts: [TAKEN], at: 'answer' }],
  ['before Temporal is told', 'temporal', { texts: [CALLED], at: 'request' }],
  ['the schedule gone, and nobody told', 'temporal', { texts: [CALLED], at: 'answer' }],
  ['before it is noted as done', 'database', { texts: [DONE], at: 'request' }],
];

let system: ServerSystem;
beforeAll(async () => void (system = await startServerSystem()));
afterAll(() => system.close());

/** What is going on meets its end at the step, and the server is started again. */
async function dieAt(gate: keyof Gates, stop: Stop, work: () => Promise<unknown>): Promise<void> {
  const stopped = system.gates[gate].stop(stop);
  const working = work();
  await stopped.reached;
  await system.server.kill('SIGKILL');
  stopped.release();
  await working;
  await system.server.start();
}

/** A person whose install was cancelled installs again. */
async function installed(instanceId: string, first?: Install): Promise<Install> {
  let install = first;
  while (install?.status !== 'installed') install = (await system.install(instanceId)).install;
  await system.settled(instanceId);
  return install;
}

const keysOf = (instanceId: string) =>
  system.db.query<{ id: string; key: string | null }>(
    `select install_id as id, api_key as key from installs
     where instance_id = $1 and status = 'active'`,
    [instanceId],
  );

async function expectInForce(instanceId: string, { installed_app_id: id }: Install) {
  expect(await system.view(instanceId)).toMatchObject({
    standing: 'needs_stripe',
    ledger: { installId: id },
  });
  expect(await keysOf(instanceId)).toMatchObject([{ id }]);
  expect(await describeSchedule(system.client, instanceId)).toBeUndefined();
}

async function expectGone(instanceId: string) {
  expect(await system.view(instanceId)).toMatchObject({ standing: 'inactive', stripe: null });
  const rows = await system.db.query<{ key: string | null }>(
    'select api_key as key from installs where instance_id = $1',
    [instanceId],
  );
  expect(rows).toEqual([{ key: null }]);
  expect(await describeSchedule(system.client, instanceId)).toBeUndefined();
}

test.each(INSTALL)('killed during an install, %s', async (_step, gate, stop) => {
  const instanceId = newInstanceId();
  let first: Install | undefined;
  await dieAt(gate, stop, async () => {
    first = (await system.install(instanceId)).install;
  });
  await expectInForce(instanceId, await installed(instanceId, first));
});

test.each(UNINSTALL)('killed during an uninstall, %s', async (_step, gate, stop) => {
  const instanceId = newInstanceId();
  const install = await installed(instanceId);
  await system.connect(instanceId);
  await system.settled(instanceId);
  expect(await describeSchedule(system.client, instanceId)).toBeDefined();
  await dieAt(gate, stop, () => system.uninstall(install));
  // A person whose uninstall was not taken does it again; the dashboard says when there is nothing left.
  while ((await system.uninstall(install)) !== undefined);
  await system.settled(instanceId);
  await expectGone(instanceId);
});

test('Temporal is away: installs and uninstalls are taken, and carried out when it is back', async () => {
  const temporal = await startTemporalServer();
  const other = await startServerSystem(temporal.address);
  try {
    const [stays, goes] = [newInstanceId(), newInstanceId()];
    const { install } = await other.install(goes);
    await other.settled(goes);
    await other.connect(goes);
    await other.settled(goes);
    await temporal.kill('SIGKILL');
    expect((await other.install(stays)).install.status).toBe('installed');
    expect((await other.uninstall(install))?.install.status).toBe('uninstalled');
    expect(await other.view(goes)).toMatchObject({ standing: 'inactive', stripe: null });
    await temporal.start();
    for (const instanceId of [stays, goes]) await other.settled(instanceId);
    expect(await other.view(stays)).toMatchObject({ standing: 'needs_stripe' });
    expect(await describeSchedule(other.client, goes)).toBeUndefined();
  } finally {
    await other.close();
    await temporal.stop();
  }
});
