/** Pay-ins that cannot be posted as they are: each is set aside with its reason, the rest is posted. */
import { listQuarantine } from '../../src/store/movements';
import { FORGET_WATERMARKS } from '../support/databases/forget-watermarks';
import { startHarness, type Harness } from '../support/worlds/harness';

let harness: Harness;

beforeAll(async () => {
  harness = await startHarness({ scenario: 'problems' });
});
afterAll(() => harness.close());

const quarantine = async () =>
  (await listQuarantine(harness.db, harness.instanceId, 100)).map(
    ({ id, reason, attempts, retryAt }) => ({
      why: harness.stripe.world.find(id)?.description,
      reason,
      attempts,
      retryAt,
    }),
  );

it('posts the good ones and names a reason for each of the others', async () => {
  const sync = await harness.sync();
  expect(sync).toMatchObject({
    status: 'completed_with_problems',
    recordsFound: 32,
    recordsPosted: 27,
    recordsAlreadyPosted: 0,
    recordsQuarantined: 5,
    recordsBeforeSince: 0,
    reasons: {
      AMOUNT_MISSING: 1,
      AMOUNT_NOT_POSITIVE: 1,
      AMOUNT_ZERO: 1,
      AMOUNT_UNSAFE: 1,
      CURRENCY_UNKNOWN: 1,
    },
    row: { newlyQuarantined: 4 },
  });
  expect(sync.amounts['XTS']).toMatchObject({ found: '2000', quarantined: '2000', posted: '0' });
  expect(harness.booked()).toHaveLength(27);
});

it('keeps them, with nothing tried again by itself, since nothing of it would change', async () => {
  const held = await quarantine();
  const asText = held.map(({ why, reason }) => `${why}: ${reason}`).sort();
  expect(asText).toEqual([
    'amount that no double holds: AMOUNT_UNSAFE',
    'negative amount: AMOUNT_NOT_POSITIVE',
    'no amount: AMOUNT_MISSING',
    'unknown currency: CURRENCY_UNKNOWN',
  ]);
  expect(held.map(({ attempts, retryAt }) => [attempts, retryAt])).toEqual(
    held.map(() => [1, null]),
  );
});

it('books nothing for the amount that no double holds, not even one that is off by one', () => {
  const amounts = harness.booked().map(({ precise_amount }) => precise_amount);
  expect(amounts.filter((amount) => amount > 2 ** 50)).toEqual([]);
});

it('does not count them again in the next run', async () => {
  expect(await harness.sync()).toMatchObject({
    status: 'completed',
    recordsFound: 0,
    recordsQuarantined: 0,
    reasons: {},
  });
  expect(await quarantine()).toHaveLength(4);
});

it('counts them in a full listing, but not as new', async () => {
  await harness.db.query(FORGET_WATERMARKS, [harness.instanceId]);
  expect(await harness.sync()).toMatchObject({
    status: 'completed',
    recordsFound: 32,
    recordsPosted: 0,
    recordsAlreadyPosted: 27,
    recordsQuarantined: 5,
    row: { newlyQuarantined: 0 },
  });
});

it('does not let one odd payment stop the page that it is on', async () => {
  const { world, clock } = harness.stripe;
  clock.advance(60);
  await world.pay({ customer: 'cus_\u0000' });
  await world.pay({ customer: 'cus_\u001b[2J' });
  await world.pay({ customer: 'x'.repeat(6_000) });
  await world.pay({ currency: 'not a currency' });
  const good = await world.pay({ customer: 'cus_Good' });
  expect(await harness.sync()).toMatchObject({
    status: 'completed_with_problems',
    recordsFound: 5,
    recordsPosted: 1,
    reasons: { PAYER_MALFORMED: 3, FIELDS_MALFORMED: 1 },
  });
  expect(harness.booked().at(-1)).toMatchObject({ reference: good.id });
});
