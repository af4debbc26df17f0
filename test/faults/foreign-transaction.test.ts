/** Transactions of other programs under the id of a PaymentIntent, and what it costs to tell them. */
import { reach } from '../../src/commands/verdict';
import { lookUpAll } from '../../src/engine/posting/look-up';
import type { LoggedRequest } from '../../sandbox/requests';
import { findPayIn } from '../../src/store/movements';
import { startHarness, type Harness } from '../support/worlds/harness';

const EVERYTHING = { kind: 'range', from: 1_262_304_000, to: 4_102_444_800 } as const;

let harness: Harness;
afterEach(() => harness.close());

interface Foreign {
  readonly reference: string;
  readonly source: string;
  readonly destination: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

async function book({ metadata, ...foreign }: Foreign): Promise<void> {
  const response = await fetch(`${harness.blnk.url}/transactions`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Blnk-Key': 'blnk_sandbox' },
    body: JSON.stringify({
      ...{ precise_amount: 5000, precision: 100, currency: 'EUR', description: 'other' },
      ...{ skip_queue: true, allow_overdraft: true, ...foreign, meta_data: metadata },
    }),
  });
  if (response.status !== 201) throw new Error(`not booked: ${response.status}`);
}

const pay = (id: string, fields: object = {}) =>
  harness.stripe.world.pay({ id, amount: 5000, currency: 'eur', customer: 'cus_A', ...fields });

const stateOf = async (id: string) => {
  const row = await findPayIn(harness.db, harness.instanceId, id);
  return row && [row.state, row.reason];
};

async function explained(id: string): Promise<string> {
  const { stripe, ledger } = await harness.deps.connect(harness.instanceId);
  const signal = new AbortController().signal;
  const evidence = {
    atStripe: await stripe.readPayIn(id, signal, false),
    row: await findPayIn(harness.db, harness.instanceId, id),
    found: await lookUpAll(ledger, [id], signal),
  };
  return reach(evidence, {
    ...{ syncId: '', livemode: false, since: null, eventsReachSince: false },
    balances: { source: '@stripe', guest: '@stripe-guest' },
  });
}

describe.each([
  ['core', {}],
  ['cloud', { BLNK_KIND: 'cloud' }],
] as const)('a transaction of another program under our reference (%s)', (_kind, settings) => {
  it('is a conflict whichever way it runs, and the pay-in only between its own balances', async () => {
    harness = await startHarness({ settings });
    for (const [reference, source, destination] of [
      ['pi_out', '@cus_A', '@stripe'],
      ['pi_world', '@World', '@wallet-77'],
      ['pi_other', '@stripe', '@cus_SOMEBODYELSE'],
      ['pi_same', '@stripe', '@cus_A'],
    ] as const) {
      await book({ reference, source, destination });
      await pay(reference);
    }
    expect(await harness.sync()).toMatchObject({
      status: 'completed_with_problems',
      recordsFound: 4,
      recordsPosted: 0,
      recordsAlreadyPosted: 1,
      reasons: { CONFLICT: 3 },
    });
    expect(await stateOf('pi_same')).toEqual(['already_posted', null]);
    for (const id of ['pi_out', 'pi_world', 'pi_other']) {
      expect(await stateOf(id)).toEqual(['quarantined', 'CONFLICT']);
      const verdict = await explained(id);
      expect(verdict).toMatch(/^Set aside, and the ledger holds a transaction/);
      expect(verdict).toMatch(/Different: .*destination\.$/);
      expect(verdict).not.toContain('Not posted');
    }
    expect(await explained('pi_same')).toBe(
      'In the ledger, with the amount, currency, precision, source and destination that Stripe and the settings say. ' +
        'Not compared, since the ledger does not tell: payer.',
    );
    expect(harness.booked()).toHaveLength(4);
  });

  it('is the pay-in where the intent names its payer by another id of its own', async () => {
    harness = await startHarness({ settings });
    const metadata = { stripe_customer_id: 'acct_1Payer' };
    const booked = { source: '@stripe', destination: '@acct_1Payer', metadata };
    await book({ reference: 'pi_account', ...booked });
    await pay('pi_account', { customerAccount: 'acct_1Payer' });
    await book({ reference: 'pi_nobodys', ...booked });
    await pay('pi_nobodys');
    expect(await harness.sync()).toMatchObject({
      recordsAlreadyPosted: 1,
      reasons: { CONFLICT: 1 },
    });
    expect(await stateOf('pi_account')).toEqual(['already_posted', null]);
    // Stripe leaves one of the ids out another time: our row still knows both.
    const [row] = await harness.db.query<{ alias: string }>(
      `select payer_alias as alias from movements
       where instance_id = $1 and movement_id = 'pi_account'`,
      [harness.instanceId],
    );
    expect(row).toEqual({ alias: 'acct_1Payer' });
  });

  it('costs nothing for new pay-ins, and one or two requests for a page that is read again', async () => {
    harness = await startHarness({ settings });
    for (let at = 0; at < 100; at += 1) await pay(`pi_new${at}`, { customer: `cus_${at}` });
    const isName = ({ path }: LoggedRequest) => path.includes('/balances');
    const names = () => harness.blnk.requests.list().filter(isName).length;
    expect(await harness.sync()).toMatchObject({ recordsPosted: 100 });
    expect(names()).toBe(0);
    expect(await harness.sync({ scope: EVERYTHING })).toMatchObject({ recordsAlreadyPosted: 100 });
    const first = names();
    expect(first).toBeGreaterThan(0);
    // A value of a query, which is all that Cloud reads by, takes 20 ids.
    expect(first).toBeLessThanOrEqual('BLNK_KIND' in settings ? 6 : 2);
    expect(await harness.sync({ scope: EVERYTHING })).toMatchObject({ recordsAlreadyPosted: 100 });
    expect(names()).toBe(first);
  });
});

describe('a key of a Core', () => {
  const withScopes = async (...scopes: string[]) => {
    harness = await startHarness();
    harness.blnk.keys.core.set('scoped', { id: 'api_key_1', scopes });
    await harness.reconfigure({ BLNK_API_KEY: 'scoped' });
    await book({ reference: 'pi_out', source: '@cus_A', destination: '@stripe' });
    await pay('pi_out');
    await book({ reference: 'pi_same', source: '@stripe', destination: '@cus_A' });
    await pay('pi_same');
    return harness.sync();
  };

  it.each(['balances:read', 'balances:write'])('with %s tells them too', async (right) => {
    expect(await withScopes('transactions:write', right)).toMatchObject({
      recordsAlreadyPosted: 1,
      reasons: { CONFLICT: 1 },
    });
  });

  it('that may only post works as before, and claims nothing of what it could not compare', async () => {
    expect(await withScopes('transactions:write')).toMatchObject({
      status: 'completed',
      recordsAlreadyPosted: 2,
    });
    expect(await explained('pi_out')).toBe(
      'In the ledger, with the amount, currency and precision that Stripe and the settings say. ' +
        'Not compared, since the ledger does not tell: payer, source and destination.',
    );
  });
});
