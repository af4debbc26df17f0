/** What a sync reads, from how far its source was read: the same for a sync and for its dry run. */
import { NOTHING_READ, planReading, type ReadSoFar } from '../../src/engine/reading/plan-reading';
import type { Scope } from '../../src/domain/sync';
import { FEEDS } from '../../src/domain/feeds';
import { LATEST_SUCCESS } from '../../src/domain/kinds/pay-in';
import { planListing } from '../../src/domain/window';

const DAY = 24 * 60 * 60;
const { lifetime, overlap, first } = FEEDS.events.tail;

const NOW = 1_800_000_000;
const START = { now: NOW, startedAt: NOW };
const FULL: Scope = { kind: 'full' };
const FACTS = {
  start: START,
  since: null as number | null,
  isFirst: true,
  listingIdAt: (at: number) => `listing_${at}`,
};

const plan = (read: Partial<ReadSoFar>, facts: Partial<typeof FACTS> | { start: null } = {}) =>
  planReading({ ...NOTHING_READ, ...read }, FULL, { ...FACTS, ...facts });

test('what nothing was read of is listed, with a tail that takes over from the listing', () => {
  const { listing, windows } = plan({});
  expect(listing).toEqual({
    listingId: `listing_${NOW}`,
    startedAt: NOW,
    windows: planListing(START, null),
  });
  expect(windows).toEqual([
    expect.objectContaining({ feed: 'events', to: null, takesOver: `listing_${NOW}` }),
  ]);
});

test('a watermark gives a tail alone, without asking for the time', () => {
  const { listing, windows } = plan({ watermark: NOW - 100 }, { start: null });
  expect(listing).toBeUndefined();
  expect(windows).toEqual([
    { feed: 'events', from: NOW - 100 - overlap, to: null, withCharge: false },
  ]);
});

test('a tail looks back when that is due, unless it is the first one after a listing', () => {
  const due = { watermark: NOW - 100, lookBackDue: true };
  expect(plan(due).windows[0]).toHaveProperty('unreadFrom');
  const first = plan({ ...due, firstTailOf: 'listing_1' }).windows[0];
  expect(first).toMatchObject({ takesOver: 'listing_1' });
  expect(first).not.toHaveProperty('unreadFrom');
});

test('a listing that is under way goes on, with one tail from where it began', () => {
  const underWay = { listingId: 'listing_1', listingStartedAt: NOW - lifetime };
  const { listing, windows } = plan(underWay);
  expect(listing).toBeUndefined();
  expect(windows).toMatchObject([{ feed: 'events', takesOver: 'listing_1' }]);
});

test('a listing that goes on for longer than a watermark is trusted gives way to a new one', () => {
  const underWay = { listingId: 'listing_1', listingStartedAt: NOW - lifetime - 1 };
  expect(plan(underWay).listing?.listingId).toBe(`listing_${NOW}`);
  expect(plan(underWay, { isFirst: false }).listing?.listingId).toBe(`listing_${NOW}`);
});

test('after a pause what may have succeeded since is listed, and nothing older', () => {
  const readTo = NOW - 40 * DAY;
  const from = readTo - overlap - LATEST_SUCCESS;
  const charged = { feed: 'charges', from, withCharge: true };
  expect(plan({ readTo }).listing?.windows).toEqual([{ ...charged, to: NOW }]);
  expect(plan({ readTo }).windows).toMatchObject([{ feed: 'events', from: NOW - 60 - overlap }]);
  // Where SYNC_SINCE decides, the events that Stripe still has tell when those of the last days have succeeded.
  const since = NOW - 300 * DAY;
  const dated = plan({ readTo }, { since });
  expect(dated.listing?.windows).toEqual([{ ...charged, to: NOW - first - 1 }]);
  expect(dated.windows).toMatchObject([{ feed: 'events', from: NOW - first - overlap }]);
});

test('a listing after a pause that is under way goes on, and one that grows too old is begun alike', () => {
  const readTo = NOW - 80 * DAY;
  const underWay = { readTo, listingId: 'listing_1', listingStartedAt: NOW - lifetime };
  expect(plan(underWay).listing).toBeUndefined();
  const tooOld = { ...underWay, listingStartedAt: NOW - lifetime - 1 };
  expect(plan(tooOld).listing?.windows).toMatchObject([{ feed: 'charges', to: NOW }]);
});

test('a second plan of the same sync adds nothing to what it has planned', () => {
  expect(plan({ watermark: NOW }, { isFirst: false })).toEqual({ windows: [] });
  const underWay = { listingId: 'listing_1', listingStartedAt: NOW };
  expect(plan(underWay, { isFirst: false })).toEqual({ windows: [] });
  for (const scope of [
    { kind: 'range', from: 0, to: 10 },
    { kind: 'payment', paymentIntentId: 'pi_1' },
  ] satisfies Scope[]) {
    expect(planReading(NOTHING_READ, scope, FACTS).windows).toHaveLength(1);
    expect(planReading(NOTHING_READ, scope, { ...FACTS, isFirst: false }).windows).toEqual([]);
  }
});

test('the time of the charge is asked for where SYNC_SINCE decides by it', () => {
  const scope: Scope = { kind: 'payment', paymentIntentId: 'pi_1' };
  expect(planReading(NOTHING_READ, scope, FACTS).windows).toMatchObject([{ withCharge: false }]);
  const since = { ...FACTS, since: NOW - 10 };
  expect(planReading(NOTHING_READ, scope, since).windows).toMatchObject([{ withCharge: true }]);
});

test('a listing is never planned without the time at which it starts', () => {
  expect(() => plan({}, { start: null })).toThrow('without the time');
});
