/**
 * What is true once the last sync has completed, whatever was done to the parts meanwhile: the ledger
 * equals Stripe, and our rows say so. Reads both stand-ins over HTTP and adds up by itself, so that it
 * shares no mistake with the code that it checks.
 */
import { SANDBOX_STRIPE_KEY } from '../../../sandbox/stripe/keys';
import type { Db } from '../../../src/store/db';

export interface Books {
  readonly db: Db;
  readonly instanceId: string;
  readonly stripeUrl: string;
  readonly blnkUrl: string;
}

/**
 * Of pay-ins; of legs beside them that each has its posting, and each posting its row.
 * Expects the feeds of `stripeUrl` to be free of faults, and pay-ins that each sync had reason to see
 * once: a second full listing takes pay-ins over from the pages that have counted them.
 */
export async function expectTrueBooks(books: Books): Promise<void> {
  const paid = await readSucceeded(books.stripeUrl);
  const booked = await readLedger(books.blnkUrl);
  const payIns = booked.filter(({ id }) => PAY_IN.test(id));
  expect(payIns.map(({ line }) => line)).toEqual(paid.map(({ line }) => line));
  expect(new Set(booked.map(({ id }) => id)).size).toBe(booked.length);
  await expectTrueRows(books, booked);
  await expectTruePages(books);
  await expectTrueSyncs(books, paid);
}

/** No reference of a leg: `txn_…`, or the payment's with a suffix. */
const PAY_IN = /^pi_[^.]+$/;

/** A sync that follows finds nothing left to do. */
export function expectIdle(sync: { status: string; counts: { found: number } } | undefined): void {
  expect(sync).toMatchObject({ status: 'completed', counts: { found: 0 } });
}

interface Money {
  readonly id: string;
  readonly currency: string;
  readonly amount: bigint;
}

interface Line extends Money {
  /** All of it, for comparing. */
  readonly line: string;
}

function toLines(all: readonly Money[]): Line[] {
  return all
    .map((one) => ({ ...one, line: `${one.id} ${one.amount} ${one.currency}` }))
    .sort((a, b) => (a.line < b.line ? -1 : 1));
}

interface Intent {
  readonly id: string;
  readonly status: string;
  readonly currency: string;
  readonly amount_received: number;
}

async function readSucceeded(url: string): Promise<Line[]> {
  const intents: Intent[] = [];
  for (let more = true; more;) {
    const after = intents.length > 0 ? `&starting_after=${intents.at(-1)!.id}` : '';
    const headers = { Authorization: `Bearer ${SANDBOX_STRIPE_KEY}` };
    const answer = await fetch(`${url}/v1/payment_intents?limit=100${after}`, { headers });
    const page = (await answer.json()) as { data: Intent[]; has_more: boolean };
    intents.push(...page.data);
    more = page.has_more;
  }
  return toLines(
    intents
      .filter(({ status }) => status === 'succeeded')
      .map(({ id, currency, amount_received }) => ({
        id,
        currency: currency.toUpperCase(),
        amount: BigInt(amount_received),
      })),
  );
}

interface Transaction {
  readonly transaction_id: string;
  readonly reference: string;
  readonly status: string;
  readonly currency: string;
  readonly precise_amount: number;
}

type Booked = Line & { readonly transactionId: string };

async function readLedger(url: string): Promise<Booked[]> {
  const answer = await fetch(`${url}/sandbox/transactions`);
  const { data } = (await answer.json()) as { data: Transaction[] };
  expect(data.filter(({ status }) => status !== 'APPLIED')).toEqual([]);
  const ids = new Map(data.map((row) => [row.reference, row.transaction_id]));
  return toLines(
    data.map(({ reference, currency, precise_amount }) => ({
      id: reference,
      currency,
      amount: BigInt(precise_amount),
    })),
  ).map((line) => ({ ...line, transactionId: ids.get(line.id)! }));
}

/** One row for each posting, in the ledger under the transaction that it names; none is left staged. */
async function expectTrueRows({ db, instanceId }: Books, booked: readonly Booked[]): Promise<void> {
  const rows = await db.query<Record<'id' | 'state' | 'reference' | 'transaction', string>>(
    `select movement_id as id, state, reference, blnk_transaction_id as transaction
     from movements where instance_id = $1 order by movement_id`,
    [instanceId],
  );
  const inLedger = ['posted', 'already_posted'];
  expect(rows.filter(({ state }) => !inLedger.includes(state))).toEqual([]);
  const told = rows.map(({ id, reference, transaction }) => `${id} ${reference} ${transaction}`);
  const held = booked.map(({ id, transactionId }) => `${id} ${id} ${transactionId}`);
  expect(told.sort()).toEqual(held.sort());
}

const OUTCOMES = ['posted', 'alreadyPosted', 'quarantined', 'beforeSince'] as const;
type Field = 'found' | (typeof OUTCOMES)[number];

interface Counted extends Record<Field, number> {
  readonly id: string;
  readonly syncId: string;
  readonly state: string;
  readonly amounts: Readonly<Record<string, Readonly<Record<Field, string>>>>;
}

/** Currency and outcome to minor units, without what is zero. */
function moneyOf(all: readonly Counted[]): Record<string, bigint> {
  const sums = all
    .flatMap(({ amounts }) => Object.entries(amounts))
    .flatMap(([currency, fields]) =>
      Object.entries(fields).map(([field, sum]) => [`${currency} ${field}`, BigInt(sum)] as const),
    );
  return addUp(sums);
}

function addUp(sums: readonly (readonly [string, bigint])[]): Record<string, bigint> {
  const added: Record<string, bigint> = {};
  for (const [key, sum] of sums) if (sum !== 0n) added[key] = (added[key] ?? 0n) + sum;
  return added;
}

function countsOf(all: readonly Counted[]): Record<Field, number> {
  const count = (field: Field) => all.reduce((sum, one) => sum + one[field], 0);
  return {
    found: count('found'),
    posted: count('posted'),
    alreadyPosted: count('alreadyPosted'),
    quarantined: count('quarantined'),
    beforeSince: count('beforeSince'),
  };
}

const readPages = ({ db, instanceId }: Books) =>
  db.query<Counted>(
    `select p.page_id as id, p.sync_id as "syncId", p.state, p.found, p.posted,
       p.already_posted as "alreadyPosted", p.quarantined, p.before_since as "beforeSince", p.amounts
     from sync_pages p join stripe_syncs s using (sync_id) where s.instance_id = $1`,
    [instanceId],
  );

const readSyncs = ({ db, instanceId }: Books) =>
  db.query<Counted>(
    `select sync_id as id, sync_id as "syncId", status as state, records_found as found,
       records_posted as posted, records_already_posted as "alreadyPosted",
       records_quarantined as quarantined, records_before_since as "beforeSince", amounts
     from stripe_syncs where instance_id = $1`,
    [instanceId],
  );

/** What a page has counted as in the ledger are its pay-ins, in count and money. */
async function expectTruePages(books: Books): Promise<void> {
  const pages = await readPages(books);
  expect(pages.filter(({ state }) => state === 'open')).toEqual([]);
  const payIns = await books.db.query<Record<'page' | 'state' | 'currency' | 'amount', string>>(
    `select page_id as page, state, currency, amount::text as amount from movements
     where instance_id = $1 and kind = 'pay_in'`,
    [books.instanceId],
  );
  const owned = payIns.map(({ page, state, currency, amount }) => {
    const field = state === 'posted' ? 'posted' : 'alreadyPosted';
    return [`${page} ${currency.toUpperCase()} ${field}`, BigInt(amount)] as const;
  });
  const counted = pages.flatMap((page) =>
    Object.entries(moneyOf([page]))
      .filter(([key]) => / (posted|alreadyPosted)$/.test(key))
      .map(([key, sum]) => [`${page.id} ${key}`, sum] as const),
  );
  expect(addUp(counted)).toEqual(addUp(owned));
  const counts = countsOf(pages);
  expect(counts.posted + counts.alreadyPosted).toBe(payIns.length);
}

/** Every sync is the sum of its pages, and all together have found each pay-in in the ledger once. */
async function expectTrueSyncs(books: Books, paid: readonly Line[]): Promise<void> {
  const pages = await readPages(books);
  const syncs = await readSyncs(books);
  expect(syncs.filter(({ state }) => state === 'running')).toEqual([]);
  for (const sync of syncs) {
    const own = pages.filter(({ syncId }) => syncId === sync.id);
    expect(countsOf([sync])).toEqual(countsOf(own));
    expect(moneyOf([sync])).toEqual(moneyOf(own));
    expectAddsUp(sync);
  }
  const { posted, alreadyPosted } = countsOf(syncs);
  expect(posted + alreadyPosted).toBe(paid.length);
  const money = moneyOf(syncs);
  const inLedger = addUp(
    Object.entries(money)
      .filter(([key]) => / (posted|alreadyPosted)$/.test(key))
      .map(([key, sum]) => [key.split(' ')[0]!, sum] as const),
  );
  expect(inLedger).toEqual(addUp(paid.map(({ currency, amount }) => [currency, amount] as const)));
  const open = await books.db.query(
    `select w.window_id from sync_windows w join stripe_syncs s using (sync_id)
     where s.instance_id = $1 and w.state = 'open'`,
    [books.instanceId],
  );
  expect(open).toEqual([]);
}

/** found = the sum of the outcomes, in count and money. */
function expectAddsUp(sync: Counted): void {
  expect(sync.found).toBe(OUTCOMES.reduce((sum, outcome) => sum + sync[outcome], 0));
  for (const sums of Object.values(sync.amounts)) {
    const outcomes = OUTCOMES.reduce((sum, outcome) => sum + BigInt(sums[outcome]), 0n);
    expect(BigInt(sums.found)).toBe(outcomes);
  }
}
