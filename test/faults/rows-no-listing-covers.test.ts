/**
 * What was posted through its event, of a payment that was created before any listing begins: no listing
 * finds it again, and its event is gone after a month. Our own row is all that tells of it.
 */
import { startBlnkStandIn, type BlnkStandIn } from '../../sandbox/blnk/start';
import { findPayIn } from '../../src/store/movements';
import { startHarness, type Booked, type Harness } from '../support/worlds/harness';

const DAY = 24 * 60 * 60;
/** As a person writes it. */
const SINCE = new Date(Date.now() - 10 * DAY * 1000).toISOString().slice(0, 10);
const LONG_AGO = Date.parse(`${SINCE}T00:00:00Z`) / 1000 - 200 * DAY;

let harness: Harness;
let elsewhere: BlnkStandIn;
/** Created 200 days before SYNC_SINCE, paid after it. */
let late: readonly string[];

beforeEach(async () => {
  harness = await startHarness({ settings: { SYNC_SINCE: SINCE } });
  elsewhere = await startBlnkStandIn();
  const { world } = harness.stripe;
  const open = [
    await world.create({ createdAt: LONG_AGO }),
    await world.create({ createdAt: LONG_AGO, customer: null }),
  ];
  for (const { id } of open) await world.succeed(id);
  late = open.map(({ id }) => id);
  expect(await harness.sync()).toMatchObject({ status: 'completed', recordsPosted: 2 });
  // More than each sync looks at in its beginning.
  for (let index = 0; index < 105; index += 1) await world.pay();
  expect(await harness.sync()).toMatchObject({ status: 'completed', recordsPosted: 105 });
  // Past the time for which Stripe keeps events, in steps after which a watermark is still trusted.
  for (let step = 0; step < 2; step += 1) {
    harness.stripe.clock.advance(20 * DAY);
    harness.blnk.clock.advance(20 * DAY);
    await world.pay();
    expect(await harness.sync()).toMatchObject({ status: 'completed', recordsPosted: 1 });
  }
});
afterEach(() => Promise.all([harness.close(), elsewhere.close()]));

const referencesOf = (rows: readonly Pick<Booked, 'reference'>[]) =>
  rows.map(({ reference }) => reference).sort();
const everySuccess = async () => {
  const rows = await harness.db.query<{ id: string }>(
    'select movement_id as id from movements where instance_id = $1',
    [harness.instanceId],
  );
  return rows.map(({ id }) => id).sort();
};
const booked = () => referencesOf(harness.booked());

it('is posted again after the ledger has lost it', async () => {
  const all = await everySuccess();
  expect(booked()).toEqual(all);
  const { ledger } = harness.blnk;
  // The newest one too, by which the loss is noticed.
  const lost = ledger.rows.filter(
    ({ reference, seq }) => late.includes(reference) || seq === ledger.nextSeq() - 1,
  );
  expect(ledger.forget(lost.map(({ seq }) => seq))).toBe(3);
  expect(await harness.sync()).toMatchObject({
    status: 'completed',
    recordsPosted: 3,
    row: { notes: ['LEDGER_REWOUND'] },
  });
  expect(booked()).toEqual(all);
  expect(await harness.sync()).toMatchObject({ status: 'completed', recordsFound: 0 });
});

it('is posted into another ledger, once the owner has confirmed it, and found again in the old one', async () => {
  const all = await everySuccess();
  await harness.reconfigure({ SYNC_SINCE: SINCE, BLNK_URL: elsewhere.url });
  expect(await harness.sync({ acceptSource: true })).toMatchObject({
    status: 'completed',
    recordsFound: 109,
    recordsPosted: 109,
    // Nothing was lost: it is another ledger.
    row: { notes: [] },
  });
  expect(referencesOf([...elsewhere.ledger.rows])).toEqual(all);
  expect(booked()).toEqual(all);
  expect(await harness.sync()).toMatchObject({ status: 'completed', recordsFound: 0 });

  await harness.reconfigure({ SYNC_SINCE: SINCE });
  expect(await harness.sync({ acceptSource: true })).toMatchObject({
    status: 'completed',
    recordsPosted: 0,
    recordsAlreadyPosted: 109,
    row: { notes: [] },
  });
  expect(booked()).toEqual(all);
});

it('waits for nobody when it was set aside in the ledger that was left', async () => {
  const [id = ''] = late;
  await harness.db.query(
    `update movements set state = 'quarantined', reason = 'CONFLICT', reference = null,
       quarantined_by = sync_id where instance_id = $1 and movement_id = $2`,
    [harness.instanceId, id],
  );
  await harness.reconfigure({ SYNC_SINCE: SINCE, BLNK_URL: elsewhere.url });
  expect(await harness.sync({ acceptSource: true })).toMatchObject({ recordsPosted: 109 });
  expect(await findPayIn(harness.db, harness.instanceId, id)).toMatchObject({
    state: 'posted',
    reason: null,
  });
});
