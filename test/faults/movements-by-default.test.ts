/** Whether a new instance carries over its movements by itself, and what its sync does where it may not. */
import { chargesWithoutIntentProbe } from '../../src/checks/charges-without-intent';
import { movementsProbe } from '../../src/checks/movements';
import { runProbes } from '../../src/checks/probe';
import { settingsProbe } from '../../src/checks/settings';
import type { Connection } from '../../src/engine/deps';
import { SyncError, type ErrorCode } from '../../src/domain/errors';
import { MOVEMENT_RIGHTS } from '../../src/domain/movements/stripe-rights';
import { connectDb, type Db } from '../../src/store/db';
import { findEnabled, readDeclined } from '../../src/store/openings';
import { readInstance } from '../../src/store/instances';
import { currentSource } from '../../src/store/sources';
import { testEnvironment } from '../support/environment';
import { aPosting } from '../support/worlds/a-posting';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';

const NOW = Date.UTC(2026, 5, 11, 12) / 1000;
const NEEDED = Object.entries(MOVEMENT_RIGHTS).flatMap(([right, { isNeeded }]) =>
  isNeeded ? [right] : [],
);
const RESTRICTED = 'rk_test_restricted';

let db: Db;
let world: DrivenWorld;
/** How often a right was tried. */
let tried: number;
/** What each try is answered with; undefined: as Stripe does. */
let answer: ErrorCode | undefined;
/** So many tries; the others as Stripe does. */
let answers: number;

beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
beforeEach(() => {
  tried = 0;
  answer = undefined;
  answers = Infinity;
});
afterEach(() => world.close());

function through(connection: Connection): Connection {
  const { stripe } = connection;
  const tryRight: typeof stripe.tryRight = (right, signal) => {
    tried += 1;
    return answer === undefined || tried > answers
      ? stripe.tryRight(right, signal)
      : Promise.reject(new SyncError(answer, { permission: right }));
  };
  return { ...connection, stripe: { ...stripe, tryRight } };
}

/** As a user has it who says nothing of movements. */
async function begin(settings: Readonly<Record<string, string>> = {}): Promise<void> {
  world = await startWorld(db, { startAt: NOW, settings: { MOVEMENTS: '', ...settings }, through });
  await world.stripe.world.pay({ id: 'pi_1', amount: 1_000, createdAt: NOW - 3_600 });
}

async function sync(): Promise<void> {
  world.clock.advance(60);
  const { row } = await world.driver.sync();
  expect(row).toMatchObject({ status: 'completed', error: null });
}

const source = async () => (await currentSource(db, world.instanceId))!.sourceId;
const enabled = async () => findEnabled(db, await source());
const declined = async () => readDeclined(db, await source());
const open = () => Promise.resolve(db);
/** What `check` says of them. */
async function checked(): Promise<string> {
  const [told] = await runProbes([movementsProbe(world.connection, open)]);
  expect(told).toMatchObject({ ok: true });
  return [told!.detail, told!.next ?? ''].join('\n');
}
const booked = () => world.blnk.ledger.rows.map(({ reference }) => reference);

test.each([
  ['the whole history', 'all', null],
  ['SYNC_SINCE', '2026-06-01', Date.UTC(2026, 5, 1) / 1000],
])(
  'with %s a new instance carries them over from its first sync on',
  async (_what, since, from) => {
    await begin({ SYNC_SINCE: since });
    const begins = from === null ? 'with the whole history' : 'from 2026-06-01T00:00:00Z on';
    expect(await checked()).toContain(`begin with the first sync, ${begins} (MOVEMENTS=off`);
    tried = 0;
    await sync();
    expect(await enabled()).toMatchObject({ cutOver: from });
    expect((await readInstance(db, world.instanceId)).frozen).toBe(true);
    expect(tried).toBe(NEEDED.length);
    const fixed = await runProbes([settingsProbe(world.connection.config, open)]);
    expect(fixed).toMatchObject([
      { detail: expect.stringMatching(/fixed, movements have begun$/) as string },
    ]);
    expect(booked().filter((reference) => reference.endsWith('.fee'))).toHaveLength(1);
    await sync();
    expect(tried).toBe(NEEDED.length);
    expect(await declined()).toBeNull();
  },
);

test('where the settings say off, pay-ins alone are, and nothing is asked for', async () => {
  await begin({ SYNC_SINCE: '2026-06-01', MOVEMENTS: 'off' });
  await sync();
  expect([await enabled(), tried, booked()]).toEqual([undefined, 0, ['pi_1']]);
  expect(await checked()).toContain('pay-ins alone are carried over; the key may read them');
});

test.each([
  ['has read its pay-ins', { SYNC_SINCE: '2026-06-01' }],
  ['has found none yet', { SYNC_SINCE: '2026-06-11T11:30:00Z' }],
])('an instance that exists and %s stays as it is', async (_what, settings) => {
  await begin({ ...settings, MOVEMENTS: 'off' });
  await sync();
  await world.configure(settings);
  expect(await checked()).toContain('pay-ins alone are carried over; the key may read them');
  tried = 0;
  await sync();
  // Not even where all of its pay-ins are listed anew.
  await world.configure({ SYNC_SINCE: settings.SYNC_SINCE });
  await db.query('delete from watermarks where source_id = $1', [await source()]);
  await sync();
  expect([await enabled(), tried, await declined()]).toEqual([undefined, 0, null]);
});

test('an instance with another SYNC_SINCE than it began with, and nothing booked, stays as it is', async () => {
  await begin({ SYNC_SINCE: '2026-06-11T11:30:00Z', MOVEMENTS: 'off' });
  await sync();
  await world.configure({ SYNC_SINCE: '2026-06-01', MOVEMENTS: 'on' });
  await sync();
  expect([await enabled(), booked()]).toEqual([undefined, ['pi_1']]);
});

test('a ledger whose source balance was used is left to a person', async () => {
  await begin();
  const posting = { reference: 'by_hand', amount: 700n, source: '@stripe', destination: '@bank' };
  await world.connection.ledger.post(aPosting(posting), new AbortController().signal);
  expect(await checked()).toContain('leave it at pay-ins: the source balance is in use already\n');
  await sync();
  expect([await enabled(), tried]).toEqual([undefined, 0]);
  expect(await declined()).toEqual(['SOURCE_BALANCE_USED']);
});

test('charges without a PaymentIntent are to be booked by hand where they are not booked with movements', async () => {
  await begin();
  await world.stripe.world.charge({ amount: 4_000 });
  const told = async () => {
    const [one] = await runProbes([chargesWithoutIntentProbe(world.connection, open)]);
    return [one!.detail, one!.next ?? ''].join('\n');
  };
  expect(await told()).toBe(
    '1 of the 2 charges has no PaymentIntent; with movements they are booked\n',
  );
  await world.configure({ MOVEMENTS: 'off' });
  expect(await told()).toMatch(
    /has no PaymentIntent\nThey are not in the ledger.*book them by hand/,
  );
});

describe('whatever Stripe answers that is no clear yes, the pay-ins are booked as they were', () => {
  test.each(NEEDED)('a key without %s', async (right) => {
    await begin({ SYNC_SINCE: '2026-06-01' });
    const others = Object.keys(MOVEMENT_RIGHTS).filter((one) => one !== right);
    const implied = others.filter((one) => one !== 'rak_balance_transaction_source_read');
    // With a date charges are read for the pay-ins as well.
    const since = right === 'rak_charge_read' ? 'all' : '2026-06-01';
    const permissions = ['rak_payment_intent_read', 'rak_event_read', ...implied];
    world.stripe.addKey({ key: RESTRICTED, livemode: false, permissions });
    await world.configure({ MOVEMENTS: '', SYNC_SINCE: since, STRIPE_SECRET_KEY: RESTRICTED });
    expect(await checked()).toMatch(
      new RegExp(
        `at pay-ins: the Stripe key lacks .*${right}.*\\nNow, since .*apikeys/create\\?name=`,
      ),
    );
    await sync();
    expect([await enabled(), booked()]).toEqual([undefined, ['pi_1']]);
    expect(await declined()).toContain(right);
  });

  test.each<ErrorCode>([
    ...(['STRIPE_REFUSED', 'STRIPE_BAD_ANSWER', 'STRIPE_UNAVAILABLE'] as const),
    ...(['STRIPE_RATE_LIMITED', 'STRIPE_KEY_REJECTED'] as const),
  ])('%s', async (code) => {
    await begin({ SYNC_SINCE: '2026-06-01' });
    answer = code;
    expect(await checked()).toContain(`Stripe does not tell of rak_balance_read (${code}), `);
    tried = 0;
    await sync();
    expect([await enabled(), booked(), world.paused]).toEqual([undefined, ['pi_1'], []]);
    expect(await declined()).toEqual(NEEDED.map((right) => `${right}: ${code}`));
    // Nobody is asked again.
    const before = tried;
    answer = undefined;
    await sync();
    expect([await enabled(), tried]).toEqual([undefined, before]);
  });

  test('but for what has passed when it is asked once more', async () => {
    await begin({ SYNC_SINCE: '2026-06-01' });
    answer = 'STRIPE_UNAVAILABLE';
    answers = NEEDED.length;
    await sync();
    expect(await enabled()).toBeDefined();
    expect(tried).toBe(2 * NEEDED.length);
  });
});
