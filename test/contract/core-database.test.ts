/**
 * What a Core answers while its Postgres is away, and what it still knows afterwards. A real Core is asked
 * only where BLNK_CORE_PG_STOP and BLNK_CORE_PG_START, two shell commands, say how its Postgres is
 * stopped and started: nothing else may use that Postgres meanwhile.
 */
import { coreError, eventually, lookUp, openCore, payIn, say, type Core } from './support';

let core: Core;
/** Made before, and never sent: Core has to look it up. */
let unseen: string;

beforeAll(async () => {
  core = await openCore();
  const answer = await core.post('/api-keys', {
    name: 'contract',
    owner: core.run,
    scopes: ['transactions:write'],
    expires_at: new Date(Date.now() + 3_600_000).toISOString(),
  });
  expect(answer.status).toBe(201);
  unseen = (answer.json as { key: string }).key;
});
afterAll(() => core.close());

/** Whether there is a database to stop; else nothing is shown, and that is said. */
function canStop(): boolean {
  if (core.database) return true;
  say('Not shown: BLNK_CORE_PG_STOP and BLNK_CORE_PG_START do not say how to stop its Postgres.');
  return false;
}

async function whileAway(ask: () => Promise<void>): Promise<void> {
  await core.database?.stop();
  try {
    await ask();
  } finally {
    await core.database?.start();
    await eventually(async () => (await core.get('/health', null)).status === 200 || undefined);
  }
}

test('without its database health is answered 503, and says what is down', async () => {
  if (!canStop()) return;
  await whileAway(async () => {
    const { status, json } = await core.get('/health', null);
    expect([status, json]).toEqual([503, { status: 'DOWN', reason: 'database ping failed' }]);
  });
});

test('a posting that failed for it is no posting: the same reference is applied once it is back', async () => {
  if (!canStop()) return;
  const posting = payIn(core, 'away');
  await whileAway(async () => {
    const answer = await core.post('/transactions', posting);
    expect(answer.status).toBe(500);
    expect(answer.json).toEqual(coreError('GEN_INTERNAL'));
  });
  const applied = await core.post('/transactions', posting);
  expect([applied.status, applied.json]).toMatchObject([201, { status: 'APPLIED' }]);
  expect((await core.post('/transactions', posting)).status).toBe(409);
});

test('a look-up fails without it, and does not say that nothing is there', async () => {
  if (!canStop()) return;
  expect((await core.post('/transactions', payIn(core, 'before'))).status).toBe(201);
  await whileAway(async () => {
    await expect(lookUp(core, 'before')).rejects.toThrow('The look-up failed');
  });
  expect((await lookUp(core, 'before'))['before']).toMatchObject({ status: 'APPLIED' });
});

test('a good key with scopes may be answered 401 without it, and is good again afterwards', async () => {
  if (!canStop()) return;
  await whileAway(async () => {
    const { status } = await core.post('/transactions', '', unseen);
    expect([401, 500]).toContain(status);
  });
  await eventually(async () =>
    (await core.post('/transactions', '', unseen)).status === 400 ? true : undefined,
  );
});
