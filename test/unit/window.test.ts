import {
  agree,
  EARLIEST,
  isLookBackDue,
  listingStart,
  planBacklog,
  planListing,
  planLatestRows,
  planLookBack,
  planPayment,
  planRange,
  planTail,
  tailStartOfListing,
  watermarkAfter,
  watermarkAfterTail,
} from '../../src/domain/window';
import { FEEDS } from '../../src/domain/feeds';

const { lifetime, span } = FEEDS.events.tail;
const NOW = 1_770_000_000;
const HOUR = 60 * 60;
const DAY = 24 * HOUR;
const listing = { feed: 'payment_intents', withCharge: false };

const at = (now: number) => ({ now, startedAt: now });

test('a full listing reads everything that was created up to the first answer, in one window', () => {
  expect(planListing(at(NOW), null)).toEqual([{ ...listing, from: EARLIEST, to: NOW }]);
  expect(EARLIEST).toBe(Date.UTC(2010, 0, 1) / 1000);
});

const charged = { feed: 'charges', withCharge: true };

test.each([
  ['some days ago: the first tail begins there', 10 * DAY, 10 * DAY],
  ['a year ago: the first tail begins where events do', 365 * DAY, 24 * DAY],
])('with SYNC_SINCE %s, and charges are read up to it', (_what, ago, tailAgo) => {
  const since = NOW - ago;
  expect(tailStartOfListing(NOW, since)).toBe(NOW - tailAgo);
  expect(planListing(at(NOW), since)).toEqual([
    { ...charged, from: since - 45 * DAY, to: NOW - tailAgo - 1 },
    { ...listing, from: since, to: NOW },
  ]);
});

test('SYNC_SINCE at the very second of the listing leaves that second to the second window', () => {
  expect(planListing(at(NOW), NOW)).toEqual([
    { ...charged, from: NOW - 45 * DAY, to: NOW - 61 },
    { ...listing, from: NOW, to: NOW },
  ]);
});

test.each([
  ['some days', 3 * DAY, NOW + 3 * DAY - 45 * DAY],
  ['a year', 365 * DAY, NOW - 61],
])('SYNC_SINCE %s ahead: charges alone, up to where the tail begins', (_what, ahead, from) => {
  expect(planListing(at(NOW), NOW + ahead)).toEqual([{ ...charged, from, to: NOW - 61 }]);
});

test('SYNC_SINCE before there was Stripe does not reach back further', () => {
  expect(planListing(at(NOW), EARLIEST + DAY).map(({ from }) => from)).toEqual([
    EARLIEST,
    EARLIEST + DAY,
  ]);
});

test('no second is left out between the charges, the listing and the first tail', () => {
  for (const ago of [-DAY, 0, 30, 61, 3600, DAY, 24 * DAY, 24 * DAY + 1, 25 * DAY, 400 * DAY]) {
    const [charges] = planListing(at(NOW), NOW - ago);
    const tail = planTail(tailStartOfListing(NOW, NOW - ago));
    expect(tail.from).toBeLessThan(charges?.to ?? 0);
  }
});

test('a listing whose time the database bears out starts then; else at the earlier of two, and its tail before', () => {
  expect(listingStart([NOW], NOW + 120)).toEqual({ now: NOW, startedAt: NOW });
  expect(listingStart([NOW], NOW - 120)).toEqual({ now: NOW, startedAt: NOW });
  expect(listingStart([NOW + 900, NOW], NOW)).toEqual({ now: NOW, startedAt: NOW });
  const years = 9 * 365 * DAY;
  expect(listingStart([NOW + 900, NOW], NOW - years)).toEqual({
    now: NOW,
    startedAt: NOW - 6 * HOUR,
  });
  expect(agree(NOW, NOW + 121)).toBe(false);
  // What is doubted leaves the first tail younger than one that is given up.
  const tail = planTail(tailStartOfListing(NOW - 6 * HOUR, EARLIEST));
  expect(NOW - (tail.from ?? 0)).toBeLessThan(lifetime);
});

test('a range excludes its end, and asks for charges if it begins before SYNC_SINCE', () => {
  expect(planRange(100, 200, null)).toEqual([{ ...listing, from: 100, to: 199 }]);
  expect(planRange(100, 200, 100)).toEqual([{ ...listing, from: 100, to: 199 }]);
  expect(planRange(100, 200, 101)).toEqual([{ ...listing, from: 100, to: 199, withCharge: true }]);
});

test('a tail reads again the ten minutes before the watermark, and has no end', () => {
  expect(planTail(NOW)).toEqual({ feed: 'events', from: NOW - 600, to: null, withCharge: false });
});

test('once a day a tail reads the three days before the watermark again, in its own window or another', () => {
  const wide = planTail(NOW, { lookBack: true });
  expect(wide).toEqual({
    ...{ feed: 'events', from: NOW - 3 * DAY, to: null, withCharge: false },
    unreadFrom: NOW - 600,
  });
  const plain = planTail(NOW);
  expect(planLookBack(plain)).toEqual({
    ...{ feed: 'events', from: NOW - 3 * DAY, to: NOW - 601, withCharge: false },
  });
  for (const last of [null, NOW - 22 * HOUR, NOW + 3 * DAY]) {
    expect(isLookBackDue(plain, last, NOW)).toBe(true);
    expect(isLookBackDue(wide, last, NOW)).toBe(false);
    expect(isLookBackDue(planLookBack(plain), last, NOW)).toBe(false);
    expect(isLookBackDue(planTail(NOW, { takesOver: 'lst_1' }), last, NOW)).toBe(false);
  }
  expect(isLookBackDue(plain, NOW - 21 * HOUR, NOW)).toBe(false);
});

describe('the watermark after a tail', () => {
  const after = (ahead: number, newest: number | null, database: number | null = NOW) =>
    watermarkAfterTail({ answeredAt: NOW + ahead, database, newest });

  test('goes by the Date that the database bears out, with or without events', () => {
    expect(after(0, null)).toBe(NOW - 60);
    expect(after(120, NOW - 9 * DAY)).toBe(NOW + 60);
    expect(after(0, NOW - DAY, NOW - 120)).toBe(NOW - 60);
  });

  test.each([15 * 60, 2 * HOUR, 3 * DAY])(
    'passes neither the newest event nor the time by a Date that is %d s ahead',
    (ahead) => {
      expect(after(ahead, NOW - 5)).toBe(NOW - 5);
      expect(after(ahead, null)).toBeLessThan(NOW);
      expect(after(ahead, NOW - 30 * DAY)).toBeLessThan(NOW);
    },
  );

  test.each([-9 * 365 * DAY, -3 * HOUR, 3 * HOUR, 9 * 365 * DAY])(
    'loses nothing, and moves on without events, where the database is off by %d s',
    (off) => {
      expect(after(0, NOW - 5, NOW + off)).toBe(NOW - 60);
      expect(after(0, NOW - 2 * HOUR, NOW + off)).toBe(NOW - 2 * HOUR);
      // Far from where everything would be listed again.
      expect(NOW - after(0, null, NOW + off)).toBe(7 * DAY);
    },
  );
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
  expect(lifetime).toBe(25 * DAY);
  expect(span).toBe(29 * DAY);
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
  expect(NOW - oldest).toBeLessThan(lifetime);
});

test('the latest rows reach back an hour before a cut-over of which late ones may still come', () => {
  const rows = { feed: 'balance_transactions', to: null, withCharge: false };
  const fromOf = (watermark: number, cutOver: number | null) => {
    const { from, ...rest } = planLatestRows(watermark, cutOver);
    expect(rest).toEqual(rows);
    return NOW - (from ?? 0);
  };
  const overlap = FEEDS.events.tail.overlap;
  expect(fromOf(NOW, null)).toBe(overlap);
  expect(fromOf(NOW, NOW - HOUR)).toBe(overlap);
  expect(fromOf(NOW, NOW - HOUR + 1)).toBe(2 * HOUR - 1);
  expect(fromOf(NOW, NOW + 2 * HOUR)).toBe(overlap);
});
