/** Syncs while Blnk fails, briefly and for longer than we wait. */
import { freePort } from '../../src/local/process/ports';
import type { FaultRule } from '../../sandbox/faults';
import { expectEqual } from '../support/books/expect-equal';
import { givingUpSoon, IMPATIENT, startPair, watermarkOf } from '../support/worlds/fault-harness';
import { startHarness, type Harness } from '../support/worlds/harness';

describe('a Blnk that fails', () => {
  let brief: Harness;
  let long: Harness;

  beforeAll(async () => {
    [brief, long] = await startPair();
  });
  afterAll(() => Promise.all([brief.close(), long.close()]));

  it.each<[what: string, fault: FaultRule['fault'], code: string]>([
    [
      '429',
      { kind: 'status', status: 429, json: { error_detail: { code: 'GEN_RATE_LIMITED' } } },
      'BLNK_RATE_LIMITED',
    ],
    [
      '500',
      { kind: 'status', status: 500, json: { error_detail: { code: 'GEN_INTERNAL' } } },
      'BLNK_UNAVAILABLE',
    ],
    ['502 in HTML', { kind: 'html', status: 502 }, 'BLNK_UNAVAILABLE'],
    ['an empty 200', { kind: 'empty' }, 'BLNK_BAD_ANSWER'],
    ['half an answer', { kind: 'truncated' }, 'BLNK_UNAVAILABLE'],
    ['a reset', { kind: 'reset' }, 'BLNK_UNAVAILABLE'],
    ['silence', { kind: 'hang' }, 'BLNK_UNAVAILABLE'],
  ])(
    'with %s: once, and the sync goes on; for long, and it fails and the next one completes',
    async (_what, fault, code) => {
      const both = await Promise.allSettled([failsBriefly(fault), failsForLong(fault, code)]);
      for (const one of both) if (one.status === 'rejected') throw one.reason;
    },
  );

  /** Once in each kind of request: a look-up, a posting, and a posting that is booked all the same. */
  async function failsBriefly(fault: FaultRule['fault']): Promise<void> {
    for (let index = 0; index < 3; index += 1) await brief.stripe.world.pay();
    const rules: Partial<FaultRule>[] = [{ skip: 1 }, { skip: 2 }, { skip: 2, when: 'after' }];
    const added = rules.map((rule) => brief.blnk.faults.add({ times: 1, fault, ...rule }));
    expect(await brief.sync()).toMatchObject({
      status: 'completed',
      recordsFound: 3,
      recordsPosted: 3,
      recordsAlreadyPosted: 0,
    });
    expect(added.map((one) => one.fired())).toEqual([1, 1, 1]);
    brief.blnk.faults.clear();
    expectEqual(brief);
  }

  async function failsForLong(fault: FaultRule['fault'], code: string): Promise<void> {
    const before = await watermarkOf(long);
    await long.stripe.world.pay();
    long.blnk.faults.add({ fault });
    const failed = await givingUpSoon(long, () => long.sync());
    expect(failed).toMatchObject({ status: 'failed', error: { code }, recordsPosted: 0 });
    expect(failed.completedAt).not.toBeNull();
    expect(await watermarkOf(long)).toBe(before);

    long.blnk.faults.clear();
    expect(await long.sync()).toMatchObject({ status: 'completed', recordsPosted: 1 });
    expectEqual(long);
  }
});

it('a Blnk that cannot be reached fails the sync soon, with its row closed and nothing read', async () => {
  const harness = await startHarness({
    ...IMPATIENT,
    settings: { BLNK_URL: `http://127.0.0.1:${await freePort(0)}` },
  });
  try {
    expect(await harness.sync()).toMatchObject({
      status: 'failed',
      recordsFound: 0,
      error: { code: 'BLNK_UNAVAILABLE' },
      row: { errorDetails: { cause: 'ECONNREFUSED' } },
    });
    expect(harness.stripe.requests.list('/v1/payment_intents')).toEqual([]);
  } finally {
    await harness.close();
  }
});
