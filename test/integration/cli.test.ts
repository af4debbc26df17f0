/** The verbs where a sandbox runs: what they print, what they leave alone, and how they exit. */
import type { Report } from '../../src/domain/report';
import { startCliWorld, type CliWorld } from './cli-support';

let world: CliWorld;

beforeAll(async () => {
  world = await startCliWorld({ scenario: 'problems' });
});
afterAll(() => world.close());

const rowsOf = async (table: string) => {
  const [row] = await world.db.query<{ count: number }>(
    `select count(*) as count from ${table} where instance_id = 'sandbox'`,
  );
  return row?.count;
};

const transactions = () => world.blnk.ledger.rows.length;

const wordOf = (pattern: RegExp, text: string) => pattern.exec(text)?.[0] ?? '';

describe('from the first plan to the retry of what was set aside', () => {
  test('a plan says what a sync would do, and writes and posts nothing', async () => {
    const { code, data } = await world.json('sync', '--plan');
    expect(code).toBe(0);
    expect(data).toMatchObject({
      recordsFound: 34,
      recordsToPost: 29,
      recordsAlreadyPosted: 0,
      recordsToSetAside: 5,
      reasons: { AMOUNT_NOT_POSITIVE: 2, CURRENCY_UNKNOWN: 1, AMOUNT_MISSING: 1, AMOUNT_UNSAFE: 1 },
    });
    expect(
      await Promise.all([rowsOf('stripe_syncs'), rowsOf('pay_ins'), rowsOf('sources')]),
    ).toEqual([0, 0, 0]);
    expect(transactions()).toBe(0);
  });

  test('a sync prints nothing but its report on standard output with --json, and exits 5 for new problems', async () => {
    const { code, data, stderr } = await world.json<Report>('sync');
    expect(code).toBe(5);
    expect(data).toMatchObject({
      status: 'completed_with_problems',
      trigger: 'cli',
      recordsFound: 34,
      recordsPosted: 29,
      recordsQuarantined: 5,
      workflowId: 'stripe-sync:sandbox:adhoc',
    });
    expect(stderr).toContain(data.workflowId);
    expect(stderr).toContain(data.runId);
    expect(stderr).toContain(`http://127.0.0.1:8233/namespaces/${world.client.options.namespace}/`);
    expect(transactions()).toBe(29);
  });

  test('a second sync finds nothing and exits 0, as its plan has said', async () => {
    const plan = await world.cli('sync', '--plan');
    expect(plan.stdout).toBe('Plan, nothing was posted: 0 new pay-ins\n');
    const { code, stdout } = await world.cli('sync');
    expect(code).toBe(0);
    expect(stdout).toMatch(/workflow {2}stripe-sync:sandbox:adhoc\n {2}run +[0-9a-f-]{36}\n/);
    expect(stdout).toMatch(/Sync completed in .* s: 0 pay-ins found\n$/);
  });

  test('one screen shows where the instance stands', async () => {
    const [status, list, show, markdown, check] = await Promise.all([
      world.cli('status'),
      world.json<Report[]>('syncs', 'list'),
      world.cli('syncs', 'show'),
      world.cli('syncs', 'show', '--markdown'),
      world.cli('check'),
    ]);
    expect(status.stdout).toMatch(/Synced +everything that succeeded until \d{4}-/);
    expect(status.stdout).toMatch(/Pay-ins +29 posted, 5 set aside/);
    expect(status.stdout).toContain('2 x AMOUNT_NOT_POSITIVE');
    expect(list.data.map(({ recordsFound }) => recordsFound)).toEqual([0, 34]);
    expect(show.stdout).toContain(list.data[0]?.syncId);
    expect(markdown.stdout).toMatch(/^## Sync sync_/);
    expect(check).toMatchObject({ code: 0 });
    expect(check.stdout).toMatch(/worker +1 on task queue stripe-sync/);
    expect(check.stdout).toContain('keeps histories for 30 days');
  });

  test('a payment is explained from all three sides, and one that nobody knows exits 3', async () => {
    const list = await world.json<{ paymentIntentId: string; reason: string }[]>(
      'quarantine',
      'list',
    );
    const unknown = list.data.find(({ reason }) => reason === 'CURRENCY_UNKNOWN');
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
    const before = await world.cli('quarantine', 'list');
    const id = wordOf(/pi_\w+/, before.stdout);
    const [, other = ''] = before.stdout.match(/pi_\w+/g) ?? [];
    const { code, data, stderr } = await world.json<Report>('quarantine', 'retry', id);
    expect(code).toBe(0);
    expect(data).toMatchObject({ status: 'completed', recordsQuarantined: 0 });
    expect(stderr).toContain('Still set aside: 1');
    const after = await world.json<{ paymentIntentId: string; attempts: number }[]>(
      'quarantine',
      'list',
    );
    const attempts = new Map(after.data.map((row) => [row.paymentIntentId, row.attempts]));
    expect([attempts.get(id), attempts.get(other)]).toEqual([2, 1]);
    const posted = world.blnk.ledger.rows[0]?.reference ?? '';
    expect(await world.json('quarantine', 'retry', posted)).toMatchObject({ code: 3 });
  });
});

describe('one sync at a time', () => {
  test('a sync that runs is followed; another kind of sync is refused with exit 4', async () => {
    const slow = world.blnk.faults.add({
      method: 'POST',
      path: '/transactions',
      fault: { kind: 'delay', ms: 2_500 },
    });
    await world.stripe.world.pay({ amount: 1500, currency: 'usd' });
    const detached = await world.json<{ joined: boolean; runId: string }>('sync', '--detach');
    expect(detached).toMatchObject({ code: 0, data: { joined: false } });
    const [other, joined] = await Promise.all([
      world.json('sync', '--payment', 'pi_another'),
      world.json<Report>('sync'),
    ]);
    slow.remove();
    expect(other).toMatchObject({ code: 4, data: { error: { code: 'SYNC_ALREADY_RUNNING' } } });
    expect(joined).toMatchObject({
      code: 0,
      data: { runId: detached.data.runId, recordsPosted: 1 },
    });
    expect(joined.stderr).toContain('A sync is running already');
  });

  test('one payment, known or not', async () => {
    const posted = world.blnk.ledger.rows[0]?.reference ?? '';
    const known = await world.cli('sync', '--payment', posted);
    expect(known.stdout).toContain('1 pay-in found, 1 already in the ledger');
    expect(known.code).toBe(0);
    expect(await world.json('sync', '--payment', 'pi_nobody')).toMatchObject({
      code: 3,
      data: { status: 'failed', error: { code: 'NOT_FOUND' } },
    });
  });
});
