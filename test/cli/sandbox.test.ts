/** The verbs where a sandbox runs: what they print, what they leave alone, and how they exit. */
import type { Report } from '../../src/domain/report';
import { applySchedule, pauseForCode } from '../../src/temporal/schedules';
import { startWorker } from '../support/worlds/cli-worker';
import { startCliWorld, type CliWorld } from '../support/worlds/cli-world';

let world: CliWorld;

beforeAll(async () => {
  world = await startCliWorld({ scenario: 'problems', worker: startWorker });
});
afterAll(() => world.close());

const rowsOf = async (table: string) => {
  const [row] = await world.db.query<{ count: number }>(
    `select count(*) as count from ${table} where instance_id = 'sandbox'`,
  );
  return row?.count;
};

const transactions = () => world.blnk.ledger.rows.length;

describe('from the first plan to the retry of what was set aside', () => {
  test('a plan says what a sync would do, and writes and posts nothing', async () => {
    const { code, data } = await world.json('sync', '--plan');
    expect(code).toBe(0);
    expect(data).toMatchObject({
      recordsFound: 32,
      recordsToPost: 27,
      recordsAlreadyPosted: 0,
      recordsToSetAside: 5,
      reasons: {
        ...{ AMOUNT_NOT_POSITIVE: 1, AMOUNT_ZERO: 1 },
        ...{ CURRENCY_UNKNOWN: 1, AMOUNT_MISSING: 1, AMOUNT_UNSAFE: 1 },
      },
    });
    expect(
      await Promise.all([rowsOf('stripe_syncs'), rowsOf('movements'), rowsOf('sources')]),
    ).toEqual([0, 0, 0]);
    expect(transactions()).toBe(0);
  });

  test('a sync prints nothing but its report on standard output with --json, and exits 5 for new problems', async () => {
    const ended = await world.json('sync');
    const { code, stderr } = ended;
    const data = ended.data as Report;
    expect(code).toBe(5);
    expect(data).toMatchObject({
      status: 'completed_with_problems',
      trigger: 'cli',
      recordsFound: 32,
      recordsPosted: 27,
      recordsQuarantined: 5,
      workflowId: 'stripe-sync:sandbox:adhoc',
    });
    expect(stderr).toContain(data.workflowId);
    expect(stderr).toContain(data.runId);
    expect(stderr).toContain(`http://127.0.0.1:8233/namespaces/${world.client.options.namespace}/`);
    expect(transactions()).toBe(27);
  });

  test('a second sync finds nothing and exits 0, as its plan has said', async () => {
    const plan = await world.cli('sync', '--plan');
    expect(plan.stdout).toBe('Plan, nothing was posted: 0 new pay-ins\n');
    await applySchedule(world.client, 'sandbox', '0 0 1 1 *');
    await pauseForCode(world.client, 'sandbox', 'SOURCE_CHANGED');
    const { code, stdout, stderr } = await world.cli('sync');
    expect(code).toBe(0);
    expect(stderr).toContain('The schedule goes on; it was paused for SOURCE_CHANGED.');
    expect(stdout).toMatch(/workflow {2}stripe-sync:sandbox:adhoc\n {2}run +[0-9a-f-]{36}\n/);
    expect(stdout).toMatch(/Sync completed in .* s: 0 pay-ins found\n$/);
  });

  test('one screen shows where the instance stands', async () => {
    const [status, list, show, markdown, check] = await Promise.all([
      world.cli('status'),
      world.json('syncs', 'list'),
      world.cli('syncs', 'show'),
      world.cli('syncs', 'show', '--markdown'),
      world.cli('check'),
    ]);
    expect(status.stdout).toMatch(/Synced +everything that succeeded until \d{4}-/);
    expect(status.stdout).toMatch(/Pay-ins +27 in the ledger, 4 set aside, 1 closed/);
    expect(status.stdout).toContain('1 x AMOUNT_NOT_POSITIVE');
    expect(status.stdout).toMatch(/Reads +\d+ of Stripe in 30 days; it allows 16,000\n/);
    const reports = list.data as Report[];
    expect(reports.map(({ recordsFound }) => recordsFound)).toEqual([0, 32]);
    expect(show.stdout).toContain(reports[0]?.syncId);
    expect(markdown.stdout).toMatch(/^## Sync sync_/);
    expect(check).toMatchObject({ code: 0 });
    expect(check.stdout).toMatch(/worker +1 on task queue stripe-sync/);
    expect(check.stdout).toContain('keeps histories for 30 days');
  });

  test('the reads of 30 days are shown, with a warning before they are spent', async () => {
    const add = (reads: number) =>
      world.db.query(
        `update stripe_reads set reads = reads + $1 where account = $2 and not livemode`,
        [reads, world.stripe.account],
      );
    await add(12_900);
    const [text, json] = await Promise.all([world.cli('status'), world.json('status')]);
    await add(-12_900);
    expect(text.stdout).toMatch(/Reads +WARNING: 12,9\d\d of Stripe in 30 days; it allows 16,000/);
    expect(json.data).toMatchObject({ stripeReads: { allocation: 16_000, warning: true } });
  });

  test('a payment is explained from all three sides, and one that nobody knows exits 3', async () => {
    const { data } = await world.json('quarantine', 'list');
    const rows = data as { paymentIntentId: string; reason: string }[];
    const unknown = rows.find(({ reason }) => reason === 'CURRENCY_UNKNOWN');
    const posted = world.blnk.ledger.rows[0]?.reference ?? '';
    const [there, aside, nobody] = await Promise.all([
      world.cli('explain', posted),
      world.cli('explain', unknown?.paymentIntentId ?? ''),
      world.json('explain', 'pi_nobody'),
    ]);
    expect(there.stdout).toMatch(/Verdict +In the ledger, with the amount/);
    expect(aside.stdout).toMatch(/Record +quarantined: CURRENCY_UNKNOWN/);
    expect(aside.stdout).toMatch(/Verdict +Not posted: the currency is not in our table/);
    expect(nobody).toMatchObject({ code: 3, data: { error: { code: 'NOT_FOUND' } } });
    expect(nobody.stderr).toMatch(/^NOT_FOUND: .*pi_nobody/);
  });

  test('a retry tries again what is set aside and says what stays so', async () => {
    const attempts = async () =>
      world.db.query<{ id: string; attempts: number }>(
        `select movement_id as id, attempts from movements
         where instance_id = 'sandbox' and state = 'quarantined' and closed_at is null order by 1`,
      );
    const [first, ...others] = await attempts();
    const { code, data } = await world.json('quarantine', 'retry', first?.id ?? '');
    expect(code).toBe(5);
    expect(data).toMatchObject({
      ...{ status: 'completed', recordsQuarantined: 0 },
      retried: { due: 1, throughNow: 0, setAsideAgain: [{ count: 1 }] },
    });
    expect(await attempts()).toEqual([{ ...first, attempts: 2 }, ...others]);
    const posted = world.blnk.ledger.rows[0]?.reference ?? '';
    expect(await world.json('quarantine', 'retry', posted)).toMatchObject({ code: 3 });
  });
});

describe('one sync at a time', () => {
  test('a sync that runs is followed; another kind of sync is refused with exit 4', async () => {
    const outage = world.blnk.faults.add({
      method: 'POST',
      path: '/transactions',
      fault: { kind: 'status', status: 503 },
    });
    await world.stripe.world.pay({ amount: 1500, currency: 'usd' });
    const detached = await world.json('sync', '--detach');
    expect(detached).toMatchObject({ code: 0, data: { joined: false } });
    const { runId } = detached.data as { runId: string };
    const following = world.start('sync', '--json');
    const other = await world.json('sync', '--payment', 'pi_another');
    await following.said(/A sync is running already/);
    outage.remove();
    const { code, stdout } = await following.ended;
    expect(other).toMatchObject({ code: 4, data: { error: { code: 'SYNC_ALREADY_RUNNING' } } });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ runId, recordsPosted: 1 });
  });

  test('one payment, known or not', async () => {
    const posted = world.blnk.ledger.rows[0]?.reference ?? '';
    const payIns = async () => /Pay-ins +(.*)/.exec((await world.cli('status')).stdout)?.[1];
    const before = await payIns();
    expect(before).toMatch(/^\d+ in the ledger/);
    const known = await world.cli('sync', '--payment', posted);
    expect(known.stdout).toContain('1 pay-in found, 1 already in the ledger');
    expect(known.code).toBe(0);
    expect(await payIns()).toBe(before);
    expect(await world.json('sync', '--payment', 'pi_nobody')).toMatchObject({
      code: 3,
      data: { status: 'failed', error: { code: 'NOT_FOUND' } },
    });
  });
});
