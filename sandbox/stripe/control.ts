/** Control requests of the Stripe stand-in: its totals, new payments, keys that stop working. */
import { z } from 'zod';
import { jsonBody } from '../json';
import type { Handler, Reply } from '../exchange';
import { balanceViewOptions, PAYMENTS, type Amounts } from './balance';
import { deeds, type DeedName } from './changes/deeds';
import { perform } from './money';
import type { StripeKey } from './keys';
import { chargeOptions } from './objects/charge';
import { createOptions, payOptions, succeedOptions, type Intent } from './objects/intent';
import { renderAny } from './render/any';
import { renderTransaction } from './render/balance-transaction';
import { renderOwnCharge } from './render/charge';
import { renderIntent } from './render/intent';
import { settlementOptions } from './settlement';
import type { World } from './world';

interface Controlled {
  readonly world: World;
  readonly addKey: (key: StripeKey) => void;
  readonly revokeKey: (key: string) => Promise<void>;
}

/** `status` makes it an intent that has not succeeded; without it, it is a pay-in. */
const newIntent = z.union([payOptions, createOptions.required({ status: true })]);
const newKey = z.strictObject({
  key: z.string().min(1),
  livemode: z.boolean(),
  permissions: z.array(z.string()).optional(),
});
const revocation = z.strictObject({ key: z.string().min(1) });

export function stripeControl({ world, addKey, revokeKey }: Controlled): Record<string, Handler> {
  return {
    'GET /sandbox/totals': () => ({ status: 200, json: world.totals() }),
    'POST /sandbox/payment_intents': async (request) => {
      const parsed = jsonBody(request, newIntent);
      if (!parsed.ok) return parsed.reply;
      const options = parsed.value;
      return triedIntent(() => ('status' in options ? world.create(options) : world.pay(options)));
    },
    'POST /sandbox/payment_intents/:id/succeed': async (request) => {
      const parsed = jsonBody(request, succeedOptions);
      if (!parsed.ok) return parsed.reply;
      const id = request.path.split('/').at(-2) ?? '';
      return triedIntent(() => world.succeed(id, parsed.value));
    },
    'POST /sandbox/charges': async (request) => {
      const parsed = jsonBody(request, chargeOptions);
      if (!parsed.ok) return parsed.reply;
      const made = () => world.charge(parsed.value);
      return tried(made, (charge) => renderOwnCharge(charge, undefined, { livemode: false }));
    },
    ...deedControl(world),
    'POST /sandbox/settlement': async (request) => {
      const parsed = jsonBody(request, settlementOptions);
      if (!parsed.ok) return parsed.reply;
      await world.settle(parsed.value);
      return { status: 200, json: parsed.value };
    },
    'POST /sandbox/balance': async (request) => {
      const parsed = jsonBody(request, balanceViewOptions);
      if (!parsed.ok) return parsed.reply;
      await world.viewBalance(parsed.value);
      return { status: 200, json: parsed.value };
    },
    // What is true, whatever /v1/balance says of it.
    'GET /sandbox/balance': () => ({ status: 200, json: trueBalance(world) }),
    // Adds it, or gives it other permissions. It dies with the process: no journal holds a key.
    'POST /sandbox/keys': (request) => {
      const parsed = jsonBody(request, newKey);
      if (!parsed.ok) return parsed.reply;
      addKey(parsed.value);
      return { status: 204 };
    },
    'POST /sandbox/keys/revoke': async (request) => {
      const parsed = jsonBody(request, revocation);
      if (!parsed.ok) return parsed.reply;
      await revokeKey(parsed.value.key);
      return { status: 204 };
    },
  };
}

/** POST /sandbox/refunds, /sandbox/disputes/close and so on: whatever can be done to the account's money. */
function deedControl({ account }: World): Record<string, Handler> {
  const names = Object.keys(deeds) as DeedName[];
  const routes = names.map((name): [string, Handler] => [
    `POST /sandbox/${deeds[name].path}`,
    (request) => {
      const parsed = jsonBody<unknown>(request, deeds[name].options);
      if (!parsed.ok) return parsed.reply;
      const now = account.clock.nowSeconds();
      return tried(
        () => perform(account, name, parsed.value),
        (made) =>
          'object' in made ? renderAny(account, made, false) : renderTransaction(made, now),
      );
    },
  ]);
  return Object.fromEntries(routes);
}

function trueBalance({ account }: World) {
  const { available, pending } = account.balance.at(PAYMENTS, account.clock.nowSeconds());
  const total = new Map(available);
  for (const [currency, sum] of pending) total.set(currency, (total.get(currency) ?? 0n) + sum);
  return { available: texts(available), pending: texts(pending), total: texts(total) };
}

const texts = (sums: Amounts) =>
  Object.fromEntries([...sums].map(([currency, sum]) => [currency, sum.toString()]));

const triedIntent = (change: () => Promise<Intent>) =>
  tried(change, (intent) => renderIntent(intent, { livemode: false }));

/** What the world refuses (an id twice, a success of what has succeeded) is the caller's mistake. */
async function tried<T>(change: () => Promise<T>, render: (made: T) => unknown): Promise<Reply> {
  try {
    return { status: 201, json: render(await change()) };
  } catch (error) {
    return { status: 409, json: { error: error instanceof Error ? error.message : String(error) } };
  }
}
