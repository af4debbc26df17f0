/** What the proof reads of both forms of the ledger, from the stand-in: turnovers, lines, the past, metadata. */
import { SANDBOX_BLNK_INSTANCE, SANDBOX_BLNK_KEY, sandboxKeys } from '../../sandbox/blnk/keys';
import { startBlnkStandIn, type BlnkStandIn } from '../../sandbox/blnk/start';
import { createCloudLedger } from '../../src/blnk/cloud';
import { createCoreLedger } from '../../src/blnk/core';
import type { Ledger } from '../../src/domain/ledger';
import type { LedgerLine } from '../../src/domain/ledger-balances';
import { Secret } from '../../src/secret';
import { aPosting } from '../support/worlds/a-posting';

const never = new AbortController().signal;
const START = new Date('2020-01-01T00:00:00Z');
const END = new Date('2100-01-01T00:00:00Z');

let blnk: BlnkStandIn;
beforeEach(async () => void (blnk = await startBlnkStandIn({ keys: sandboxKeys() })));
afterEach(() => blnk.close());

function ledgerOf(form: 'core' | 'cloud', key = SANDBOX_BLNK_KEY): Ledger {
  const access = { url: new URL(blnk.url), apiKey: new Secret(key), confirmAfterMs: 0 };
  return form === 'core'
    ? createCoreLedger(access)
    : createCloudLedger({ ...access, instanceId: SANDBOX_BLNK_INSTANCE });
}

const BACK = { source: '@cus_1', destination: '@stripe' };

async function fill(ledger: Ledger, count: number, changes: object = {}): Promise<void> {
  for (let at = 0; at < count; at += 1) {
    const posting = aPosting({ source: '@stripe', amount: 100n, ...changes });
    const { kind } = await ledger.post(
      { ...posting, reference: `${posting.currency}_${at}` },
      never,
    );
    expect(kind).toBe('applied');
  }
}

const one = async (ledger: Ledger, currency: string) =>
  (await ledger.turnoversOf(['@stripe'], never)).find((balance) => balance.currency === currency)!;

async function walk(ledger: Ledger, balanceId: string): Promise<LedgerLine[]> {
  const found: LedgerLine[] = [];
  for (let from: Date | string | null = START; from !== null;) {
    const { lines, next } = await ledger.linesOn(balanceId, from, never);
    found.push(...lines);
    from = next;
  }
  return found;
}

describe.each(['core', 'cloud'] as const)('%s', (form) => {
  test('tells what went out of a balance and came into it, in every currency by one call', async () => {
    const ledger = ledgerOf(form);
    await fill(ledger, 3);
    await fill(ledger, 2, { currency: 'EUR' });
    await ledger.post(aPosting({ ...BACK, amount: 30n, reference: 'back' }), never);
    const before = blnk.requests.total();
    const found = await ledger.turnoversOf(['@stripe', '@stripe-fees'], never);
    expect(blnk.requests.total() - before).toBe(1);
    expect(found).toHaveLength(2);
    expect(found).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          ...{ name: '@stripe', currency: 'USD', debits: 300n, credits: 30n, balance: -270n },
        }),
        expect.objectContaining({ currency: 'EUR', debits: 200n, credits: 0n, balance: -200n }),
      ]),
    );
    expect(await ledger.turnoversOf(['@stripe-none'], never)).toEqual([]);
  });

  test('tells turnovers to the last digit that JSON would round', async () => {
    const ledger = ledgerOf(form);
    await fill(ledger, 3, { amount: 9_007_199_254_740_991n });
    expect(await one(ledger, 'USD')).toMatchObject({ debits: 27_021_597_764_222_973n });
    const past = await ledger.turnoversAt((await one(ledger, 'USD')).balanceId, END, never);
    expect(past).toEqual({ debits: 27_021_597_764_222_973n, credits: 0n });
  });

  test('gives each line of a balance once, with its direction and all that was sent', async () => {
    const ledger = ledgerOf(form);
    await fill(ledger, 230);
    await ledger.post(aPosting({ ...BACK, amount: 30n, reference: 'back' }), never);
    await fill(ledger, 2, { currency: 'EUR' });
    const { balanceId } = await one(ledger, 'USD');
    const lines = await walk(ledger, balanceId);
    expect(new Set(lines.map(({ reference }) => reference)).size).toBe(231);
    expect(lines.find(({ reference }) => reference === 'back')).toMatchObject({
      ...{ direction: 'credit', amount: 30n, currency: 'USD', status: 'APPLIED' },
      transactionId: expect.stringMatching(/^txn_/) as string,
      bookedAt: expect.any(Date) as Date,
      description: aPosting().description,
      metadata: expect.objectContaining({ allow_overdraft: true }) as object,
    });
    expect(lines.filter(({ direction }) => direction === 'debit')).toHaveLength(230);
    const late = await ledger.linesOn(balanceId, END, never);
    expect(late).toEqual({ lines: [], next: null });
  });

  test('goes by the rows for the past, and not by a snapshot', async () => {
    const ledger = ledgerOf(form);
    await fill(ledger, 1, { effectiveDate: '2026-03-05T00:00:00Z' });
    blnk.ledger.takeSnapshots(Date.now() * 1000);
    const dated = { reference: 'late', effectiveDate: '2026-03-01T00:00:00Z' };
    await ledger.post(aPosting({ source: '@stripe', amount: 7n, ...dated }), never);
    const { balanceId } = await one(ledger, 'USD');
    const at = (time: string) => ledger.turnoversAt(balanceId, new Date(time), never);
    expect(await at('2026-02-28T23:59:59.999Z')).toEqual({ debits: 0n, credits: 0n });
    expect(await at('2026-03-01T00:00:00Z')).toEqual({ debits: 7n, credits: 0n });
    expect(await at('2100-01-01T00:00:00Z')).toEqual({ debits: 107n, credits: 0n });
    expect(await ledger.turnoversAt('bln_none', END, never)).toBeUndefined();
  });

  test('tells a row that was deleted apart, and counts again on request', async () => {
    const ledger = ledgerOf(form);
    await fill(ledger, 3);
    const { balanceId } = await one(ledger, 'USD');
    blnk.ledger.forget([1], true);
    expect(await one(ledger, 'USD')).toMatchObject({ debits: 300n });
    expect(await ledger.turnoversAt(balanceId, END, never)).toMatchObject({ debits: 200n });
    await ledger.recount(balanceId, never);
    expect(await one(ledger, 'USD')).toMatchObject({ debits: 200n, balance: -200n });
  });

  test('finds rows by a key at the top of their metadata, with what was added later', async () => {
    const ledger = ledgerOf(form);
    await fill(ledger, 3);
    const [row] = await ledger.rowsWith('stripe_payment_intent_id', 'pi_1', never);
    const found = await ledger.rowsWith('stripe_payment_intent_id', 'pi_1', never);
    expect(found.map(({ reference }) => reference).sort()).toEqual(['USD_0', 'USD_1', 'USD_2']);
    await ledger.annotate(row!.transactionId, { stripe_sync_accepted: 'a note' }, never);
    const accepted = await ledger.rowsWith('stripe_sync_accepted', 'a note', never);
    expect(accepted).toMatchObject([
      {
        ...{ reference: row!.reference, amount: 100n },
        metadata: { stripe_payment_intent_id: 'pi_1', stripe_sync_accepted: 'a note' },
      },
    ]);
  });
});

test('a key of a Core needs one of two rights for turnovers, and is told the lesser one', async () => {
  await fill(ledgerOf('core'), 1);
  const scopes = {
    reader: 'balances:read',
    writer: 'balances:write',
    poster: 'transactions:write',
  };
  for (const [key, scope] of Object.entries(scopes)) {
    blnk.keys.core.set(key, { id: key, scopes: [scope] });
  }
  for (const key of ['reader', 'writer']) {
    expect(await ledgerOf('core', key).turnoversOf(['@stripe'], never)).toHaveLength(1);
  }
  const poster = ledgerOf('core', 'poster');
  await expect(poster.turnoversOf(['@stripe'], never)).rejects.toMatchObject({
    code: 'BLNK_PERMISSION_MISSING',
    details: { right: 'balances:read' },
  });
  await expect(poster.recount('bln_1', never)).rejects.toMatchObject({
    code: 'BLNK_PERMISSION_MISSING',
    details: { right: 'master key' },
  });
});
