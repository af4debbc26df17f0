/** Plays a story of Stripe's money on a driven world, and holds the ledger to it in the end. */
import { SANDBOX_STRIPE_KEY } from '../../sandbox/stripe/keys';
import { SETTLED } from '../../src/domain/window';
import { IN_LEDGER_STATES } from '../../src/store/outcome-columns';
import { latestProof } from '../../src/store/proofs';
import {
  balanceOf,
  chargedSince,
  expectedDisputes,
  expectedHeld,
  expectedUnapplied,
  heldAt,
  isAllListed,
  negated,
  sumsOf,
  trialBalance,
  unreadable,
  type Beginning,
} from '../support/books/money-books';
import { quarantined } from '../support/books/books-of-world';
import { countOne, type ProofTally } from '../support/books/proof-tally';
import type { DrivenWorld } from '../support/worlds/driver-world';
import { enableWorld, type Enabling } from '../support/worlds/enabled-world';
import { askAboutDisputes, makeDue, makeLegsDue } from '../support/worlds/make-due';
import type { Badness } from './bad-pay-ins';
import { DAY, RIGHTS } from './money-actions';
import type { Fault } from './money-faults';
import { happen } from './money-happens';
import { expectTrueProof, isSound, nameAll } from './money-proofs';
import type { Action, MoneyAction } from './money-story';
import { unknownTimes } from './unknown-times';

export interface Setting {
  readonly world: DrivenWorld;
  /** Another deployment of the same account and ledger, whose database is empty. */
  readonly anew: () => Promise<DrivenWorld>;
  /** Unix seconds of SYNC_SINCE; null: everything. */
  readonly since: number | null;
  /** What the ledger does with some postings, by reference; filled by the story. */
  readonly bad: Map<string, Badness>;
  readonly tally: ProofTally;
}

/** As they are counted. */
export const SYNCS = 'syncs';

export interface MoneyPlayer {
  act(action: Action): Promise<void>;
  /** @param cutOver Unix seconds; null: since the account began */
  enable(cutOver: number | null): Promise<void>;
  /** Everything is repaired and shown; two quiet runs later all must be well, and what is planted then named. */
  finish(faults: readonly Fault[]): Promise<void>;
}

const PAY_IN_RIGHTS = [
  ...['rak_payment_intent_read', 'rak_event_read', 'rak_accounts_kyc_basic_read'],
];

export function createMoneyPlayer({ anew, since, bad, tally, ...setting }: Setting): MoneyPlayer {
  let { world } = setting;
  const { stripe, blnk, clock } = world;
  const badPayIns = new Set<string>();
  let begun: { readonly as: Beginning; readonly enabling: Enabling } | undefined;

  async function act(action: MoneyAction): Promise<void> {
    switch (action.do) {
      case 'clock':
        clock.advance(action.by);
        return;
      case 'rights': {
        giveRights(action.without);
        return;
      }
      case 'fault': {
        const { side, rule } = action;
        if (side === 'stripe') stripe.faults.add(rule);
        else blnk.faults.add(isOnCloud(world) ? { ...rule, path: onCloud(rule.path) } : rule);
        return;
      }
      case 'refuse': {
        const rows = stripe.world.account.transactions.stored.rows();
        const row = rows[action.which % Math.max(1, rows.length)];
        for (const leg of row ? ['', '.fee', '.fx2'] : []) bad.set(row!.id + leg, 'refused');
        return;
      }
      case 'heal':
        return heal();
      default: {
        const made = await possible(happen(stripe, action));
        if (action.do === 'pay' && action.isBad && made !== undefined) {
          badPayIns.add(made);
          bad.set(made, 'refused');
        }
      }
    }
  }

  function giveRights(without: readonly string[]): void {
    const permissions = [...PAY_IN_RIGHTS, ...RIGHTS].filter((one) => !without.includes(one));
    stripe.addKey({ key: SANDBOX_STRIPE_KEY, livemode: false, permissions });
  }

  async function heal(): Promise<void> {
    bad.clear();
    badPayIns.clear();
    await makeDue(world.db, world.instanceId);
  }

  function repair(): void {
    stripe.faults.clear();
    blnk.faults.clear();
    giveRights([]);
  }

  async function settleDown(): Promise<void> {
    repair();
    await world.driver.resume();
    // What was still to happen to a sync that was held may have been a fault.
    repair();
  }

  async function quietSync(): Promise<void> {
    // So that the list of this one says for certain what was in the balance at the last one.
    clock.advance(180);
    await makeDue(world.db, world.instanceId);
    await makeLegsDue(world.db, world.instanceId);
    await askAboutDisputes(world.db, world.instanceId);
    countOne(tally.others, SYNCS);
    const { row } = await world.driver.sync();
    expect(row).toMatchObject({ status: expect.stringMatching(/^completed/) as unknown });
  }

  async function loseDatabase(): Promise<void> {
    await settleDown();
    world = await anew();
    await quietSync();
    // By the time and the amounts that the ledger's own posting of it tells.
    if (begun) await enableWorld(world, begun.enabling);
  }

  const self: MoneyPlayer = {
    async act(action) {
      switch (action.do) {
        case 'sync': {
          const interruptions = action.interruptions.map(({ after, how, action: then }) => ({
            ...{ after, how },
            meanwhile: () => (then ? act(then) : Promise.resolve()),
          }));
          countOne(tally.others, SYNCS);
          const { row, how } = await world.driver.sync({ interruptions });
          if (how === 'closed') expect(row?.status).not.toBe('running');
          if (begun) await expectTrueProof(world, begun.as, tally);
          return;
        }
        case 'resume':
          return world.driver.resume();
        case 'lose database':
          return loseDatabase();
        default:
          return act(action);
      }
    },

    async enable(cutOver) {
      await settleDown();
      // Nobody can begin before what belongs to the time before the cut-over is listed.
      if (cutOver !== null) clock.set(Math.max(clock.nowSeconds(), cutOver + SETTLED));
      await quietSync();
      clock.advance(2);
      const openedAt = clock.nowSeconds();
      const counted = cutOver === null ? [] : await earlier(world, cutOver);
      const of = new Map(counted.map(({ id, ...payIn }) => [id, payIn]));
      begun = {
        as: { cutOver, since, openedAt, counted: new Set(of.keys()) },
        enabling: {
          ...{ cutOver, openedAt },
          held: cutOver === null ? {} : heldAt(world, cutOver),
          earlier: sumsOf(counted.map(({ currency, amount }) => [currency, amount])),
        },
      };
      await enableWorld(world, begun.enabling);
      // What happens from now on is not of the same second.
      clock.advance(1);
    },

    async finish(faults) {
      await settleDown();
      for (const reference of bad.keys()) if (!badPayIns.has(reference)) bad.delete(reference);
      clock.advance(3 * DAY);
      await quietSync();
      await quietSync();
      await expectBooks();
      const before = blnk.ledger.rows.length;
      if (await nameAll(faults, { world, beginning: begun!.as, tally, run: quietSync })) {
        await quietSync();
        if (!isSound((await latestProof(world.db, world.instanceId))!.proof)) await quietSync();
      } else {
        await quietSync();
        expect(blnk.ledger.rows).toHaveLength(before);
      }
      await expectBooks();
      if (isOnCloud(world)) await expectNotRead();
    },
  };
  return self;

  /** What Cloud's guide does not show, turnovers, may be told by none: then nothing is proven, nor called wrong. */
  async function expectNotRead(): Promise<void> {
    if (blnk.ledger.balances.named('@stripe').length === 0) return;
    const remove = ['debit_balance', 'credit_balance'];
    blnk.faults.add({ path: '/data/balances', fault: { kind: 'row', remove } });
    const before = blnk.ledger.rows.length;
    await quietSync();
    repair();
    expect(await latestProof(world.db, world.instanceId)).toMatchObject({
      proof: { state: isAllListed(world, begun!.as) ? 'not_read' : 'broken' },
    });
    expect(blnk.ledger.rows).toHaveLength(before);
  }

  /** What no list shows it cannot explain. What is not in Stripe's balance for days, and what is set aside, it names. */
  function expectedProof(): unknown {
    const { stored } = stripe.world.account.transactions;
    // Of an account without any money there is nothing to prove.
    if (stored.rows().length === 0) return expect.any(String);
    return isAllListed(world, begun!.as) ? expect.stringMatching(/^(proven|explained)$/) : 'broken';
  }

  async function expectBooks(): Promise<void> {
    const { as } = begun!;
    const proof = await latestProof(world.db, world.instanceId);
    const passedOver = new Set([...badPayIns, ...(await unknownTimes(world, since))]);
    const books = {
      proof: proof?.proof.state,
      held: negated(balanceOf(world, '@stripe')),
      unapplied: balanceOf(world, '@stripe-unapplied'),
      disputes: balanceOf(world, '@stripe-disputes'),
      trial: trialBalance(world),
      setAside: [...(await quarantined(world)).keys()].filter((id) => !passedOver.has(id)).sort(),
    };
    expect(books).toEqual({
      proof: expectedProof(),
      held: expectedHeld(world, as),
      unapplied: expectedUnapplied(world, as),
      disputes: expectedDisputes(world, as),
      trial: {},
      setAside: unreadable(world, as)
        .map(({ id }) => id)
        .sort(),
    });
  }
}

const isOnCloud = ({ connection }: DrivenWorld) => connection.config.blnk.kind === 'cloud';

/** Where Cloud takes and tells what a Core does there. */
function onCloud(path = '/'): string {
  if (path === '/transactions') return '/proxy/transactions';
  return path === '/balances' ? '/data' : path;
}

/** What cannot happen just now does not; a mistake in what was asked for is one of the test. */
async function possible<T>(happening: Promise<T>): Promise<T | undefined> {
  try {
    return await happening;
  } catch (error) {
    if (!(error instanceof Error) || error.name.endsWith('ZodError')) throw error;
    return undefined;
  }
}

interface EarlierPayIn {
  readonly id: string;
  readonly currency: string;
  readonly amount: bigint;
}

/** Pay-ins from before the cut-over that have brought their money to the source balance already. */
async function earlier(world: DrivenWorld, cutOver: number): Promise<EarlierPayIn[]> {
  const { db, instanceId } = world;
  const since = chargedSince(world, cutOver);
  const rows = await db.query<{ id: string; currency: string; amount: string }>(
    `select movement_id as id, currency, amount::text as amount from movements
     where instance_id = $1 and leg is null and state in ${IN_LEDGER_STATES}
       and coalesce(succeeded_s, dated_s, created_s) < $2`,
    [instanceId, cutOver],
  );
  return rows
    .filter(({ id }) => !since.has(id))
    .map(({ amount, ...row }) => ({ ...row, amount: BigInt(amount) }));
}
