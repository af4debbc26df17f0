/** What a person sees and does in the portal while syncs run, wait and end. */
import { setTimeout as sleep } from 'node:timers/promises';
import { newInstanceId, startCloudWorld, type CloudWorld } from '../support/worlds/cloud-world';
import { startWorker } from '../support/worlds/cli-worker';
import { connectSandboxStripe } from '../support/worlds/connect-sandbox-stripe';
import { nextSync } from '../support/worlds/next-sync';
import { openPortal, type Answer } from '../support/worlds/portal-visitor';

let world: CloudWorld;
beforeAll(async () => {
  world = await startCloudWorld({ worker: startWorker, scenario: 'problems' });
});
afterAll(() => world.close());
afterEach(() => {
  world.blnk.faults.clear();
  world.stripe.faults.clear();
});

async function connected() {
  const installed = world.install(newInstanceId());
  const id = installed.instance_id;
  await world.post(installed);
  await world.reconcile(id);
  await connectSandboxStripe(world.deps, id);
  await world.reconcile(id);
  return { installed, id, ...(await openPortal(world, installed)) };
}

async function synced() {
  const portal = await connected();
  await portal.post('/sync');
  const row = await nextSync(world, portal.id);
  return { ...portal, row };
}

const toldOf = ({ headers }: Answer) => headers.get('location')?.split('?')[1];
/** Where a list goes on from a page, below the instance's own address. */
function linkOn({ id }: { id: string }, text: string, rel: 'prev' | 'next'): string | undefined {
  const [, href] = new RegExp(`rel="${rel}"\\s+href="([^"]+)"`).exec(text) ?? [];
  return href?.replaceAll('&#38;', '&').slice(`/portal/${id}`.length);
}
/** Every page of a list, by its own links. */
async function turn(
  portal: { id: string; get: (page: string) => Promise<Answer> },
  first: string,
): Promise<string[]> {
  const pages = [first];
  for (let next = linkOn(portal, first, 'next'); next !== undefined;) {
    pages.push((await portal.get(next)).text);
    next = linkOn(portal, pages.at(-1)!, 'next');
  }
  return pages;
}
/** Markup is laid out freely. */
const plain = (text: string) => text.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');

async function until(text: () => Promise<string>, wanted: RegExp): Promise<string> {
  for (let tries = 0; tries < 1_200; tries += 1) {
    const seen = await text();
    if (wanted.test(seen)) return seen;
    await sleep(50);
  }
  throw new Error(`never seen: ${String(wanted)}`);
}

describe('a sync that runs', () => {
  it('says what it waits for, with the tries and the next one, and can be cancelled', async () => {
    const portal = await connected();
    world.stripe.faults.add({ fault: { kind: 'status', status: 500 } });
    await portal.post('/sync');
    const progress = async () => plain((await portal.get('/progress')).text);
    const seen = await until(progress, /It waits: .*Tried \d+ times, next at \d\d:\d\d:\d\d UTC/);
    expect(seen).toContain('It waits: Stripe cannot be reached or fails.');
    expect(seen).toContain('STRIPE_UNAVAILABLE');
    const overview = plain((await portal.get('')).text);
    expect(overview).toContain('The sync waits');
    expect(overview).not.toContain('Sync now');
    expect(toldOf(await portal.post('/cancel'))).toBe('done=cancelling');
    world.stripe.faults.clear();
    await until(async () => (await portal.get('/progress')).text, /data-state="idle"/);
    expect(toldOf(await portal.post('/cancel'))).toBe('problem=NOT_FOUND');
  });

  it('counts what it has found while the ledger takes nothing yet', async () => {
    const portal = await connected();
    world.blnk.faults.add({ path: '/proxy/transactions', fault: { kind: 'status', status: 503 } });
    await portal.post('/sync');
    const progress = async () => plain((await portal.get('/progress')).text);
    const seen = await until(progress, /Found [1-9]/);
    expect(seen).toMatch(/Under way [1-9]/);
    // A row gets its counts when it ends; lists show what it has done so far.
    for (const page of ['', '/runs']) {
      expect(plain((await portal.get(page)).text)).toMatch(/Running [1-9]\d* \d/);
    }
    await portal.post('/cancel');
    world.blnk.faults.clear();
    await nextSync(world, portal.id);
  });
});

describe('the pages of the access', () => {
  it('show what came of it last, not what the install or the form has stored', async () => {
    const portal = await synced();
    expect(plain((await portal.get('/stripe')).text)).toMatch(/Last used by a sync \d{4}-/);
    expect(plain((await portal.get('/permissions')).text)).toContain('Last used by a sync: ');
    const fail = (error: string, details: string) =>
      world.db.query(
        `update stripe_syncs set status = 'failed', error = $2, error_details = $3
         where sync_id = $1`,
        [portal.row.syncId, error, details],
      );
    await fail('STRIPE_KEY_REJECTED', '{}');
    const stripe = plain((await portal.get('/stripe')).text);
    expect(stripe).toContain('Connected, but the last sync failed with it');
    expect(stripe).toContain('Stripe does not accept the key');
    await fail('BLNK_PERMISSION_MISSING', '{"right":"data:read"}');
    const permissions = plain((await portal.get('/permissions')).text);
    expect(permissions).toMatch(/data:read Refused by Blnk/);
    expect(permissions).not.toContain('The app has every right');
    await fail('BLNK_KEY_REJECTED', '{}');
    expect(plain((await portal.get('/permissions')).text)).toContain(
      'Blnk does not accept the key',
    );
  });
});

describe('what is set aside', () => {
  /** As many as a person can no longer look through on one screen. */
  const addMany = (id: string, many: number) =>
    world.db.query(
      `insert into movements (kind, instance_id, movement_id, page_id, sync_id, listing_id, amount, currency,
         created_s, livemode, state, reason, source_id, quarantined_by, updated_at)
       select 'pay_in', p.instance_id, 'pi_many' || lpad(n::text, 4, '0'), p.page_id, p.sync_id, p.listing_id, 1050, 'usd',
         p.created_s, p.livemode, 'quarantined', 'PAYER_MALFORMED', p.source_id, p.sync_id, now()
       from generate_series(1, $2) n, (select * from movements where instance_id = $1 limit 1) p`,
      [id, many],
    );
  const idsOn = (text: string) =>
    [...text.matchAll(/payments\/(pi_many\d+)"/g)].map(([, id]) => id!);

  it('is listed in pages, by reason with its money, found by a part of its id, and given as CSV', async () => {
    const portal = await synced();
    await addMany(portal.id, 120);
    const at = async (query: string) => (await portal.get(`/quarantine${query}`)).text;
    const first = await at('?reason=PAYER_MALFORMED');
    expect(plain(first)).toContain('1,260.00 USD');
    expect(plain(first)).toContain('1 to 50 of 120');
    const pages = await turn(portal, first);
    const listed = pages.flatMap(idsOn);
    expect(listed).toHaveLength(120);
    expect(new Set(listed).size).toBe(120);
    expect(plain(pages[2]!)).toContain('101 to 120 of 120');
    const back = (await portal.get(linkOn(portal, pages[2]!, 'prev')!)).text;
    expect(idsOn(back)).toEqual(idsOn(pages[1]!));
    expect(idsOn((await portal.get(linkOn(portal, back, 'prev')!)).text)).toEqual(idsOn(first));
    // All of them together, sorted by time.
    expect((await turn(portal, await at(''))).flatMap(idsOn)).toHaveLength(120);
    expect(idsOn(await at('?q=many0077'))).toEqual(['pi_many0077']);
    expect(idsOn(await at('?q=pi_many0077'))).toEqual(['pi_many0077']);
    const behind = plain(await at('?after=9999999999999999~pi_x&n=201'));
    expect(behind).toContain('Nothing on this page');
    // What is no place in the list is its beginning.
    for (const wrong of ['x~y', '1', "1~'", '1~pi_x~z']) {
      expect(plain(await at(`?after=${encodeURIComponent(wrong)}&n=7`))).toContain('1 to 50 of');
    }
    const csv = await portal.get('/quarantine/csv?reason=PAYER_MALFORMED');
    expect(csv.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    const lines = csv.text.trim().split('\r\n');
    expect(lines).toHaveLength(121);
    expect(lines[1]).toMatch(/^pi_many0001,10\.50,USD,PAYER_MALFORMED,0,/);
  });

  it('is closed one by one or by reason, with who and why, and opened again', async () => {
    const portal = await synced();
    await addMany(portal.id, 3);
    const payment = 'pi_many0001';
    const page = async () => plain((await portal.get(`/payments/${payment}`)).text);
    expect(await page()).toContain('Set aside');
    const form = { note: '=booked by hand', by: 'Ann' };
    const one = await portal.post('/quarantine/close', { payment, ...form });
    expect(one.headers.get('location')).toBe(
      `/portal/${portal.id}/payments/${payment}?done=closed`,
    );
    expect(await page()).toContain('by Ann: =booked by hand');
    // A spreadsheet must not take it for a formula.
    expect((await portal.get('/quarantine/csv?show=closed')).text).toContain(",'=booked by hand");
    expect((await portal.post('/quarantine/close', { payment, note: ' ', by: 'Ann' })).status).toBe(
      400,
    );
    const rest = { reason: 'PAYER_MALFORMED', ...form };
    expect(toldOf(await portal.post('/quarantine/close', rest))).toBe('done=closed');
    expect(toldOf(await portal.post('/quarantine/close', rest))).toBe('problem=NOT_FOUND');
    expect(idsOn((await portal.get('/quarantine?show=closed')).text)).toHaveLength(3);
    expect(await page()).toContain('Not booked yet: open it again');
    expect((await portal.post('/quarantine/post', { payment, by: 'Ann' })).status).toBe(400);
    const again = { payment, note: 'in no books', by: 'Bea' };
    expect(toldOf(await portal.post('/quarantine/post', again))).toMatch(/^done=retry/);
    await nextSync(world, portal.id, portal.row.syncId);
    expect(await page()).not.toContain('by Ann');
    const [kept] = await world.db.query(
      `select post_after_by as by, post_after_note as note, closed_at as closed from movements
       where instance_id = $1 and movement_id = $2`,
      [portal.id, payment],
    );
    expect(kept).toEqual({ by: 'Bea', note: 'in no books', closed: null });
  });

  it('says what came of many that were tried again: through, aside again, or not come to yet', async () => {
    const portal = await synced();
    const count = async () => {
      const [row] = await world.db.query<{ count: number }>(
        `select count(*) as count from movements
         where instance_id = $1 and state = 'quarantined' and closed_at is null`,
        [portal.id],
      );
      return row!.count;
    };
    const before = await count();
    const answer = await portal.post('/quarantine/retry');
    const address = answer.headers.get('location')!.slice(`/portal/${portal.id}`.length);
    expect(address).toMatch(/^\/quarantine\/tried\?at=\d{13}&due=\d+&done=retry$/);
    await nextSync(world, portal.id, portal.row.syncId);
    await until(async () => (await portal.get('/progress')).text, /data-state="idle"/);
    const told = async (page: string) => plain((await portal.get(page)).text);
    const vain = await count();
    expect(vain).toBeGreaterThan(0);
    const seen = await told(address);
    expect(seen).toContain(`Of ${before} pay-ins tried again`);
    expect(seen).toContain(`Through ${before - vain} Set aside again ${vain}`);
    expect(seen).toContain('Its amount is negative');
    // Made due, and the sync has ended before it came to them.
    const [now] = await world.db.query<{ at: number }>(
      `with due as (update movements set retry_at = date_trunc('milliseconds', now())
         where instance_id = $1 and state = 'quarantined' and reason = 'AMOUNT_NOT_POSITIVE'
         returning retry_at)
       select (extract(epoch from min(retry_at)) * 1000)::bigint as at from due`,
      [portal.id],
    );
    const missed = await told(`/quarantine/tried?at=${now!.at}&due=1&reason=AMOUNT_NOT_POSITIVE`);
    expect(missed).toContain('Through 0 Not tried yet 1');
    for (const wrong of ['', '?at=x&due=1', '?at=1&due=1', `?at=${now!.at}&due=x`]) {
      expect((await portal.get(`/quarantine/tried${wrong}`)).status).toBe(404);
    }
  });

  it('of another instance is neither shown nor closed', async () => {
    const [own, other] = [await synced(), await synced()];
    await addMany(other.id, 1);
    expect((await own.get('/payments/pi_many0001')).status).toBe(404);
    const form = { payment: 'pi_many0001', note: 'x', by: 'x' };
    expect(toldOf(await own.post('/quarantine/close', form))).toBe('problem=NOT_FOUND');
    expect(idsOn((await own.get('/quarantine?q=pi_many')).text)).toEqual([]);
  });
});

it('a run shows its payments; runs are listed in pages, found by day or id, and given as CSV', async () => {
  const portal = await synced();
  const run = (await portal.get(`/runs/${portal.row.syncId}`)).text;
  const [, payment] = /payments\/(pi_\w+)"/.exec(run)!;
  expect((await portal.get(`/payments/${payment!}`)).status).toBe(200);
  await world.db.query(
    `insert into stripe_syncs (sync_id, instance_id, status, trigger, scope, workflow_id, first_run_id,
       completed_at, started_at)
     select 'sync_' || $1 || n, $1, 'completed', 'schedule', '{"kind":"full"}', 'w', 'r', now(),
       now() - n * interval '1 hour' from generate_series(1, 119) n`,
    [portal.id],
  );
  const pages = await turn(portal, (await portal.get('/runs')).text);
  const idsOn = (text: string) =>
    [...text.matchAll(/\/runs\/(sync_[^"?]+)"/g)].map(([, id]) => id!);
  expect(new Set(pages.flatMap(idsOn)).size).toBe(120);
  expect(pages.map((text) => idsOn(text).length)).toEqual([50, 50, 20]);
  expect(plain(pages[2]!)).toContain('101 to 120 of 120');
  expect(idsOn((await portal.get(linkOn(portal, pages[2]!, 'prev')!)).text)).toEqual(
    idsOn(pages[1]!),
  );
  const found = async (query: string) => idsOn((await portal.get(`/runs?q=${query}`)).text);
  expect(await found(portal.row.syncId)).toEqual([portal.row.syncId]);
  const day = new Date(Date.now() - 72 * 3_600_000).toISOString().slice(0, 10);
  const ofDay = await found(day);
  expect(ofDay.length).toBeGreaterThanOrEqual(23);
  expect(await found('2026-02-30')).toEqual([]);
  expect(await found(encodeURIComponent("'; drop"))).toEqual([]);
  const csv = (await portal.get(`/runs/csv?q=${day}`)).text.trim().split('\r\n');
  expect(csv[0]).toMatch(/^run,started,ended,result,by,found,posted/);
  expect(csv.slice(1).map((line) => line.split(',')[0])).toEqual(ofDay);
});

it('codes of another version fall back on every page and in tables for a spreadsheet', async () => {
  const portal = await synced();
  const { id, row } = portal;
  const code = 'CODE_OF_ANOTHER_VERSION';
  await world.db.query(
    `update stripe_syncs set status = 'failed', error = $2, error_details = '{"new_field": "x"}',
       reasons = $3 where sync_id = $1`,
    [row.syncId, code, { [code]: 1 }],
  );
  const [payIn] = await world.db.query<{ id: string }>(
    `update movements set reason = $2 where instance_id = $1 and movement_id = (
       select max(movement_id) from movements where instance_id = $1 and state = 'quarantined'
         and closed_at is null) returning movement_id as id`,
    [id, code],
  );
  await world.client.schedule
    .getHandle(`stripe-sync:${id}`)
    .pause(`stripe-sync paused: ${code}. Read the documentation.`);
  await world.db.query(
    `update instances set stalled_for = array[$2], stalled_since = now(), paused_for = $2
     where instance_id = $1`,
    [id, code],
  );
  const shown = ['', '/runs', `/runs/${row.syncId}`, '/quarantine', `/quarantine?reason=${code}`];
  const more = [`/payments/${payIn!.id}`, '/stripe', '/schedule', '/permissions', '/progress'];
  const tables = ['/runs/csv', '/quarantine/csv', `/quarantine/csv?reason=${code}`];
  for (const page of [...shown, ...more, ...tables, `/?problem=${code}`, `/?done=${code}`]) {
    const { status } = await portal.get(page.replace('/?', '?'));
    expect({ page, status }).toEqual({ page, status: 200 });
  }
  for (const page of [`/runs/${row.syncId}`, '/quarantine', `/payments/${payIn!.id}`]) {
    expect((await portal.get(page)).text).toContain(code);
  }
  for (const table of tables) expect((await portal.get(table)).text).toContain(code);
  await portal.post('/schedule/resume');
  const overview = plain((await portal.get('')).text);
  expect(overview).toContain('A failure that this version of the program does not know');
  expect(overview).toContain(code);
});

it('Stripe is disconnected: its key is erased and the schedule ends', async () => {
  const portal = await synced();
  expect(toldOf(await portal.post('/stripe/disconnect'))).toBe('done=disconnected');
  await world.reconcile(portal.id);
  expect((await world.view(portal.id)).standing).toBe('needs_stripe');
  const [row] = await world.db.query('select stripe_key from instances where instance_id = $1', [
    portal.id,
  ]);
  expect(row).toEqual({ stripe_key: null });
  expect(toldOf(await portal.post('/stripe/disconnect'))).toBe('problem=NOT_FOUND');
});
