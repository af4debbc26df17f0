/** Bursts of one second, kinds of payers, and both forms of Blnk. */
import type { Intent } from '../../sandbox/stripe/objects/intent';
import { expectEqual } from '../support/books/expect-equal';
import { startHarness, type Harness } from '../support/worlds/harness';

const bookingOf = (harness: Harness, intent: Intent) =>
  harness.booked().filter(({ reference }) => reference.startsWith(intent.id));

describe('250 payments of one second', () => {
  it('are all found, in a listing and in the tail', async () => {
    const harness = await startHarness();
    try {
      const { world, clock } = harness.stripe;
      const second = clock.nowSeconds() - 5;
      const burst = () =>
        Promise.all(
          Array.from({ length: 250 }, (_, index) =>
            world.pay({ createdAt: second, succeededAt: clock.nowSeconds(), amount: 100 + index }),
          ),
        );
      await burst();
      expect(await harness.sync()).toMatchObject({ recordsFound: 250, recordsPosted: 250 });
      clock.advance(1);
      await burst();
      expect(await harness.sync()).toMatchObject({ recordsFound: 250, recordsPosted: 250 });
      expectEqual(harness);
    } finally {
      await harness.close();
    }
  });
});

describe('payers', () => {
  it.each(['core', 'cloud'])(
    'go to the balance of their customer, their account, or the guest balance (%s)',
    async (kind) => {
      const settings = kind === 'core' ? {} : { BLNK_KIND: 'cloud' };
      const harness = await startHarness({
        settings: { ...settings, BLNK_SOURCE_BALANCE: '@psp', BLNK_GUEST_BALANCE: '@walk-in' },
      });
      try {
        const { world } = harness.stripe;
        const intents = [
          await world.pay({ customer: 'cus_Known', amount: 1 }),
          await world.pay({ customer: 'cus_Deleted0000001', amount: 2 }),
          await world.pay({ customer: null, customerAccount: 'acct_1Payer', amount: 3 }),
          await world.pay({ customer: null, amount: 4 }),
        ];
        expect(await harness.sync()).toMatchObject({ status: 'completed', recordsPosted: 4 });
        const booked = intents.map((intent) => bookingOf(harness, intent));
        expect(booked.flat().map(({ from, to }) => `${from} -> ${to}`)).toEqual([
          '@psp -> @cus_Known',
          '@psp -> @cus_Deleted0000001',
          '@psp -> @acct_1Payer',
          '@psp -> @walk-in',
        ]);
      } finally {
        await harness.close();
      }
    },
  );
});

describe('Blnk Cloud', () => {
  it('gets the same bookings through its proxy, and finds them in its Data API', async () => {
    const harness = await startHarness({ settings: { BLNK_KIND: 'cloud' } });
    try {
      const { world, clock } = harness.stripe;
      for (let index = 0; index < 230; index += 1) await world.pay({ amount: 500 + index });
      expect(await harness.sync()).toMatchObject({ status: 'completed', recordsPosted: 230 });
      expectEqual(harness);
      const [first] = harness.booked();
      expect(first).toMatchObject({ status: 'APPLIED', precision: 100, from: '@stripe' });

      expect(await harness.sync()).toMatchObject({ status: 'completed', recordsFound: 0 });
      const range = { kind: 'range', from: 0, to: clock.nowSeconds() + 1 } as const;
      expect(await harness.sync({ scope: range })).toMatchObject({
        recordsFound: 230,
        recordsPosted: 0,
        recordsAlreadyPosted: 230,
      });
      expectEqual(harness);
      const paths = harness.blnk.requests.list().map(({ path }) => path);
      expect(new Set(paths)).toEqual(
        new Set(['/data/balances', '/data/transactions', '/proxy/transactions']),
      );
    } finally {
      await harness.close();
    }
  });
});
