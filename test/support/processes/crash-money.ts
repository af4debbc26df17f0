/** What moves the balance of a crash system's account beside its pay-ins, and whether its ledger holds the same. */
import { SANDBOX_BLNK_KEY } from '../../../sandbox/blnk/keys';
import type { CrashSystem } from './crash-system';

type Account = Pick<CrashSystem, 'stripeUrl'>;

/** A request to a stand-in's own controls. @throws Error with what it says */
export async function control(url: string, path: string, body: object): Promise<Response> {
  const answer = await fetch(`${url}/sandbox/${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
  return answer;
}

/** One of what can be done to the account's money, at the path of a control request. */
export async function move({ stripeUrl }: Account, path: string, body: object): Promise<string> {
  const answer = await control(stripeUrl, path, body);
  return ((await answer.json()) as { id: string }).id;
}

const payment = (account: Account, amount: number) => move(account, 'payment_intents', { amount });

/** Each is whole in itself: what it takes back was paid for it. */
const MOVES: Readonly<Record<string, (account: Account) => Promise<unknown>>> = {
  async refunded(account) {
    const kept = await payment(account, 5_000);
    await move(account, 'refunds', { payment: kept, amount: 1_000 });
  },
  async lost(account) {
    const dispute = await move(account, 'disputes', { payment: await payment(account, 7_000) });
    await move(account, 'disputes/close', { dispute, status: 'lost' });
  },
  fee: (account) => move(account, 'fees', { amount: 600 }),
  payout: (account) => move(account, 'payouts', { amount: 2_000 }),
  unknown: (account) => move(account, 'balance_transactions', { type: 'moon_fee', amount: -5 }),
};

/** Something of each kind: what follows at once, and what follows once it is known how it ended. */
export async function happenAll(account: Account): Promise<void> {
  for (const happen of Object.values(MOVES)) await happen(account);
}

/** In truth, whatever `/v1/balance` says: minor units by lower-case currency. */
export async function heldAtStripe({ stripeUrl }: Account): Promise<Record<string, string>> {
  const answer = await fetch(`${stripeUrl}/sandbox/balance`);
  return ((await answer.json()) as { total: Record<string, string> }).total;
}

/** The ledger holds what Stripe truly holds, nothing waits between the two, and no reference is there twice. */
export async function expectHeld({ stripeUrl, blnkUrl }: CrashSystem): Promise<void> {
  const total = await heldAtStripe({ stripeUrl });
  const headers = { 'X-Blnk-Key': SANDBOX_BLNK_KEY };
  const held = async (name: string, currency: string) => {
    const path = `balances/indicator/${name}/currency/${currency.toUpperCase()}`;
    const answer = await fetch(`${blnkUrl}/${path}`, { headers });
    return ((await answer.json()) as { balance?: number }).balance ?? 0;
  };
  for (const currency of new Set([...Object.keys(total), 'eur', 'usd'])) {
    expect({ currency, held: 0 - (await held('@stripe', currency)) }).toEqual({
      currency,
      held: Number(total[currency] ?? 0),
    });
    expect(await held('@stripe-disputes', currency)).toBe(0);
    expect(await held('@stripe-unapplied', currency)).toBe(0);
  }
  const { data } = (await (await fetch(`${blnkUrl}/sandbox/transactions`)).json()) as {
    data: { reference: string }[];
  };
  expect(new Set(data.map(({ reference }) => reference)).size).toBe(data.length);
}
