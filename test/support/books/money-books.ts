/** What must hold of the ledger once everything is carried over, from the stand-in's own state of Stripe. */
import { PAYMENTS } from '../../../sandbox/stripe/balance';
import {
  netOf,
  type BalanceTransaction,
} from '../../../sandbox/stripe/objects/balance-transaction';
import type { Dispute } from '../../../sandbox/stripe/objects/dispute';
import type { Intent } from '../../../sandbox/stripe/objects/intent';
import type { DrivenWorld } from '../worlds/driver-world';
import { intents, successTimes } from './books-of-world';

/** Minor units by upper-case currency, without zeros. */
export type Sums = Readonly<Record<string, bigint>>;

/** How an instance began. */
export interface Beginning {
  /** Unix seconds; null: the whole history is carried over. */
  readonly cutOver: number | null;
  /** Unix seconds of SYNC_SINCE; null: everything. */
  readonly since: number | null;
  /** When it was enabled. */
  readonly openedAt: number;
  /** Pay-ins that the opening balance counts. */
  readonly counted: ReadonlySet<string>;
}

/** What Stripe's balance of payments truly holds, rows or no rows. */
export function trulyHeld({ stripe, clock }: DrivenWorld): Sums {
  const { available, pending } = stripe.world.account.balance.at(PAYMENTS, clock.nowSeconds());
  return sumsOf([...available, ...pending]);
}

/** All that ever moved the balance of payments, listed or not, oldest first. */
function transactions({ stripe }: DrivenWorld): BalanceTransaction[] {
  return stripe.world.account.transactions.stored
    .rows()
    .map(({ transaction }) => transaction)
    .filter(({ balanceType }) => balanceType === PAYMENTS);
}

/** What was held at the cut-over, as far as its rows tell: the balance now, less what they have moved since. */
export function heldAt(world: DrivenWorld, cutOver: number): Sums {
  const now = world.clock.nowSeconds();
  const since = transactions(world).filter(
    ({ created, visibleAt }) => created >= cutOver && created <= now && visibleAt !== null,
  );
  return less(trulyHeld(world), sumsOf(since.map((one) => [one.currency, netOf(one)])));
}

/** Pay-ins with a row of their charge since then. */
export function chargedSince(world: DrivenWorld, from: number): ReadonlySet<string> {
  const now = world.clock.nowSeconds();
  const charges = new Set(
    transactions(world)
      .filter(({ created, visibleAt }) => created >= from && created <= now && visibleAt !== null)
      .filter(({ reportingCategory }) => reportingCategory === 'charge')
      .flatMap(({ source }) => source ?? []),
  );
  const paid = intents(world).filter(({ charge }) => charge && charges.has(charge.id));
  return new Set(paid.map(({ id }) => id));
}

/** What the source balance stands for: what Stripe holds, and pay-ins that no row tells of yet. */
export function expectedHeld(world: DrivenWorld, beginning: Beginning): Sums {
  const { counted } = beginning;
  const all = transactions(world);
  const listed = new Set(
    all
      .filter(
        ({ visibleAt, reportingCategory }) => visibleAt !== null && reportingCategory === 'charge',
      )
      .flatMap(({ source }) => source ?? []),
  );
  const inLedger = references(world);
  const waiting = intents(world).filter(
    ({ id, charge }) =>
      inLedger.has(id) && !counted.has(id) && !(charge !== null && listed.has(charge.id)),
  );
  return sumsOf([
    ...Object.entries(trulyHeld(world)),
    ...hidden(world, beginning).map((one) => [one.currency, -netOf(one)] as const),
    ...unreadable(world, beginning).map((one) => [one.currency, -BigInt(one.amount)] as const),
    ...waiting.map(
      ({ currency, amountReceived }) => [currency, BigInt(amountReceived ?? 0)] as const,
    ),
  ]);
}

/** Rows that no list shows, and that the opening balance does not hold. */
function hidden(world: DrivenWorld, { openedAt, cutOver }: Beginning): BalanceTransaction[] {
  return transactions(world).filter(
    ({ visibleAt, created }) => visibleAt === null && (cutOver === null || created > openedAt),
  );
}

/** Sums of what had moved the balance by a time and no list shows yet, beside what the opening balance holds. */
export function lackingAt(world: DrivenWorld, { openedAt, cutOver }: Beginning, at: number): Sums {
  const now = world.clock.nowSeconds();
  const isOurs = ({ created, visibleAt }: BalanceTransaction) =>
    cutOver === null || (visibleAt === null ? created > openedAt : created >= cutOver);
  const lacking = transactions(world)
    .filter(({ created, visibleAt }) => created < at && (visibleAt === null || visibleAt > now))
    .filter(isOurs);
  return sumsOf(lacking.map((one) => [one.currency, netOf(one)]));
}

/** Whether what is not listed makes no difference in any currency. */
export function isAllListed(world: DrivenWorld, beginning: Beginning): boolean {
  const left = hidden(world, beginning).map((one) => [one.currency, netOf(one)] as const);
  return Object.keys(sumsOf(left)).length === 0;
}

/** Rows of charges that are not there: nobody can tell whether a pay-in has booked them. */
export function unreadable(world: DrivenWorld, beginning: Beginning): BalanceTransaction[] {
  const { charges } = world.stripe.world.account;
  return booked(world, beginning).filter(
    ({ reportingCategory, source }) =>
      reportingCategory === 'charge' && (source === null || charges.find(source) === undefined),
  );
}

function booked(world: DrivenWorld, { cutOver }: Beginning): BalanceTransaction[] {
  return transactions(world).filter(
    ({ created, visibleAt }) => visibleAt !== null && (cutOver === null || created >= cutOver),
  );
}

/** What was begun and is not decided, and what the ledger does not take: by the rows of its charges. */
export function expectedUnapplied(world: DrivenWorld, beginning: Beginning): Sums {
  const { account } = world.stripe.world;
  const inLedger = references(world);
  const times = successTimes(world);
  const ofCharge = new Map<string, Intent>();
  for (const row of account.intents.stored.rows()) {
    for (const { intent } of row.versions) {
      if (intent.charge) ofCharge.set(intent.charge.id, row.versions.at(-1)!.intent);
    }
  }
  const begunBefore = new Set(
    transactions(world)
      .filter(({ created, visibleAt }) => visibleAt !== null && created < (beginning.cutOver ?? 0))
      .filter(({ reportingCategory }) => reportingCategory === 'charge')
      .flatMap(({ source }) => source ?? []),
  );
  const left = booked(world, beginning).filter((one) => {
    const chargeId = chargeOf(world, one);
    if (chargeId === null) return false;
    const isFailure = /^payment_(failure_refund|reversal)$/.test(one.type);
    if (isFailure && begunBefore.has(chargeId)) return false;
    const intent = ofCharge.get(chargeId);
    if (intent === undefined) return !inLedger.has(chargeId);
    if (intent.charge?.id !== chargeId) return true;
    const succeeded = times.get(intent.id);
    const isEarlier =
      succeeded !== undefined && beginning.since !== null && succeeded < beginning.since;
    return !inLedger.has(intent.id) && !isEarlier;
  });
  return sumsOf(left.map((one) => [one.currency, BigInt(one.amount)]));
}

/** Of a row that brings the money of a payment, leaves a part of it uncaptured, or takes it back. */
function chargeOf(world: DrivenWorld, one: BalanceTransaction): string | null {
  const { account } = world.stripe.world;
  const { source, type, reportingCategory } = one;
  if (source === null) return null;
  if (reportingCategory === 'partial_capture_reversal') {
    const refund = account.objects.find(source)?.versions.at(-1)?.object;
    return refund?.object === 'refund' ? refund.charge : null;
  }
  const isOfCharge = reportingCategory === 'charge' || /^payment_(failure|reversal)/.test(type);
  return isOfCharge && account.charges.find(source) !== undefined ? source : null;
}

const FINAL = ['won', 'lost', 'warning_closed', 'prevented'];

/** What Stripe holds back for disputes that are open, by their rows. */
export function expectedDisputes(world: DrivenWorld, beginning: Beginning): Sums {
  const { objects } = world.stripe.world.account;
  const disputes = objects.stored
    .rows()
    .flatMap(({ versions }) => versions.at(-1)?.object ?? [])
    .filter((object): object is Dispute => object.object === 'dispute');
  const ofId = new Map(disputes.map((dispute) => [dispute.id, dispute]));
  const before = new Set(
    transactions(world)
      .filter(({ created, visibleAt }) => visibleAt !== null && created < (beginning.cutOver ?? 0))
      .flatMap(({ source }) => source ?? []),
  );
  const open = booked(world, beginning)
    .filter(({ reportingCategory }) => reportingCategory.startsWith('dispute'))
    .filter(({ source }) => {
      const dispute = source === null ? undefined : ofId.get(source);
      if (dispute === undefined) return true;
      return !before.has(dispute.id) && !FINAL.includes(dispute.status);
    });
  return sumsOf(open.map((one) => [one.currency, BigInt(one.amount)]));
}

/** Credits less debits of a balance by currency. */
export function balanceOf({ blnk }: Pick<DrivenWorld, 'blnk'>, name: string): Sums {
  const all = blnk.ledger.balances.named(name);
  return sumsOf(all.map(({ currency, credit, debit }) => [currency, credit - debit]));
}

/** Of all balances together. */
export function trialBalance({ blnk }: DrivenWorld): Sums {
  return sumsOf(
    blnk.ledger.rows.flatMap(({ currency, amount, source, destination }) => {
      const [from, to] = [source, destination].map(({ id }) => blnk.ledger.balances.byId(id)!);
      return [
        [from!.currency, -amount],
        [to!.currency, amount],
        // One that stands in a balance of another currency would show.
        [currency, 0n],
      ] as const;
    }),
  );
}

function references({ blnk }: DrivenWorld): ReadonlySet<string> {
  return new Set(blnk.ledger.rows.map(({ reference }) => reference));
}

export function negated(sums: Sums): Sums {
  return sumsOf(Object.entries(sums).map(([currency, sum]) => [currency, -sum]));
}

function less(sums: Sums, other: Sums): Sums {
  return sumsOf([...Object.entries(sums), ...Object.entries(negated(other))]);
}

export function sumsOf(parts: Iterable<readonly [currency: string, amount: bigint]>): Sums {
  const sums = new Map<string, bigint>();
  for (const [currency, amount] of parts) {
    const code = currency.toUpperCase();
    sums.set(code, (sums.get(code) ?? 0n) + amount);
  }
  return Object.fromEntries(
    [...sums].filter(([, sum]) => sum !== 0n).sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}
