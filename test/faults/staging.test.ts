/** What the pages of several syncs do to each other in the database: who owns a pay-in, and what stays. */
import { randomUUID } from 'node:crypto';
import type { PayIn } from '../../src/domain/pay-in';
import { connectDb, type Db } from '../../src/store/db';
import { ensureInstance } from '../../src/store/instances';
import { claimBacklog } from '../../src/store/backlog';
import { savePage, sumPages } from '../../src/store/pages';
import { stageAgain } from '../../src/store/proof';
import { knownPayIns, stagePage } from '../../src/store/staging';
import { findPayIn, writeOutcomes, type MovementOutcome } from '../../src/store/movements';
import { currentSource, settleListing, startListing, switchSource } from '../../src/store/sources';
import { closeSync, openSync } from '../../src/store/syncs';
import { insertWindows, readWindow, restartWindow } from '../../src/store/windows';
import type { WindowPlan } from '../../src/domain/window';
import { testEnvironment } from '../support/environment';
import { makeDue } from '../support/worlds/make-due';

const LISTING: WindowPlan = { feed: 'payment_intents', from: 1, to: 9_000, withCharge: false };
const TAIL: WindowPlan = { feed: 'events', from: 8_000, to: null, withCharge: false };

let db: Db;
let instanceId: string;
let sourceId: string;

beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());
beforeEach(async () => {
  instanceId = `s_${randomUUID().slice(0, 8)}`;
  const balances = { source: '@stripe', guest: '@stripe-guest' };
  await ensureInstance(db, { instanceId, balances, syncSince: 'all' });
  ({ sourceId } = await switchSource(db, instanceId, {
    ...{ stripeAccount: 'acct_1', livemode: false },
    ...{ ledgerAddress: 'http://ledger', keyFingerprint: instanceId },
  }));
});

const payIn = (id: string, times: Partial<PayIn> = {}): PayIn => ({
  ...{ id, amount: 2_000n, currency: 'usd', payer: 'cus_1', created: 1_000 },
  ...{ succeededAt: null, chargedAt: null, livemode: false, fault: null, ...times },
});

/** A sync with one window of the plan, which belongs to the listing under way if it is of one. */
async function begin(plan: WindowPlan, listingId: string | null = null) {
  const syncId = `sync_${randomUUID()}`;
  const owner = { workflowId: syncId, firstRunId: 'run' };
  const scope = { kind: 'full' } as const;
  expect(await openSync(db, { syncId, instanceId, trigger: 'cli', scope, ...owner })).toBe(true);
  await insertWindows(db, { syncId, sourceId, listingId, round: 0, plans: [plan] });
  const [row] = await db.query<{ id: string }>(
    'select window_id as id from sync_windows where sync_id = $1',
    [syncId],
  );
  const windowId = row!.id;
  const window = async () => (await readWindow(db, windowId))!;

  async function stage(
    name: string,
    payIns: readonly PayIn[],
    page: { cursor?: string; nextCursor?: string; answeredAt?: number } = {},
  ) {
    const { cursor = null, nextCursor = null, answeredAt = 5_000 } = page;
    const pageId = `page_${syncId}_${name}`;
    const place = { pageId, syncId, instanceId, window: await window(), cursor };
    const { count } = await stagePage(
      db,
      { ...place, nextCursor, answer: { answeredAt, newest: null } },
      payIns,
    );
    return { pageId, count };
  }
  async function end(): Promise<number> {
    const totals = await sumPages(db, syncId);
    await closeSync(db, syncId, 'completed', totals);
    return totals.counts.found;
  }
  const decide = (pageId: string, outcome: MovementOutcome) =>
    writeOutcomes(db, { syncId, instanceId, sourceId, pageId }, [outcome]);
  return { syncId, window, stage, end, decide };
}

const posted = (id: string): MovementOutcome => ({
  ...{
    kind: 'posted',
    movementId: id,
    reference: id,
    transactionId: `txn_${id}`,
    bookedAt: null,
  },
});
const stateOf = async (id: string) => (await findPayIn(db, instanceId, id))?.state;

it('a cursor moves over pages that are done, in their order, and never over one that is open', async () => {
  const { syncId, stage, window } = await begin(LISTING);
  const first = await stage('1', [payIn('pi_1')], { nextCursor: 'a' });
  const second = await stage('2', [payIn('pi_2')], { cursor: 'a', nextCursor: 'b' });
  await savePage(db, syncId, second.pageId);
  expect(await window()).toMatchObject({ cursor: null, state: 'open' });
  await savePage(db, syncId, first.pageId);
  expect(await window()).toMatchObject({ cursor: 'b', state: 'open' });
  const third = await stage('3', [payIn('pi_3')], { cursor: 'b' });
  expect(await window()).toMatchObject({ cursor: 'b', state: 'open' });
  await savePage(db, syncId, third.pageId);
  expect(await window()).toMatchObject({ state: 'done' });
});

it('an outcome is written for the page that owns the pay-in, and for no other', async () => {
  const { stage, decide } = await begin(LISTING);
  const { pageId } = await stage('1', [payIn('pi_1')]);
  const other = await stage('2', [payIn('pi_2')], { cursor: 'a' });
  await decide(other.pageId, posted('pi_1'));
  expect(await stateOf('pi_1')).toBe('staged');
  await decide(pageId, posted('pi_1'));
  expect(await stateOf('pi_1')).toBe('posted');
});

it('only what we have posted has a time of posting, which stays when a listing finds it again', async () => {
  const first = await begin(TAIL);
  const { pageId } = await first.stage('1', [payIn('pi_1'), payIn('pi_2')]);
  await first.decide(pageId, { ...posted('pi_1'), kind: 'already_posted' } as MovementOutcome);
  await first.decide(pageId, posted('pi_2'));
  await first.end();
  const postedAt = async (id: string) => (await findPayIn(db, instanceId, id))!.postedAt;
  expect(await postedAt('pi_1')).toBeNull();
  const then = await postedAt('pi_2');
  expect(then).toBeInstanceOf(Date);

  const listing = await begin(LISTING, 'lst_1');
  const page = await listing.stage('1', [payIn('pi_2')]);
  await listing.decide(page.pageId, {
    ...posted('pi_2'),
    kind: 'already_posted',
  } as MovementOutcome);
  expect(await postedAt('pi_2')).toEqual(then);
});

it.each<['listed' | 'staged again']>([['listed'], ['staged again']])(
  'what another ledger has told of a pay-in is forgotten where it is %s for this one',
  async (how) => {
    const told = () =>
      db.query(
        `select reference, blnk_transaction_id as id, posted_at as posted, booked_at as booked, first_booked_at as first
       from movements where instance_id = $1`,
        [instanceId],
      );
    const first = await begin(TAIL);
    const { pageId } = await first.stage('1', [payIn('pi_1')]);
    await first.decide(pageId, posted('pi_1'));
    await first.end();
    const again = await begin(LISTING, 'lst_1');
    await again.decide((await again.stage('1', [payIn('pi_1')])).pageId, posted('pi_1'));
    await again.end();
    const [before] = await told();
    expect(Object.values(before!)).not.toContain(null);
    ({ sourceId } = await switchSource(db, instanceId, {
      ...{ stripeAccount: 'acct_1', livemode: false },
      ...{ ledgerAddress: 'http://another', keyFingerprint: instanceId },
    }));
    const here = await begin(LISTING, 'lst_2');
    if (how === 'listed') await here.stage('1', [payIn('pi_1')]);
    else {
      const left = { gone: [], leftBehind: ['pi_1'], doubtRest: false };
      await stageAgain(db, { syncId: here.syncId, instanceId, sourceId, ...left });
    }
    expect(await told()).toEqual([
      { reference: null, id: null, posted: null, booked: null, first: null },
    ]);
  },
);

it('the earliest answer to the first page is kept, however often it is read', async () => {
  const { stage, window } = await begin(TAIL);
  for (const [answeredAt, kept] of [
    [5_000, 5_000],
    [8_600, 5_000],
    [4_000, 4_000],
  ] as const) {
    await stage('1', [payIn('pi_1')], { answeredAt });
    expect((await window()).firstAnswerAt).toBe(kept);
  }
  await stage('2', [payIn('pi_2')], { cursor: 'a', answeredAt: 100 });
  expect((await window()).firstAnswerAt).toBe(4_000);
});

describe('the time of a success', () => {
  it('that its posting tells is kept where nothing else does, and dates what is older than SYNC_SINCE', async () => {
    await db.query(`update instances set sync_since = '2000' where instance_id = $1`, [instanceId]);
    const { stage, decide } = await begin(LISTING);
    const { pageId } = await stage('1', [payIn('pi_1'), payIn('pi_2', { succeededAt: 2_500 })]);
    for (const id of ['pi_1', 'pi_2']) {
      const told = { kind: 'already_posted', succeededAt: 3_000 } as const;
      await decide(pageId, { ...posted(id), ...told } as MovementOutcome);
    }
    const rows = await db.query(
      `select movement_id as id, succeeded_s as succeeded, dated_s as dated from movements
       where instance_id = $1 order by movement_id`,
      [instanceId],
    );
    expect(rows).toEqual([
      { id: 'pi_1', succeeded: 3_000, dated: 3_000 },
      { id: 'pi_2', succeeded: 2_500, dated: 2_500 },
    ]);
  });

  it('of a pay-in that was left staged is not made earlier by its event', async () => {
    const listing = await begin(LISTING, 'lst_1');
    await listing.stage('1', [payIn('pi_1', { succeededAt: 2_000, chargedAt: 2_000 })]);
    await listing.end();
    const tail = await begin(TAIL);
    await tail.stage('1', [payIn('pi_1', { succeededAt: 1_500 })]);
    expect(await findPayIn(db, instanceId, 'pi_1')).toMatchObject({
      ...{ succeededAt: 2_000, chargedAt: 2_000, syncId: tail.syncId },
    });
  });

  it('that was before SYNC_SINCE is decided again by a later event, not by an earlier one', async () => {
    const listing = await begin(LISTING, 'lst_1');
    const { pageId } = await listing.stage('1', [payIn('pi_1', { succeededAt: 2_000 })]);
    await listing.decide(pageId, { kind: 'before_since', movementId: 'pi_1' });
    await listing.end();
    const tail = await begin(TAIL);
    const earlier = await tail.stage('1', [payIn('pi_1', { succeededAt: 1_500 })]);
    expect([earlier.count, await stateOf('pi_1')]).toEqual([0, 'before_since']);
    const later = await tail.stage('2', [payIn('pi_1', { succeededAt: 2_500 })], { cursor: 'a' });
    expect([later.count, await stateOf('pi_1')]).toEqual([1, 'staged']);
  });
});

it('what the backlog has handled during a listing is not handled by that listing again', async () => {
  const first = await begin(TAIL);
  const page = await first.stage('1', [payIn('pi_1')]);
  const failed = { kind: 'quarantined', movementId: 'pi_1', reason: 'BLNK_FAILED' } as const;
  await first.decide(page.pageId, failed);
  await first.end();

  const listingId = `lst_${instanceId}`;
  await startListing(db, sourceId, { listingId, startedAt: 9_000, since: 'all', readTo: null });
  const second = await begin({ ...TAIL, feed: 'backlog' });
  await makeDue(db, instanceId);
  const place = { pageId: `page_${second.syncId}`, syncId: second.syncId, instanceId };
  const claimed = await claimBacklog(db, {
    ...{ ...place, window: await second.window(), cursor: null },
  });
  expect(claimed.count).toBe(1);
  await second.decide(place.pageId, posted('pi_1'));
  await savePage(db, second.syncId, place.pageId);
  expect(await second.end()).toBe(1);

  // The listing did not get to it then, and reads it now.
  const third = await begin(LISTING, listingId);
  expect((await third.stage('1', [payIn('pi_1')])).count).toBe(0);
  expect(await stateOf('pi_1')).toBe('posted');
});

it('the backlog is what is staged or due of this source, and nothing else', async () => {
  const left = await begin(TAIL);
  const passing = { kind: 'quarantined', reason: 'BLNK_FAILED' } as const;
  const { pageId } = await left.stage(
    '1',
    ['pi_1', 'pi_2', 'pi_3'].map((id) => payIn(id)),
  );
  await left.decide(pageId, { ...passing, movementId: 'pi_2' });
  await left.decide(pageId, { ...passing, movementId: 'pi_3' });
  await makeDue(db, instanceId, 'pi_2');
  await left.end();

  const claim = async () => {
    const { syncId, window, end } = await begin({ ...TAIL, feed: 'backlog' });
    const page = { pageId: `page_${syncId}`, syncId, instanceId };
    const { count } = await claimBacklog(db, { ...page, window: await window(), cursor: null });
    await end();
    return count;
  };
  const identity = { stripeAccount: 'acct_2', livemode: false, keyFingerprint: `${instanceId}_2` };
  const before = sourceId;
  ({ sourceId } = await switchSource(db, instanceId, { ...identity, ledgerAddress: 'http://l' }));
  expect(await claim()).toBe(0);
  sourceId = before;
  expect(await claim()).toBe(2);
  expect(await stateOf('pi_3')).toBe('quarantined');
});

it('of two attempts that saw the same window only the first one cuts it', async () => {
  const { syncId, window } = await begin(LISTING);
  const seen = await window();
  const cutBy = async (name: string, cut: number) => {
    const page = { pageId: `page_${syncId}_${name}`, syncId, instanceId, window: seen };
    const answer = { answeredAt: 5_000, newest: null };
    const place = { cursor: name, nextCursor: `after ${name}`, answer, cut };
    return (await stagePage(db, { ...page, ...place }, [payIn(`pi_${name}`)])).windows.length;
  };
  expect([await cutBy('early', 5_000), await cutBy('late', 3_000)]).toEqual([1, 0]);
  expect(await window()).toMatchObject({ stop: 5_000 });
});

it('a window that is read again from its start does not go on over what was read before', async () => {
  const { syncId, stage, window } = await begin(LISTING);
  const first = await stage('1', [payIn('pi_1')], { nextCursor: 'a' });
  const second = await stage('2', [payIn('pi_2')], { cursor: 'a', nextCursor: 'dead' });
  for (const { pageId } of [first, second]) await savePage(db, syncId, pageId);
  expect(await window()).toMatchObject({ cursor: 'dead' });
  await restartWindow(db, (await window()).windowId);
  expect(await window()).toMatchObject({ cursor: null, restarts: 1 });
  const again = await stage('1', [payIn('pi_1')], { nextCursor: 'a' });
  await savePage(db, syncId, again.pageId);
  expect(await window()).toMatchObject({ cursor: 'a', state: 'open' });
});

it('a listing is settled once its windows are done; one that is void was not read', async () => {
  const listingId = `lst_${instanceId}`;
  await startListing(db, sourceId, { listingId, startedAt: 9_000, since: 'all', readTo: null });
  const { syncId } = await begin(LISTING, listingId);
  const states = ['open', 'void', 'done'] as const;
  for (const state of states) {
    await db.query('update sync_windows set state = $2 where sync_id = $1', [syncId, state]);
    const { watermark } = await settleListing(db, (await currentSource(db, instanceId))!);
    expect([state, watermark !== null]).toEqual([state, state === 'done']);
  }
});

describe.each<[what: string, plan: WindowPlan, listingId: string | null]>([
  ['a page of the same listing', LISTING, 'lst_1'],
  ['a page of another listing', LISTING, 'lst_2'],
  ['a page of a range', LISTING, null],
  ['a tail', TAIL, null],
  ['the first tail after the same listing', { ...TAIL, takesOver: 'lst_1' }, null],
  ['the first tail after another listing', { ...TAIL, takesOver: 'lst_2' }, null],
])('what a dry run takes from rows is what staging takes over: %s', (_what, plan, listingId) => {
  it.each([[null], [1_500], [3_000]])('that says of the success: %p', async (succeededAt) => {
    const ids: string[] = [];
    for (const [from, by, listing] of [
      ['listing', LISTING, 'lst_1'],
      ['tail', TAIL, null],
    ] as const) {
      const { stage, decide, end } = await begin(by, listing);
      const undated = ['left', 'posted', 'unknown', 'before'].map((id) => `pi_${from}_${id}`);
      const dated = undated.map((id) => `${id}_dated`);
      const { pageId } = await stage('1', [
        ...undated.map((id) => payIn(id)),
        ...dated.map((id) => payIn(id, { succeededAt: 2_000 })),
      ]);
      ids.push(...undated, ...dated);
      for (const id of ids.filter((one) => one.startsWith(`pi_${from}`))) {
        if (id.includes('posted')) await decide(pageId, posted(id));
        const reason = 'SUCCESS_TIME_UNKNOWN';
        if (id.includes('unknown'))
          await decide(pageId, { kind: 'quarantined', movementId: id, reason });
        if (id.includes('before')) await decide(pageId, { kind: 'before_since', movementId: id });
      }
      await end();
    }
    const seen = ids.map((id) => payIn(id, { succeededAt }));
    const window = { ...plan, listingId };
    const known = await knownPayIns(db, instanceId, window, seen);
    expect(known).toHaveLength(ids.length);
    const { stage } = await begin(plan, listingId);
    const { pageId } = await stage('1', seen);
    const owned = await db.query<{ id: string }>(
      'select movement_id as id from movements where page_id = $1 order by 1',
      [pageId],
    );
    expect(known.flatMap(({ id, handled }) => (handled ? [] : [id])).sort()).toEqual(
      owned.map(({ id }) => id).sort(),
    );
  });
});
