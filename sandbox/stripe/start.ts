/**
 * Puts the Stripe stand-in together: a world made by a scenario, or taken up again from its journal,
 * behind HTTP on a loopback port.
 */
import { clockControl, createClock, type Clock } from '../clock';
import { openJournal, type Journal } from '../journal';
import { createRandom } from '../random';
import { fingerprintOf } from '../requests';
import { startStandIn, type StandIn } from '../stand-in';
import { createAccount, type Account } from './account';
import { apply, changeSchema, type Change } from './changes/change';
import { planCreate, planPay } from './changes/intent-plans';
import { planMissing } from './changes/pay-ins';
import { stripeControl } from './control';
import { createKeyRing, SANDBOX_STRIPE_KEY, type KeyRing, type StripeKey } from './keys';
import { createMillion, type HistoryShape } from './million';
import { playMonth } from './month';
import { createRateLimit } from './rate-limit';
import { createStripeHandler } from './routes';
import { inventDefault, inventProblems, type Invented, type ScenarioName } from './scenarios';
import { createWorld, type World } from './world';

export interface StripeStandInOptions {
  readonly scenario: ScenarioName;
  /** Of the scenario million; another one than its own cannot be kept in a journal. */
  readonly shape?: HistoryShape | undefined;
  /** File that keeps what was acknowledged. Default: memory only. */
  readonly journal?: string | undefined;
  /** Default: SANDBOX_STRIPE_KEY, test mode, all permissions. */
  readonly keys?: readonly StripeKey[];
  /** Default: the wall clock plus an offset. */
  readonly clock?: Clock;
  /** Makes ids and amounts; two seeds share no id. Default: the scenario's name. */
  readonly seed?: string | undefined;
  /** Stripe account id of all keys. */
  readonly account?: string;
  readonly latencyMs?: number | undefined;
  /** Requests above this rate are answered with 429. Default: no limit. */
  readonly readsPerSecond?: number | undefined;
  readonly port?: number | undefined;
}

export interface StripeStandIn extends StandIn {
  readonly world: World;
  readonly clock: Clock;
  readonly account: string;
  addKey(key: StripeKey): void;
  revokeKey(key: string): Promise<void>;
}

export async function startStripeStandIn(options: StripeStandInOptions): Promise<StripeStandIn> {
  if (options.shape !== undefined && options.journal !== undefined) {
    throw new Error('A journal keeps no shape: it would be replayed on another history.');
  }
  const journal = await openJournal(options.journal);
  try {
    return await startOn(journal, options);
  } catch (error) {
    await journal.close();
    throw error;
  }
}

async function startOn(journal: Journal, options: StripeStandInOptions): Promise<StripeStandIn> {
  const { clock = createClock(), account: accountId = 'acct_1SandboxStripe0001' } = options;
  const accepted = options.keys ?? [{ key: SANDBOX_STRIPE_KEY, livemode: false }];
  const keys = createKeyRing(accepted, accountId);
  const account = await openAccount(journal, options, clock, keys);
  const world = createWorld(account);
  const revokeKey = (key: string) => {
    keys.revoke(key);
    return journal.append({ kind: 'revoked', fingerprint: fingerprintOf(key) });
  };
  const requestIds = createRandom(Date.now());
  const standIn = await startStandIn({
    name: 'Stripe',
    port: options.port ?? 0,
    latencyMs: options.latencyMs ?? 0,
    ...(options.readsPerSecond === undefined
      ? {}
      : { refuse: createRateLimit(options.readsPerSecond) }),
    handler: createStripeHandler({ account, accountId, keys }),
    control: {
      ...stripeControl({ world, addKey: (key) => keys.add(key), revokeKey }),
      ...clockControl(clock, (offset) => journal.append({ kind: 'clock', offset })),
    },
    responseHeaders: () => ({
      Date: new Date(clock.nowSeconds() * 1000).toUTCString(),
      'Request-Id': requestIds.id('req_', 14),
    }),
  });
  return {
    ...standIn,
    world,
    clock,
    account: accountId,
    addKey: (key) => keys.add(key),
    revokeKey,
    close: async () => {
      await standIn.close();
      await journal.close();
    },
  };
}

/** The scenario's history, ending when its journal was begun, and what was acknowledged since. */
async function openAccount(
  journal: Journal,
  { scenario, seed = scenario, shape }: StripeStandInOptions,
  clock: Clock,
  keys: KeyRing,
): Promise<Account> {
  const [first, ...later] = journal.changes.map((line) => changeSchema.parse(line));
  const opened = first ?? { kind: 'opened', scenario, seed, at: clock.nowSeconds() };
  if (opened.kind !== 'opened') throw new Error('The journal does not begin with its opening.');
  if (opened.scenario !== scenario || opened.seed !== seed) {
    const held = `${opened.scenario} (seed ${opened.seed})`;
    throw new Error(`The journal holds scenario ${held}, not ${scenario} (seed ${seed}).`);
  }
  if (first === undefined) await journal.append(opened);

  const { at } = opened;
  const account = createAccount({
    clock,
    seed,
    history: scenario === 'million' ? createMillion(at, seed, shape) : undefined,
    keep: (change) => journal.append(change),
  });
  for (const one of invent(scenario, at, seed)) applyInvented(account, one);
  if (scenario === 'month') playMonth(account, at, seed);
  for (const change of later) replay(change, { account, clock, keys });
  if (!later.some(({ kind }) => kind === 'balanced')) {
    bringMissing(account);
    await journal.append({ kind: 'balanced' });
  }
  return account;
}

function replay(
  change: Change,
  { account, clock, keys }: { account: Account; clock: Clock; keys: KeyRing },
): void {
  switch (change.kind) {
    case 'clock':
      clock.setOffset(change.offset);
      return;
    case 'revoked':
      keys.revokeFingerprint(change.fingerprint);
      return;
    case 'balanced':
      bringMissing(account);
      return;
    case 'opened':
      throw new Error('The journal was opened twice.');
    default:
      apply(account, change);
  }
}

function invent(scenario: ScenarioName, at: number, seed: string): Invented[] {
  switch (scenario) {
    case 'default':
      return inventDefault(at, seed);
    case 'problems':
      return inventProblems(at, seed);
    case 'month':
    case 'million':
    case 'empty':
      return [];
  }
}

function applyInvented(account: Account, one: Invented): void {
  const changes = 'paid' in one ? planPay(account, one.paid) : [planCreate(account, one.unpaid)];
  for (const change of changes) apply(account, change);
}

function bringMissing(account: Account): void {
  for (const happened of planMissing(account)) apply(account, happened);
  account.minter.leaveHistory();
}
