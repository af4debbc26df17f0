/**
 * Pay-ins that Blnk does not take, whatever it answers to them and for however long: all others are in the
 * ledger after one run, and the bad ones are set aside by the next at the latest.
 */
import { findPayIn } from '../../src/store/movements';
import type { ProxyAction } from '../support/proxies/http-proxy';
import { startHarness, type Harness } from '../support/worlds/harness';

let harness: Harness;
beforeEach(async () => {
  harness = await startHarness({
    proxied: true,
    patience: { silenceMs: 6_000, roundWaitsMs: [5, 10] },
    limits: { timeoutMs: 700 },
  });
});
afterEach(() => harness.close());

const NOW = Math.floor(Date.now() / 1000);
const HOUR = 3600;

/** The oldest ones, which a listing comes to last, are bad. */
async function pay(good: number, bad: number): Promise<ReadonlySet<string>> {
  const { world } = harness.stripe;
  const ids: string[] = [];
  for (let index = 0; index < good + bad; index += 1) {
    const { id } = await world.pay({ createdAt: NOW - HOUR - index * 60 });
    ids.push(id);
  }
  return new Set(ids.slice(good));
}

type Badly = () => ProxyAction | Promise<ProxyAction>;

/** Spoils the postings of bad pay-ins; look-ups pass. */
function spoil(isBad: (reference: string) => boolean, badly: Badly): void {
  harness.intercept(({ method, path, body }) => {
    if (method !== 'POST' || path !== '/transactions') return 'pass';
    const { reference } = JSON.parse(body) as { reference: string };
    return isBad(reference) ? badly() : 'pass';
  });
}

const WAYS: [what: string, badly: Badly, reason: string][] = [
  ['refuses', () => ({ status: 400, json: {} }), 'BLNK_REFUSED'],
  ['fails on', () => ({ status: 500, json: {} }), 'BLNK_FAILED'],
  ['never answers', () => new Promise(() => undefined), 'BLNK_FAILED'],
  ['holds a lock on', () => ({ status: 423, json: {} }), 'BLNK_FAILED'],
];

async function expectSetAside(ids: ReadonlySet<string>, reason: string): Promise<void> {
  for (const id of ids) {
    expect(await findPayIn(harness.db, harness.instanceId, id)).toMatchObject({
      state: 'quarantined',
      reason,
    });
  }
}

describe.each(WAYS)('what Blnk %s', (_what, badly, reason) => {
  it.each([
    [200, 2],
    [30, 110],
    [0, 3],
  ])('of %i others and %i bad ones, all others are booked in the first run', async (good, bad) => {
    const ids = await pay(good, bad);
    spoil((reference) => ids.has(reference), badly);
    const first = await harness.sync();
    expect(harness.booked()).toHaveLength(good);

    // New work comes first, whatever is left of before.
    const late = await harness.stripe.world.pay();
    const second = await harness.sync();
    expect(harness.booked().map(({ reference }) => reference)).toContain(late.id);
    await expectSetAside(ids, reason);
    expect(second.status).toMatch(/^completed/);
    // What the first one has not seen answered in time, the second one finds.
    const { recordsPosted, recordsAlreadyPosted } = second;
    expect(first.recordsPosted + recordsPosted + recordsAlreadyPosted).toBe(good + 1);

    harness.intercept();
    await harness.db.query('update movements set retry_at = now() where instance_id = $1', [
      harness.instanceId,
    ]);
    expect(await harness.sync()).toMatchObject({ status: 'completed', recordsPosted: bad });
    expect(harness.totals().blnk).toEqual(harness.totals().stripe);
  });
});

it('what was set aside before and hangs again holds nobody up for the whole patience', async () => {
  const ids = await pay(0, 2);
  spoil((reference) => ids.has(reference), WAYS[2]![1]);
  await harness.sync();
  await harness.sync();
  await expectSetAside(ids, 'BLNK_FAILED');
  for (let nth = 0; nth < 2; nth += 1) {
    await harness.db.query('update movements set retry_at = now() where instance_id = $1', [
      harness.instanceId,
    ]);
    expect(await harness.sync()).toMatchObject({ status: 'completed', recordsFound: 0 });
  }
  const [id = ''] = ids;
  expect(await findPayIn(harness.db, harness.instanceId, id)).toMatchObject({ attempts: 4 });
});

it('settings that let Blnk refuse everything can be corrected: nothing was posted with them', async () => {
  await harness.reconfigure({ BLNK_SOURCE_BALANCE: '@wrong' });
  const ids = await pay(0, 3);
  spoil(
    () => true,
    () => ({ status: 400, json: {} }),
  );
  expect(await harness.sync()).toMatchObject({ reasons: { BLNK_REFUSED: 3 } });
  harness.intercept();
  await harness.reconfigure({ BLNK_SOURCE_BALANCE: '@right' });
  await harness.db.query('update movements set retry_at = now() where instance_id = $1', [
    harness.instanceId,
  ]);
  expect(await harness.sync()).toMatchObject({ status: 'completed', recordsPosted: ids.size });
  expect(new Set(harness.booked().map(({ from }) => from))).toEqual(new Set(['@right']));

  // From the first posting on they are fixed.
  await harness.reconfigure({ BLNK_SOURCE_BALANCE: '@wrong' });
  expect(await harness.sync()).toMatchObject({ error: { code: 'INSTANCE_FROZEN' } });
});

it('settings are fixed by what is found posted too, as after a crash before the outcome was written', async () => {
  await harness.reconfigure({ BLNK_SOURCE_BALANCE: '@first' });
  await pay(3, 0);
  await harness.sync();
  // Our database as it was before the outcomes of that page.
  await harness.db.query(
    `update movements set state = 'staged', posted_at = null, sync_id = 'crashed' where instance_id = $1`,
    [harness.instanceId],
  );
  await harness.db.query('update instances set frozen_at = null where instance_id = $1', [
    harness.instanceId,
  ]);
  expect(await harness.sync()).toMatchObject({ recordsAlreadyPosted: 3 });
  await harness.reconfigure({ BLNK_SOURCE_BALANCE: '@second' });
  expect(await harness.sync()).toMatchObject({ error: { code: 'INSTANCE_FROZEN' } });
});
