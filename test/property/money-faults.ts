/** What is wrong at Stripe, in our store or in the ledger: how it is planted, what names it, how it is undone. */
import fc from 'fast-check';
import { PAYMENTS } from '../../sandbox/stripe/balance';
import { netOf } from '../../sandbox/stripe/objects/balance-transaction';
import type { Row } from '../../sandbox/blnk/rows';
import type { ItemKind } from '../../src/domain/proof/proof-items';
import { IN_LEDGER_STATES } from '../../src/store/outcome-columns';
import type { DrivenWorld } from '../support/worlds/driver-world';

type Made = Pick<Planted, 'references'> & Partial<Pick<Planted, 'undo' | 'isWell' | 'opens'>>;

/** By how much Stripe's balance and our rows do not agree any more. */
interface Gap {
  readonly currency: string;
  readonly amount: bigint;
}

interface Ground {
  readonly world: DrivenWorld;
  /** Rows and payments in which something else is wrong already. */
  readonly taken: ReadonlySet<string>;
  readonly open: readonly Planted[];
}

interface FaultRule {
  /** What may name it. */
  readonly kinds: readonly ItemKind[];
  /** The run that finds it makes it good. */
  readonly heals: boolean;
  readonly plant: (ground: Ground, fault: Fault) => Promise<Made | null>;
}

const FAULTS = {
  'row missing at Stripe': {
    kinds: ['missing_at_stripe'],
    heals: false,
    async plant(ground, { which }) {
      const row = pick(await keptRows(ground), which);
      if (row === undefined) return null;
      const opens = gapOf({ ...row, amount: -row.amount });
      return isSeen(ground, opens) ? { ...hide(ground.world, row.id), opens } : null;
    },
  },
  'row missing in our store': {
    kinds: ['found_again'],
    heals: true,
    async plant(ground, { which }) {
      const row = pick(await keptRows(ground), which);
      if (row === undefined) return null;
      const opens = gapOf(row);
      if (!isSeen(ground, opens)) return null;
      const { id } = row;
      const { db, instanceId } = ground.world;
      for (const part of ['movements where leg is not null and', 'balance_transactions where']) {
        await db.query(`delete from ${part} instance_id = $1 and bt_id = $2`, [instanceId, id]);
      }
      const isWell = async () => {
        const rows = await db.query(
          'select 1 from balance_transactions where instance_id = $1 and bt_id = $2',
          [instanceId, id],
        );
        return rows.length > 0;
      };
      return { references: [id], isWell, opens };
    },
  },
  'movement missing in our store': {
    kinds: ['booked_again'],
    heals: true,
    async plant(ground, { which }) {
      const { world, taken } = ground;
      const { db, instanceId } = world;
      const legs = await db.query<{ id: string; row: string }>(
        `select movement_id as id, bt_id as row from movements
         where instance_id = $1 and leg is not null and moves <> 0 and bt_id like 'txn%'
           and state in ${IN_LEDGER_STATES} order by 1`,
        [instanceId],
      );
      const leg = pick(
        legs.filter(({ row }) => !taken.has(row)),
        which,
      );
      if (leg === undefined) return null;
      await db.query('delete from movements where instance_id = $1 and movement_id = $2', [
        instanceId,
        leg.id,
      ]);
      const isWell = async () => {
        const rows = await db.query(
          'select 1 from movements where instance_id = $1 and movement_id = $2',
          [instanceId, leg.id],
        );
        return rows.length > 0;
      };
      return { references: [leg.row], isWell };
    },
  },
  'posting missing in the ledger': {
    kinds: ['posted_again'],
    heals: true,
    plant: (ground, { which }) => lose(ground, which, false),
  },
  'posting deleted from the ledger’s database': {
    kinds: ['posted_again'],
    heals: true,
    plant: (ground, { which }) => lose(ground, which, true),
  },
  'amount changed in our store': {
    kinds: ['other_at_stripe'],
    heals: false,
    async plant(ground, { which, amount }) {
      const row = pick(await keptRows(ground), which);
      if (row === undefined) return null;
      const { db, instanceId } = ground.world;
      const change = async (by: number) => {
        await db.query(
          `update balance_transactions set net = net + $3, moved = moved + $3
           where instance_id = $1 and bt_id = $2`,
          [instanceId, row.id, by],
        );
      };
      await change(amount);
      return { references: [row.id], undo: () => change(-amount) };
    },
  },
  'amount changed in the ledger': {
    // Where its row is read again first, it conflicts: set aside, and what is there is not ours.
    kinds: ['other_in_ledger', 'foreign'],
    heals: false,
    async plant(ground, { which, amount }) {
      const row = pick(await ownRows(ground), which);
      if (row === undefined) return null;
      const { world } = ground;
      const { reference, currency, precision, source, destination } = row;
      world.blnk.ledger.forget([row.seq]);
      const ends = { from: source.indicator, to: destination.indicator };
      await post(world, { reference, currency, precision, ...ends, amount });
      return { references: [reference], undo: () => unpost(world, [reference]) };
    },
  },
  'foreign posting': {
    kinds: ['foreign'],
    heals: false,
    plant: (ground, fault) => postByHand(ground, fault, [THERE]),
  },
  'foreign postings that cancel': {
    kinds: ['foreign'],
    heals: false,
    plant: (ground, fault) => postByHand(ground, fault, [THERE, BACK]),
  },
  'corrupt balance': {
    kinds: ['corrupt_debits', 'corrupt_credits'],
    heals: false,
    plant({ world: { blnk } }, { which, amount, side }) {
      const balance = pick(blnk.ledger.balances.named('@stripe'), which);
      if (balance === undefined) return Promise.resolve(null);
      const change = (by: bigint) => {
        blnk.ledger.change(balance, {
          debit: balance.debit + (side === 'credits' ? 0n : by),
          credit: balance.credit + (side === 'debits' ? 0n : by),
        });
        return Promise.resolve();
      };
      const undo = () => change(-BigInt(amount));
      const isWell = () => {
        const own = blnk.ledger.rows.filter(({ status }) => status === 'APPLIED');
        const sumOf = (end: 'source' | 'destination') =>
          own.reduce((sum, row) => (row[end] === balance ? sum + row.amount : sum), 0n);
        return Promise.resolve(
          balance.debit === sumOf('source') && balance.credit === sumOf('destination'),
        );
      };
      return change(BigInt(amount)).then(() => ({ references: [balance.id], undo, isWell }));
    },
  },
} as const satisfies Record<string, FaultRule>;

type FaultKind = keyof typeof FAULTS;
const KINDS = Object.keys(FAULTS) as FaultKind[];

export interface Fault {
  readonly kind: FaultKind;
  readonly which: number;
  readonly amount: number;
  /** Of a corrupt balance: debits, credits, or as much of both. */
  readonly side: 'debits' | 'credits' | 'both';
}

/** Of amounts that nothing else in a story adds up to: that two faults cancel is said in docs/proof.md. */
export const fault: fc.Arbitrary<Fault> = fc.record({
  kind: fc.constantFrom(...KINDS),
  which: fc.nat(30),
  amount: fc.integer({ min: 10 ** 9, max: 10 ** 10 }),
  side: fc.constantFrom('debits' as const, 'credits' as const, 'both' as const),
});

export interface Planted extends Pick<FaultRule, 'kinds' | 'heals'> {
  readonly kind: FaultKind;
  /** Each of them has to be named. */
  readonly references: readonly string[];
  /** What does not heal stands until then. */
  readonly undo: () => Promise<void>;
  /**
   * Whether a run has made it good before its proof: the feed reads the newest rows once more, and a balance into which
   * something lost was posted again is counted anew.
   */
  readonly isWell: () => Promise<boolean>;
  /** null: whatever is wrong besides, it shows. */
  readonly opens: Gap | null;
}

/** @returns null: the world has nothing of which that can be wrong */
export async function plant(ground: Ground, fault: Fault): Promise<Planted | null> {
  const { kind } = fault;
  const rule: FaultRule = FAULTS[kind];
  const made = await rule.plant(ground, fault);
  const { kinds, heals } = rule;
  const isWell = () => Promise.resolve(false);
  const undo = () => Promise.resolve();
  return made && { kind, kinds, heals, undo, isWell, opens: null, ...made };
}

const pick = <T>(all: readonly T[], which: number): T | undefined => all[which % all.length];

/** The row or the payment that a reference is made of. */
export const rootOf = (reference: string) => reference.split('.')[0]!;

interface Moved {
  readonly id: string;
  readonly currency: string;
  readonly moved: string;
}

const gapOf = ({ currency, amount }: Gap): Gap => ({ currency, amount });

/** Rows that Stripe has not listed are seen by no sum if they add up to zero (docs/proof.md, "What it does not see"). */
function isSeen({ open }: Ground, gap: Gap): boolean {
  const others = open.flatMap(({ opens }) => opens ?? []);
  const sums = others
    .filter(({ currency }) => currency === gap.currency)
    .reduce((all, { amount }) => [...all, ...all.map((sum) => sum + amount)], [gap.amount]);
  return !sums.includes(0n);
}

/** Rows that have moved the balance since the cut-over, as our store has them. */
async function keptRows({ world: { db, instanceId }, taken }: Ground) {
  const rows = await db.query<Moved>(
    `select bt_id as id, currency, moved::text as moved from balance_transactions b
     where instance_id = $1 and not is_before and balance_type = $2 and net <> 0 and fault is null order by bt_id`,
    [instanceId, PAYMENTS],
  );
  return rows
    .filter(({ id }) => !taken.has(id))
    .map(({ moved, ...row }) => ({ ...row, amount: BigInt(moved) }));
}

/** Postings of ours that have moved the source balance. */
async function ownRows({ world, taken }: Ground): Promise<Row[]> {
  const { db, instanceId, blnk } = world;
  const own = await db.query<{ reference: string }>(
    `select reference from movements where instance_id = $1 and state in ${IN_LEDGER_STATES}
       and (leg is null or moves <> 0)`,
    [instanceId],
  );
  const references = new Set(own.map(({ reference }) => reference));
  return blnk.ledger.rows.filter(
    ({ reference }) => references.has(reference) && !taken.has(rootOf(reference)),
  );
}

/** Stripe lists it no more, and its balance does not count it. */
function hide({ stripe }: DrivenWorld, id: string): Made {
  const { transactions, balance } = stripe.world.account;
  const { transaction } = transactions.find(id)!;
  const { visibleAt, created, availableOn: availableAt, currency } = transaction;
  const move = { at: created, availableAt, part: PAYMENTS, currency };
  const net = netOf(transaction);
  Object.assign(transaction, { visibleAt: null });
  balance.add({ ...move, amount: (-net).toString() });
  const undo = () => {
    Object.assign(transaction, { visibleAt });
    balance.add({ ...move, amount: net.toString() });
    return Promise.resolve();
  };
  return { references: [id], undo };
}

async function lose(ground: Ground, which: number, rowsOnly: boolean): Promise<Made | null> {
  const row = pick(await ownRows(ground), which);
  if (row === undefined) return null;
  ground.world.blnk.ledger.forget([row.seq], rowsOnly);
  return { references: [row.reference] };
}

const THERE = { from: '@stripe', to: '@somebody' };
const BACK = { from: '@somebody', to: '@stripe' };

async function postByHand(
  ground: Ground,
  { which, amount }: Fault,
  ways: readonly (typeof THERE)[],
): Promise<Made> {
  const { world } = ground;
  const row = pick(await ownRows(ground), which);
  const { currency, precision } = row ?? { currency: 'USD', precision: 100 };
  const references = ways.map(({ from }) => `by hand from ${from}, ${amount}`);
  for (const [index, ends] of ways.entries()) {
    await post(world, { reference: references[index]!, currency, precision, ...ends, amount });
  }
  return { references, undo: () => unpost(world, references) };
}

interface ByHand {
  readonly reference: string;
  readonly currency: string;
  readonly precision: number;
  readonly from: string;
  readonly to: string;
  readonly amount: number;
}

async function post({ blnk }: DrivenWorld, { from, to, amount, ...posting }: ByHand) {
  const { kind } = await blnk.ledger.post({
    ...{ ...posting, amount: BigInt(amount), source: from, destination: to },
    ...{ description: 'by hand', effectiveMicros: null, metaData: null },
    ...{ allowOverdraft: true, skipQueue: true },
  });
  expect(kind).toBe('created');
}

function unpost({ blnk }: DrivenWorld, references: readonly string[]): Promise<void> {
  const rows = references.flatMap((one) => blnk.ledger.byReference(one) ?? []);
  blnk.ledger.forget(rows.map(({ seq }) => seq));
  return Promise.resolve();
}
