/**
 * What begins minutes before the cut-over of a new instance and goes on after it, with the row of its beginning listed
 * late: in the end every balance holds what it would hold if Stripe had listed that in time.
 */
import type { StripeStandIn } from '../../sandbox/stripe/start';
import { connectDb, type Db } from '../../src/store/db';
import { latestProof } from '../../src/store/proofs';
import { balanceOf, heldAt, type Sums } from '../support/books/money-books';
import { testEnvironment } from '../support/environment';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';
import { enableWorld } from '../support/worlds/enabled-world';
import { aPosting } from '../support/worlds/a-posting';
import { askAboutDisputes, makeLegsDue } from '../support/worlds/make-due';

const MINUTE = 60;
const DAY = 86_400;
const CUT_OVER = Date.UTC(2026, 2, 6) / 1000;
/** Longer than the newest rows are read back. */
const LATE = 40 * MINUTE;

let db: Db;
beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());

type Stripe = StripeStandIn['world'];

interface Story {
  /** Before the cut-over. @returns what goes on */
  readonly begins: (stripe: Stripe, lagSeconds: number) => Promise<string>;
  /** Right at the cut-over. */
  readonly goesOn: (stripe: Stripe, id: string) => Promise<unknown>;
}

const at = CUT_OVER - 20 * MINUTE;
const amount = 10_000;
const debit = { status: 'processing', paymentMethodType: 'us_bank_account' } as const;

const disputed = async (stripe: Stripe, lagSeconds: number, currency = 'usd') => {
  const { id } = await stripe.pay({ amount, currency, customer: 'cus_1', createdAt: at - DAY });
  return (await stripe.money.dispute({ payment: id, at, lagSeconds })).id;
};
const pending = async (stripe: Stripe, lagSeconds: number, currency = 'usd') => {
  const of = { amount, currency, customer: 'cus_1', status: 'pending' } as const;
  return (await stripe.charge({ ...of, createdAt: at, settle: { lagSeconds } })).id;
};
const begun = async (stripe: Stripe, lagSeconds: number) => {
  const of = { ...debit, amount, currency: 'usd', customer: 'cus_1' };
  const when = { createdAt: at, chargeCreatedAt: at };
  return (await stripe.create({ ...of, ...when, settle: { lagSeconds } })).id;
};
const closed = (status: 'won' | 'lost', returned?: number) => (stripe: Stripe, dispute: string) =>
  stripe.money.closeDispute({ dispute, status, at: CUT_OVER, ...(returned && { returned }) });

async function capturesInPart({ money }: Stripe, charge: string): Promise<void> {
  const { id: source } = await money.refund({ payment: charge, amount: 3_000, at: CUT_OVER });
  const [type, category] = ['refund', 'partial_capture_reversal'];
  await money.row({ type, category, source, amount: -1_000, currency: 'usd', at: CUT_OVER });
}

const STORIES: Readonly<Record<string, Story>> = {
  'a debit that fails': {
    begins: begun,
    goesOn: ({ money }, payment) => money.failDebit({ payment, at: CUT_OVER, failureFee: 400 }),
  },
  'a charge without a payment that fails': {
    begins: pending,
    goesOn: ({ money }, payment) => money.failDebit({ payment, at: CUT_OVER }),
  },
  'a charge without a payment of which a part is not captured': {
    begins: pending,
    goesOn: capturesInPart,
  },
  'a charge without a payment in another currency of which a part is not captured': {
    begins: (stripe, lagSeconds) => pending(stripe, lagSeconds, 'eur'),
    goesOn: capturesInPart,
  },
  'a debit that succeeds': {
    begins: begun,
    goesOn: (stripe, id) => stripe.succeed(id, { at: CUT_OVER }),
  },
  'a dispute that is won': { begins: disputed, goesOn: closed('won') },
  'a dispute that is won in another currency': {
    begins: (stripe, lagSeconds) => disputed(stripe, lagSeconds, 'eur'),
    goesOn: closed('won'),
  },
  'a dispute of which a part comes back': { begins: disputed, goesOn: closed('lost', 4_000) },
  'a dispute that is still open': {
    begins: disputed,
    goesOn: ({ money }, dispute) => money.adjustDispute({ dispute, amount: 700, at: CUT_OVER }),
  },
  'a payment in another currency that is refunded in part': {
    begins: async (stripe, lagSeconds) => {
      const of = { amount, currency: 'eur', customer: 'cus_1', createdAt: at };
      return (await stripe.pay({ ...of, settle: { lagSeconds } })).id;
    },
    goesOn: ({ money }, payment) => money.refund({ payment, amount: 2_500, at: CUT_OVER }),
  },
  'a payment that is refunded, in part, and taken back': {
    begins: async (stripe, lagSeconds) => {
      const settle = { lagSeconds };
      return (await stripe.pay({ amount, customer: 'cus_1', createdAt: at, settle })).id;
    },
    goesOn: async ({ money }, payment) => {
      await money.refund({ payment, amount: 2_500, at: CUT_OVER });
      await money.reversePayment({ payment, amount: 1_000, at: CUT_OVER });
    },
  },
};

interface Trouble {
  /** Our database is lost before the beginning is listed. */
  readonly isLosing?: boolean;
  /** And of what goes on the ledger has one side of the exchange alone, as where a run was killed amid it. */
  readonly isTorn?: boolean;
  /** What goes on has its reference taken by somebody else, until all is listed. */
  readonly isTaken?: boolean;
  /** Somebody has changed the row of what goes on, until its beginning is listed. */
  readonly isChanged?: boolean;
}

/** Sums by balance of the ledger in the end, when all is listed, and while a reference is taken. */
async function play({ begins, goesOn }: Story, lag: number, trouble: Trouble = {}) {
  const { isLosing, isTorn, isTaken, isChanged } = trouble;
  const settings = { SYNC_SINCE: '2026-03-06', MOVEMENTS: 'on' };
  let world = await startWorld(db, { startAt: at, settings });
  const first = world;
  const sync = async (wait: number) => {
    world.clock.advance(wait);
    await askAboutDisputes(db, world.instanceId);
    expect((await world.driver.sync()).row?.status).toBe('completed');
  };
  try {
    const stripe = world.stripe.world;
    await stripe.settle({ currencies: ['usd'] });
    const id = await begins(stripe, lag);
    world.clock.set(CUT_OVER);
    await goesOn(stripe, id);
    const release = isTaken === true && (await take(world));
    await sync(MINUTE);
    await sync(9 * MINUTE);
    if (isLosing === true) {
      if (isTorn === true) tear(world);
      world = await startWorld(db, { startAt: at, settings, beside: first });
      await sync(60 * MINUTE);
      // On a ledger that is not empty a person begins.
      await enableWorld(world, { cutOver: CUT_OVER, held: heldAt(world, CUT_OVER) });
    }
    if (isChanged === true) await changeNet(world, 100);
    await sync(15 * MINUTE);
    if (isChanged === true) {
      expect((await latestProof(db, world.instanceId))?.proof.state).toBe('broken');
      await changeNet(world, -100);
    }
    for (const minutes of [40, 15, 15, 2 * 24 * 60]) await sync(minutes * MINUTE);
    const taken = balancesOf(world);
    if (release) {
      release();
      await makeLegsDue(db, world.instanceId);
      await sync(15 * MINUTE);
    }
    const count = world.blnk.ledger.rows.length;
    await sync(15 * MINUTE);
    expect(world.blnk.ledger.rows).toHaveLength(count);
    const proof = await latestProof(db, world.instanceId);
    return { state: proof?.proof.state, balances: balancesOf(world), taken };
  } finally {
    await first.close();
  }
}

/** Leaves the settlement's side of what was converted. */
function tear({ blnk: { ledger } }: DrivenWorld): void {
  const sides = ledger.rows.filter(({ reference }) => reference.endsWith('.fx2'));
  expect(sides).not.toEqual([]);
  const torn = sides.flatMap(({ reference }) => [
    reference.replace('.fx2', ''),
    reference.replace('.fx2', '.fx1'),
  ]);
  const lost = ledger.rows.filter(({ reference }) => torn.includes(reference));
  ledger.forget(lost.map(({ seq }) => seq));
}

/** Somebody books something else under the reference of the newest row. @returns takes it back */
async function take(world: DrivenWorld): Promise<() => void> {
  const rows = world.stripe.world.account.transactions.stored.rows();
  const reference = rows.at(-1)!.transaction.id;
  const between = { source: '@theirs', destination: '@others' };
  const posting = aPosting({ movementId: reference, reference, amount: 7n, ...between });
  await world.connection.ledger.post(posting, new AbortController().signal);
  const { ledger } = world.blnk;
  const { seq } = ledger.rows.find((row) => row.reference === reference)!;
  return () => void ledger.forget([seq]);
}

async function changeNet({ instanceId }: DrivenWorld, by: number): Promise<void> {
  await db.query(
    `update balance_transactions set net = net + $2, moved = moved + $2
     where instance_id = $1 and not is_before`,
    [instanceId, by],
  );
}

function balancesOf(world: DrivenWorld): Record<string, Sums> {
  const ends = world.blnk.ledger.rows.flatMap(({ source, destination }) => [source, destination]);
  const names = [...new Set(ends.map(({ indicator }) => indicator))].sort();
  const all = names.map((name) => [name, balanceOf(world, name)] as const);
  return Object.fromEntries(all.filter(([, sums]) => Object.keys(sums).length > 0));
}

test.each(Object.entries(STORIES))('%s', async (_name, story) => {
  const inTime = await play(story, 0);
  expect(inTime.state).toBe('proven');
  expect(await play(story, LATE)).toEqual(inTime);
  expect(await play(story, LATE, { isLosing: true })).toEqual(inTime);
});

test.each(['a charge without a payment that fails', 'a dispute that is won'])(
  'nothing follows what has its reference taken: %s',
  async (name) => {
    const story = STORIES[name]!;
    const inTime = await play(story, 0, { isTaken: true });
    expect(inTime.state).toBe('proven');
    expect(inTime.balances).not.toEqual(inTime.taken);
    expect(await play(story, LATE, { isTaken: true })).toEqual(inTime);
  },
);

test.each(['a charge without a payment that fails', 'a dispute that is won'])(
  'nothing is made of what somebody has changed in our rows: %s',
  async (name) => {
    const story = STORIES[name]!;
    const inTime = await play(story, 0);
    const changed = await play(story, LATE, { isChanged: true });
    expect(changed.state).toBe('proven');
    expect(changed.balances).toEqual(inTime.balances);
  },
);

test('half an exchange that a lost database has left in the ledger is made whole', async () => {
  const story = STORIES['a payment in another currency that is refunded in part']!;
  const inTime = await play(story, 0);
  expect(await play(story, LATE, { isLosing: true, isTorn: true })).toEqual(inTime);
});
