/** Ledgers that were first filled in queued mode, as by the sample of Blnk's guide, end complete. */
import { copyFileSync } from 'node:fs';
import { dryRun } from '../../src/engine/dry-run';
import { startBlnkStandIn } from '../../sandbox/blnk/start';
import type { LoggedRequest } from '../../sandbox/requests';
import { findPayIn } from '../../src/store/movements';
import { postLikeTheGuide, untilDecided, type PaidIntent } from '../support/worlds/guide-sample';
import { expectEqual } from '../support/books/expect-equal';
import { startHarness, type Harness } from '../support/worlds/harness';
import type { ProxyAction } from '../support/proxies/http-proxy';
import { scratchFolder } from '../support/processes/local-support';
import { makeDue } from '../support/worlds/make-due';

const EVERYTHING = { kind: 'range', from: 1_262_304_000, to: 4_102_444_800 } as const;

let harness: Harness;
afterEach(() => harness.close());

function pay(count: number): Promise<PaidIntent[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const [amount, customer] = [1_000 + index, `cus_${index}`];
      const { id, currency } = await harness.stripe.world.pay({ amount, customer });
      return { id, amount, currency, customer };
    }),
  );
}

async function rejected(intents: readonly PaidIntent[]): Promise<void> {
  await postLikeTheGuide(harness.blnk, intents);
  await untilDecided(harness.blnk, intents);
}

const applied = (id: string) =>
  harness
    .booked()
    .filter(({ reference, status }) => reference.startsWith(id) && status === 'APPLIED')
    .map(({ reference }) => reference);

const isLookUp = ({ path }: LoggedRequest) =>
  path === '/transactions/filter' || path === '/data/transactions';

describe.each([
  ['core', {}],
  ['cloud', { BLNK_KIND: 'cloud' }],
] as const)('a ledger filled by the sample of Blnk’s guide (%s)', (_kind, settings) => {
  beforeEach(async () => {
    harness = await startHarness({ settings });
  });

  it('in which everything was rejected is complete after one sync, and the next posts nothing', async () => {
    const intents = await pay(120);
    await rejected(intents);
    expect(harness.totals().blnk.count).toBe(0);
    const ends = await harness.deps.connect(harness.instanceId);
    const parts = { db: harness.db, ends, show: () => undefined };
    expect(await dryRun(parts, { kind: 'full' }, false)).toMatchObject({
      recordsFound: 120,
      recordsToPost: 120,
    });
    expect(harness.totals().blnk.count).toBe(0);

    expect(await harness.sync()).toMatchObject({
      status: 'completed',
      recordsFound: 120,
      recordsPosted: 120,
      recordsQuarantined: 0,
    });
    expectEqual(harness);
    for (const { id } of intents) expect(applied(id)).toEqual([`${id}.r2`]);

    expect(await harness.sync()).toMatchObject({ recordsFound: 0, row: { notes: [] } });
    harness.blnk.requests.clear();
    expect(await harness.sync({ scope: EVERYTHING })).toMatchObject({
      status: 'completed',
      recordsFound: 120,
      recordsPosted: 0,
      recordsAlreadyPosted: 120,
    });
    expectEqual(harness);
    expect(harness.blnk.requests.list().every(isLookUp)).toBe(true);
  });

  it('in part rejected, applied, waiting or untouched is complete once Blnk has decided the rest', async () => {
    const intents = await pay(60);
    const [burnt, through, waiting] = [0, 15, 30].map((at) => intents.slice(at, at + 15));
    await rejected(burnt!);
    await postLikeTheGuide(harness.blnk, through!, { allow_overdraft: true });
    await untilDecided(harness.blnk, through!);
    harness.blnk.ledger.queue.setMode('hold');
    await postLikeTheGuide(harness.blnk, waiting!.slice(0, 8), { allow_overdraft: true });
    await postLikeTheGuide(harness.blnk, waiting!.slice(8));

    expect(await harness.sync()).toMatchObject({
      status: 'completed_with_problems',
      recordsFound: 60,
      recordsPosted: 30,
      recordsAlreadyPosted: 15,
      reasons: { REFERENCE_PENDING: 15 },
    });
    expect(await findPayIn(harness.db, harness.instanceId, through![0]!.id)).toMatchObject({
      reference: `${through![0]!.id}_q`,
    });

    harness.blnk.ledger.queue.setMode('work');
    await untilDecided(harness.blnk, waiting!);
    expect(await makeDue(harness.db, harness.instanceId)).toBe(15);
    expect(await harness.sync()).toMatchObject({
      status: 'completed',
      recordsFound: 15,
      recordsPosted: 7,
      recordsAlreadyPosted: 8,
    });
    expectEqual(harness);
    for (const { id } of intents) expect(applied(id)).toHaveLength(1);
    expect(await harness.sync()).toMatchObject({ recordsFound: 0, row: { notes: [] } });
  });
});

describe('a page that heals', () => {
  it('asks no more than before for references that are not burnt', async () => {
    harness = await startHarness();
    const intents = await pay(40);
    await rejected(intents.slice(0, 1));
    harness.blnk.requests.clear();
    await harness.sync();
    // 80 references at once and two for the burnt one; one call says that reading works, one that all is there.
    expect(harness.blnk.requests.list().filter(isLookUp)).toHaveLength(4);
  });

  it('books a second reference once although every first answer is lost', async () => {
    harness = await startHarness({ proxied: true });
    const intents = await pay(30);
    await rejected(intents);
    const seen = new Set<string>();
    harness.intercept(({ path, body }) => {
      if (path !== '/transactions') return 'pass';
      const { reference } = JSON.parse(body) as { reference: string };
      if (seen.has(reference)) return 'pass';
      seen.add(reference);
      return 'lose';
    });
    expect(await harness.sync()).toMatchObject({
      status: 'completed',
      recordsPosted: 30,
      recordsAlreadyPosted: 0,
    });
    expect([...seen].every((reference) => reference.endsWith('.r2'))).toBe(true);
    expectEqual(harness);
    for (const { id } of intents) expect(applied(id)).toEqual([`${id}.r2`]);
  });

  it('goes on under the second reference when the first is rejected after it was looked up', async () => {
    harness = await startHarness({ proxied: true });
    const intents = await pay(3);
    const [late] = intents;
    let raced = false;
    harness.intercept(async ({ path, body }): Promise<ProxyAction> => {
      if (path === '/transactions' && body.includes(late!.id) && !raced) {
        raced = true;
        await rejected([late!]);
      }
      return 'pass';
    });
    expect(await harness.sync()).toMatchObject({ status: 'completed', recordsPosted: 3 });
    expectEqual(harness);
    for (const { id } of intents) expect(applied(id)).toHaveLength(1);
    expect(applied(late!.id)).toEqual([`${late!.id}.r2`]);
  });

  it('leaves to a person what is rejected or different under the second reference as well', async () => {
    harness = await startHarness();
    const [burnt, different, healthy] = await pay(3);
    await rejected([burnt!, different!]);
    const again = { ...burnt!, id: `${burnt!.id}.r2` };
    await rejected([again]);
    const other = { ...different!, id: `${different!.id}.r2`, amount: different!.amount + 1 };
    await postLikeTheGuide(harness.blnk, [other], { allow_overdraft: true, skip_queue: true });
    const before = harness.booked().length;
    expect(await harness.sync()).toMatchObject({
      status: 'completed_with_problems',
      recordsPosted: 1,
      reasons: { REFERENCE_BURNT: 1, CONFLICT: 1 },
    });
    expect(harness.booked()).toHaveLength(before + 1);
    expect(applied(healthy!.id)).toHaveLength(1);
  });

  it('notices that a ledger has lost what was posted under a second reference, and posts it again there', async () => {
    const scratch = scratchFolder();
    const [journal, backup] = [scratch.file('ledger'), scratch.file('backup')];
    harness = await startHarness({ blnk: { journal } });
    const intents = await pay(5);
    await rejected(intents);
    copyFileSync(journal, backup);
    expect(await harness.sync()).toMatchObject({ recordsPosted: 5 });

    await harness.blnk.close();
    const restored = await startBlnkStandIn({ journal: backup, port: harness.blnk.port });
    try {
      expect(restored.ledger.totals()).toMatchObject({ transactions: 0 });
      expect(await harness.sync()).toMatchObject({
        status: 'completed',
        recordsFound: 5,
        recordsPosted: 5,
        row: { notes: ['LEDGER_REWOUND'] },
      });
      expect(restored.ledger.totals()).toMatchObject({ transactions: 5 });
      for (const { id } of intents) expect(restored.ledger.byReference(`${id}.r2`)).not.toBeNull();
    } finally {
      await restored.close();
      scratch.remove();
    }
  });
});
