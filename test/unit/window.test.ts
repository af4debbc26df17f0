import {
  EARLIEST,
  planBacklog,
  planListing,
  planPayment,
  planRange,
  planTail,
  TAIL_SPAN,
  tailStartOfListing,
  WATERMARK_LIFETIME,
  watermarkAfter,
} from '../../src/domain/window';

const NOW = 1_770_000_000;
const DAY = 24 * 60 * 60;
const listing = { feed: 'payment_intents', withCharge: false };

test('a full listing reads everything that was created up to the first answer, in one window', () => {
  expect(planListing(NOW, null)).toEqual([{ ...listing, from: EARLIEST, to: NOW }]);
  expect(EARLIEST).toBe(Date.UTC(2010, 0, 1) / 1000);
});

test('with SYNC_SINCE it begins 90 days earlier and asks for charges up to that second only', () => {
  const since = NOW - 10 * DAY;
  expect(planListing(NOW, since)).toEqual([
    { ...listing, from: since - 90 * DAY, to: since - 1, withCharge: true },
    { ...listing, from: since, to: NOW },
  ]);
});

test('SYNC_SINCE at the very second of the listing leaves that second to the second window', () => {
  expect(planListing(NOW, NOW)).toEqual([
    { ...listing, from: NOW - 90 * DAY, to: NOW - 1, withCharge: true },
    { ...listing, from: NOW, to: NOW },
  ]);
});

test.each([
  ['some days', 3 * DAY, NOW + 3 * DAY - 90 * DAY],
  ['a year', 365 * DAY, NOW],
])('SYNC_SINCE %s ahead: one window with charges, never beyond now', (_what, ahead, from) => {
  expect(planListing(NOW, NOW + ahead)).toEqual([{ ...listing, from, to: NOW, withCharge: true }]);
});

test('SYNC_SINCE before there was Stripe does not reach back further', () => {
  const [first] = planListing(NOW, EARLIEST + DAY);
  expect(first?.from).toBe(EARLIEST);
});

test('a range excludes its end, and asks for charges if it begins before SYNC_SINCE', () => {
  expect(planRange(100, 200, null)).toEqual([{ ...listing, from: 100, to: 199 }]);
  expect(planRange(100, 200, 100)).toEqual([{ ...listing, from: 100, to: 199 }]);
  expect(planRange(100, 200, 101)).toEqual([{ ...listing, from: 100, to: 199, withCharge: true }]);
});

test('a tail reads again the ten minutes before the watermark, and has no end', () => {
  expect(planTail(NOW)).toEqual({ feed: 'events', from: NOW - 600, to: null, withCharge: false });
});

test('one payment and the backlog are windows without bounds', () => {
  expect(planPayment('pi_1')).toMatchObject({
    feed: 'payment_intent',
    from: null,
    to: null,
    paymentIntentId: 'pi_1',
  });
  expect(planBacklog()).toEqual({ feed: 'backlog', from: null, to: null, withCharge: false });
});

test('the watermark stays a minute behind the first answer, since Stripe shows new rows late', () => {
  expect(watermarkAfter(NOW)).toBe(NOW - 60);
});

test('a watermark is given up well before Stripe forgets its events after 30 days', () => {
  expect(WATERMARK_LIFETIME).toBe(25 * DAY);
  expect(TAIL_SPAN).toBe(29 * DAY);
});

test('with SYNC_SINCE the first tail reaches back to it, as far as events can be trusted', () => {
  expect(tailStartOfListing(NOW, null)).toBe(NOW - 60);
  expect(tailStartOfListing(NOW, NOW - 10 * DAY)).toBe(NOW - 10 * DAY);
  expect(tailStartOfListing(NOW, NOW - 24 * DAY)).toBe(NOW - 24 * DAY);
  expect(tailStartOfListing(NOW, NOW - 60 * DAY)).toBe(NOW - 24 * DAY);
  // A date ahead does not move the watermark ahead.
  expect(tailStartOfListing(NOW, NOW + DAY)).toBe(NOW - 60);
  // With its overlap it is still younger than a watermark that is given up.
  const oldest = planTail(tailStartOfListing(NOW, EARLIEST)).from ?? 0;
  expect(NOW - oldest).toBeLessThan(WATERMARK_LIFETIME);
});
