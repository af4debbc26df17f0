/** `movements` as people type it, with the whole history: what it asks for, says and changes. */
import { ensureInstance } from '../../src/store/instances';
import { currentSource } from '../../src/store/sources';
import { instanceSettings } from '../../src/engine/instance-settings';
import { startCli } from '../support/processes/cli-process';
import { startCliWorld, type CliWorld } from '../support/worlds/cli-world';
import { configureInstance } from '../support/worlds/instance-config';

const ID = 'movements';
const NARROW = 'rk_test_narrow';

let world: CliWorld;

beforeAll(async () => {
  world = await startCliWorld({ scenario: 'empty', instanceId: ID });
  const config = configureInstance({
    ...{ instanceId: ID, stripeUrl: world.stripe.url, blnkUrl: world.blnk.url },
  });
  await ensureInstance(world.db, instanceSettings(config));
  const permissions = [
    ...['rak_payment_intent_read', 'rak_event_read', 'rak_balance_read'],
    'rak_accounts_kyc_basic_read',
  ];
  world.stripe.addKey({ key: NARROW, livemode: false, permissions });
  await world.stripe.world.pay({ amount: 10_000, currency: 'usd' });
});
afterAll(() => world.close());

test('a key without the rights is told which it lacks, and what for', async () => {
  const settings = { ...world.settings, STRIPE_SECRET_KEY: NARROW };
  const run = (...args: string[]) => startCli(world.folder.path, args, settings).ended;
  const [enable, status] = await Promise.all([
    run('movements', 'enable', '--yes'),
    run('movements', 'status', '--json'),
  ]);
  expect(enable.code).toBe(1);
  expect(enable.stderr).toContain('needed  rak_payout_read: what was paid out');
  expect(enable.stderr).toContain('useful  rak_top_up_read: ');
  expect(enable.stderr).toMatch(/\nSTRIPE_PERMISSION_MISSING: .*apikeys\/create\?name=.*\n$/);
  expect(JSON.parse(status.stdout)).toMatchObject({
    enabled: false,
    rights: {
      lacking: expect.arrayContaining([
        { right: 'rak_payout_read', needed: true, purpose: expect.any(String) as string },
      ]) as unknown[],
    },
  });
  expect(await currentSource(world.db, ID)).toBeUndefined();
});

test('the plan is shown and confirmed first; disabled, it goes on with what it began with', async () => {
  const [plan, unasked, text] = await Promise.all([
    world.json('movements', 'plan'),
    world.cli('movements', 'enable'),
    world.cli('movements', 'status'),
  ]);
  expect(plan).toMatchObject({
    code: 0,
    data: {
      ...{ instanceId: ID, opened: false, cutOver: null, rights: { lacking: [] } },
      currencies: [{ currency: 'USD', opening: null, stop: null, stripe: { pending: '9680' } }],
    },
  });
  expect(unasked).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes') as string });
  expect(text.stdout).toContain('Pay-ins alone are carried over.');
  const enabled = await world.json('movements', 'enable', '--yes', '--by', 'anna');
  expect(enabled).toMatchObject({ code: 0, data: { enabled: true, changed: true, cutOver: null } });
  const [again, planned] = await Promise.all([
    world.json('movements', 'enable'),
    world.json('movements', 'plan'),
  ]);
  expect(again).toMatchObject({ code: 0, data: { enabled: true, changed: false } });
  expect(planned).toMatchObject({ code: 0, data: { opened: true } });
  const disabled = await world.json('movements', 'disable', '--yes');
  expect(disabled).toMatchObject({ code: 0, data: { enabled: false, changed: true } });
  const next = await world.cli('movements', 'plan');
  expect(next).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/movements enable$/m) as string,
  });
  const back = await world.json('movements', 'enable', '--yes');
  expect(back).toMatchObject({ code: 0, data: { enabled: true, changed: true } });
  const status = await world.json('movements', 'status');
  expect(status).toMatchObject({
    code: 0,
    data: { instanceId: ID, enabled: true, cutOver: null, openings: [], rights: { lacking: [] } },
  });
});

describe('a new instance that has begun by itself, or could not', () => {
  const set = (columns: string) =>
    world.db.query(`update sources set ${columns} where instance_id = $1`, [ID]);
  const narrow = (...args: string[]) =>
    startCli(world.folder.path, args, { ...world.settings, STRIPE_SECRET_KEY: NARROW }).ended;

  test('what was missing is said with what to do, and what is missing now', async () => {
    await set(
      `movements_since = null, movements_opened_at = null, movements_declined = '{rak_payout_read}'`,
    );
    const [status, movements, check] = await Promise.all([
      narrow('status'),
      narrow('movements', 'status'),
      narrow('check'),
    ]);
    const said =
      /not begun by itself with the first sync, which has found: the Stripe key lacks rak_payout_read; to do: .*`movements enable`/;
    expect(status.stdout).toMatch(said);
    expect(movements.stdout).toMatch(said);
    expect(movements.stdout).toContain('needed  rak_payout_read: what was paid out');
    expect(check.stdout).toMatch(
      /movements +pay-ins alone are carried over; the Stripe key lacks .*rak_payout_read/,
    );
    expect(check.stdout).toMatch(/Before `movements enable`: grant .*apikeys\/create\?name=/);
  });

  test('a right of which Stripe says neither yes nor no is named, and nothing fails for it', async () => {
    world.stripe.faults.add({
      path: '/v1/payouts',
      fault: { kind: 'status', status: 404, json: { error: { type: 'invalid_request_error' } } },
    });
    const [status, check, enable] = await Promise.all([
      world.json('movements', 'status'),
      world.cli('check'),
      world.cli('movements', 'enable', '--yes'),
    ]);
    world.stripe.faults.clear();
    expect(status).toMatchObject({
      code: 0,
      data: { rights: { unclear: [{ right: 'rak_payout_read', code: 'STRIPE_REFUSED' }] } },
    });
    expect(check.stdout).toContain('Stripe does not tell of rak_payout_read (STRIPE_REFUSED)');
    expect(check.stdout).not.toMatch(/FAILED +movements/);
    expect(enable).toMatchObject({ code: 1 });
    expect(enable.stderr).toContain('STRIPE_REFUSED');
  });

  test('what the opening balance waits for is said', async () => {
    await set(`movements_since = now(), movements_opened_at = now(), movements_from_s = 1780272000,
      movements_declined = null, opening_awaits = 'disagrees'`);
    const [text, json, movements, check] = await Promise.all([
      world.cli('status'),
      world.json('status'),
      world.json('movements', 'status'),
      world.cli('check'),
    ]);
    // Charges without a PaymentIntent are booked then, and nobody books them by hand.
    expect(check.stdout).not.toMatch(/not carried over|by hand/);
    expect(text.stdout).toMatch(
      /Opening +opening balance not certain yet: .* a row may be missing; to do: `movements plan`/,
    );
    expect(json).toMatchObject({ data: { movements: { openingAwaits: 'disagrees' } } });
    expect(movements).toMatchObject({ data: { enabled: true, openingAwaits: 'disagrees' } });
  });
});
