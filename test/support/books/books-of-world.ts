/** What must hold of ledger, rows and counters, from Stripe's side of the stand-in. */
import { shownAt, type Intent } from '../../../sandbox/stripe/objects/intent';
import type { SyncRow } from '../../../src/store/syncs';
import type { DrivenWorld } from '../worlds/driver-world';

const PRECISIONS: Readonly<Record<string, number>> = {
  usd: 100,
  eur: 100,
  jpy: 1,
  kwd: 1000,
  isk: 100,
};

export interface Booking {
  readonly reference: string;
  readonly amount: bigint;
  readonly precision: number;
  readonly currency: string;
  readonly from: string;
  readonly to: string;
}

function intentRows(world: DrivenWorld) {
  const [feed] = world.stripe.world.intents;
  const rows = [];
  for (let index = 0; ; index += 1) {
    const row = feed?.at(index);
    if (!row) return rows;
    rows.push(row);
  }
}

/** As it is in the end, whoever sees it. */
export function intents(world: DrivenWorld): Intent[] {
  return intentRows(world).map((row) => row.versions.at(-1)!.intent);
}

/** Ids that the list shows as succeeded and the events, while there are any, as well. */
export function shownAsSucceeded(world: DrivenWorld): string[] {
  const now = world.clock.nowSeconds();
  const unseen = new Set<string>();
  const [events] = world.stripe.world.events;
  for (let index = 0; ; index += 1) {
    const event = events?.at(index);
    if (!event) break;
    if (event.type === 'payment_intent.succeeded' && event.visibleAt > now) {
      unseen.add(event.intent.id);
    }
  }
  return intentRows(world)
    .filter((row) => row.created <= now && shownAt(row, now)?.status === 'succeeded')
    .map(({ id }) => id)
    .filter((id) => !unseen.has(id));
}

/** Unix seconds by id, as the events tell it: also of those that Stripe no longer gives. */
export function successTimes(world: DrivenWorld): Map<string, number> {
  const times = new Map<string, number>();
  const [events] = world.stripe.world.events;
  for (let index = 0; ; index += 1) {
    const event = events?.at(index);
    if (!event) return times;
    if (event.type === 'payment_intent.succeeded') times.set(event.intent.id, event.created);
  }
}

export function isPostable(intent: Intent): boolean {
  return intent.currency in PRECISIONS && BigInt(intent.amountReceived ?? 0) > 0n;
}

/** What the ledger must hold: each succeeded payment that can be posted, and nothing else. */
export function expectedBookings(world: DrivenWorld): Booking[] {
  return intents(world)
    .filter((intent) => intent.status === 'succeeded' && isPostable(intent))
    .map((intent) => {
      const payer = intent.customer ?? intent.customerAccount ?? 'stripe-guest';
      return {
        reference: intent.id,
        amount: BigInt(intent.amountReceived ?? 0),
        precision: PRECISIONS[intent.currency]!,
        currency: intent.currency.toUpperCase(),
        from: '@stripe',
        to: `@${payer}`,
      };
    })
    .sort(byReference);
}

export function bookings(world: DrivenWorld): Booking[] {
  return world.blnk.ledger.rows
    .map((row) => {
      expect(row.status).toBe('APPLIED');
      const { reference, amount, precision, currency, source, destination } = row;
      return {
        ...{ reference, amount, precision, currency },
        from: source.indicator,
        to: destination.indicator,
      };
    })
    .sort(byReference);
}

function byReference(a: Booking, b: Booking): number {
  return a.reference < b.reference ? -1 : 1;
}

/** Reasons by id. */
export async function quarantined(world: DrivenWorld): Promise<Map<string, string>> {
  const rows = await world.db.query<{ id: string; reason: string }>(
    `select movement_id as id, reason from movements
     where instance_id = $1 and state = 'quarantined' order by 1`,
    [world.instanceId],
  );
  return new Map(rows.map(({ id, reason }) => [id, reason]));
}

/** References that carry the mark of this sync. */
export function markedBy(world: DrivenWorld, syncId: string): Set<string> {
  const marked = world.blnk.ledger.rows.filter((row) => row.metaJson?.includes(syncId));
  return new Set(marked.map(({ reference }) => reference));
}

/** Minor units by reference of what this sync says to have posted itself. */
export async function postedBy(world: DrivenWorld, syncId: string): Promise<Map<string, string>> {
  const rows = await world.db.query<{ id: string; amount: string }>(
    `select movement_id as id, amount::text as amount from movements
     where instance_id = $1 and sync_id = $2 and state = 'posted'`,
    [world.instanceId, syncId],
  );
  return new Map(rows.map(({ id, amount }) => [id, amount]));
}

/** By sync: what its pages say that was found. */
export async function foundOnPages(world: DrivenWorld): Promise<Map<string, number>> {
  const rows = await world.db.query<{ syncId: string; found: number }>(
    `select sync_id as "syncId", coalesce(sum(p.found), 0)::int as found
     from stripe_syncs s left join sync_pages p using (sync_id)
     where s.instance_id = $1 group by 1`,
    [world.instanceId],
  );
  return new Map(rows.map(({ syncId, found }) => [syncId, found]));
}

/** found = posted + already there + set aside + before the cut-over, in count and in money. */
export function expectConsistent(row: SyncRow): void {
  const { found: all, ...outcomes } = row.counts;
  expect(all).toBe(Object.values(outcomes).reduce((sum, count) => sum + count, 0));
  for (const { found, ...sums } of Object.values(row.amounts)) {
    const total = Object.values(sums).reduce((sum, part) => sum + BigInt(part), 0n);
    expect(BigInt(found)).toBe(total);
  }
}
