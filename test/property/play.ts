/** Plays a story on driven worlds, and holds every sync in it to its promises. */
import type { Scope } from '../../src/domain/sync';
import {
  bookings,
  expectedBookings,
  intents,
  isPostable,
  quarantined,
  shownAsSucceeded,
  successTimes,
} from '../support/books/books-of-world';
import type { DrivenWorld } from '../support/worlds/driver-world';
import {
  DAY,
  LONGEST_LAG,
  LONGEST_STEP_BACK,
  OPEN,
  PAYERS,
  type Action,
  type WorldAction,
} from './actions';
import type { Badness } from './bad-pay-ins';
import { createDeployment, type Deployment } from './deployment';
import { unknownTimes } from './unknown-times';

export interface Player {
  /** The world as it was before anybody synced. */
  begin(history: readonly number[]): Promise<void>;
  act(action: Action): Promise<void>;
  /** Everything is repaired and shown; some quiet runs later all must be well. */
  finish(): Promise<void>;
}

export interface Setting {
  /** One for each deployment, around the same two sides. */
  readonly worlds: readonly [DrivenWorld, ...DrivenWorld[]];
  /** Unix seconds of SYNC_SINCE; null: everything. */
  readonly since: number | null;
  /** What the ledger does with some postings, by reference; filled by the story. */
  readonly bad: Map<string, Badness>;
}

export function createPlayer({ worlds, since, bad }: Setting): Player {
  const [world] = worlds;
  const { stripe, blnk, clock } = world;
  const forgotten = new Set<string>();
  const shown = () => shownAsSucceeded(world).filter(isWanted());
  const deployments = worlds.map((one) => createDeployment(one, { shown, forgotten }));
  const [first] = deployments as [Deployment, ...Deployment[]];
  let amount = 1000;

  /** Whether a payment succeeded on this side of SYNC_SINCE. */
  function isWanted(): (id: string) => boolean {
    const times = successTimes(world);
    return (id) => since === null || (times.get(id) ?? 0) >= since;
  }

  async function act(action: WorldAction): Promise<void> {
    switch (action.do) {
      case 'pay':
        for (let index = 0; index < action.count; index += 1) {
          const { id } = await stripe.world.pay({
            amount: (amount += 1),
            ...PAYERS[action.as],
            lagSeconds: action.lag,
          });
          if (action.bad) bad.set(id, action.bad);
        }
        return;
      case 'begin': {
        const createdAt = clock.nowSeconds() - action.ago;
        const { lag } = action;
        amount += 1;
        await stripe.world.create({ amount, ...OPEN[action.as], createdAt, lagSeconds: lag });
        return;
      }
      case 'succeed': {
        const intent = pickOpen(action.which);
        if (!intent) return;
        const parts = { all: 0, less: -100, more: 100 };
        await stripe.world.succeed(intent.id, {
          // The clock may have been set back since it was created.
          at: Math.max(intent.created, clock.nowSeconds()),
          amountReceived: Number(intent.amount) + parts[action.part],
          lagSeconds: action.lag,
        });
        return;
      }
      case 'cancel': {
        const intent = pickOpen(action.which);
        if (!intent) return;
        await stripe.world.cancel(intent.id, { at: Math.max(intent.created, clock.nowSeconds()) });
        return;
      }
      case 'clock':
        clock.advance(action.by);
        if (action.by < 0) hide();
        return;
      case 'fault':
        (action.side === 'stripe' ? stripe : blnk).faults.add(action.rule);
        return;
      case 'repair':
        repair();
    }
  }

  /** What Stripe no longer shows it need not give to the syncs that are under way. */
  function hide(): void {
    const now = new Set(shownAsSucceeded(world));
    for (const one of deployments) one.release((id) => now.has(id));
  }

  /** Silently: what is found again is found by the next sync of whoever posted it. */
  async function forget(newest: number): Promise<void> {
    const lost = blnk.ledger.rows.slice(-newest).map(({ reference }) => reference);
    const body = JSON.stringify({ newest });
    const { status } = await fetch(`${blnk.url}/sandbox/forget`, { method: 'POST', body });
    expect(status).toBe(200);
    for (const reference of lost) forgotten.add(reference);
    for (const one of deployments) one.release((id) => !lost.includes(id));
  }

  function pickOpen(which: number) {
    const open = stripe.world.open();
    const id = open[which % Math.max(1, open.length)];
    return id === undefined ? undefined : intents(world).find((intent) => intent.id === id);
  }

  function repair(): void {
    stripe.faults.clear();
    blnk.faults.clear();
  }

  function scopeOf(kind: Extract<Action, { do: 'sync' }>['scope']): Scope {
    const now = clock.nowSeconds();
    const [one] = intents(world);
    if (kind === 'range') return { kind, from: now - DAY, to: now + 1 };
    if (kind === 'payment' && one) return { kind, paymentIntentId: one.id };
    return { kind: 'full' };
  }

  async function resume(): Promise<void> {
    for (const one of deployments) await one.resume();
  }

  return {
    async begin(history) {
      for (const days of history) {
        const createdAt = clock.nowSeconds() - days * DAY;
        await stripe.world.pay({ amount: (amount += 1), createdAt });
      }
    },

    async act(action) {
      switch (action.do) {
        case 'sync': {
          const [, other = first] = deployments;
          const by = action.by === 'other' ? other : first;
          const interruptions = action.interruptions.map(({ after, how, action: then }) => ({
            ...{ after, how },
            meanwhile: () => (then ? act(then) : Promise.resolve()),
          }));
          await by.sync(scopeOf(action.scope), interruptions);
          return;
        }
        case 'resume':
          return resume();
        case 'forget':
          return forget(action.newest);
        case 'pay':
        case 'begin':
        case 'succeed':
        case 'cancel':
        case 'clock':
        case 'fault':
        case 'repair':
          return act(action);
      }
    },

    async finish() {
      repair();
      await resume();
      // What was still to happen to a sync that was held may have been a fault.
      repair();
      clock.advance(LONGEST_STEP_BACK * 15 + LONGEST_LAG);
      for (const one of deployments) {
        const { status } = await one.quietSync();
        // What the ledger does not take may fail a sync, with all the others in the ledger.
        if (bad.size === 0) expect(status).toMatch(/^completed/);
        const unknown = await Promise.all(worlds.map((one) => unknownTimes(one, since)));
        expectBooked(new Set(unknown.flatMap((ids) => [...ids])));
      }
      if (bad.size > 0) {
        for (const one of deployments) expect((await one.quietSync()).status).toMatch(/^completed/);
      }
      for (const one of deployments) {
        const nothing = { status: 'completed', counts: { found: 0, posted: 0 } };
        expect(await one.quietSync()).toMatchObject(nothing);
        await expectSetAside(one.world);
      }
      const unknown = await Promise.all(worlds.map((one) => unknownTimes(one, since)));
      expectBooked(new Set(unknown.flatMap((ids) => [...ids])));
      await expectTrueCounters();
    },
  };

  /** Each payment that can be posted is in the ledger, and nothing else. */
  function expectBooked(unknown: ReadonlySet<string>): void {
    const wanted = isWanted();
    const booked = bookings(world);
    const expected = expectedBookings(world).filter(
      ({ reference }) => wanted(reference) && !bad.has(reference),
    );
    const certain = expected.filter(({ reference }) => !unknown.has(reference));
    expect(booked.filter(({ reference }) => !unknown.has(reference))).toEqual(certain);
    // One deployment may still know what the other cannot tell.
    for (const one of booked) expect(expected).toContainEqual(one);
  }

  async function expectSetAside(one: DrivenWorld): Promise<void> {
    const wanted = isWanted();
    const reasons = await quarantined(one);
    const known = [...reasons].filter(([, reason]) => reason !== 'SUCCESS_TIME_UNKNOWN');
    const unpostable = intents(world)
      .filter(({ id, status }) => status === 'succeeded' && wanted(id) && !isUnknown(id))
      .filter((intent) => !isPostable(intent) || bad.has(intent.id))
      .map(({ id }) => id);
    expect(known.map(([id]) => id).sort()).toEqual(unpostable.sort());
    function isUnknown(id: string): boolean {
      return reasons.get(id) === 'SUCCESS_TIME_UNKNOWN';
    }
  }

  async function expectTrueCounters(): Promise<void> {
    const counted = new Set<string>();
    let finders = 0;
    for (const one of deployments) finders += (await one.expectTrueCounters(counted)).alreadyPosted;
    // Who booked what no sync counts as its own was interrupted before it knew.
    const unknown = bookings(world).filter(
      ({ reference }) => !counted.has(reference) && !forgotten.has(reference),
    );
    expect(unknown.length).toBeLessThanOrEqual(finders);
  }
}
