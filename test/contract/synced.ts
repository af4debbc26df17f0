/**
 * An instance that real syncs carry over from Stripe's stand-in to the ledger under contract, by a source balance of its
 * own, and what must hold of that ledger then.
 */
import type { Connection } from '../../src/engine/deps';
import type { Db } from '../../src/store/db';
import { latestProof } from '../../src/store/proofs';
import { startWorld, type DrivenWorld, type WorldOptions } from '../support/worlds/driver-world';
import { askAboutDisputes } from '../support/worlds/make-due';
import type { Core } from './support';

export const HOUR = 3_600;
const START = Math.floor(Date.now() / 1000) - 12 * HOUR;
const WITHOUT_END = new Date('2999-01-01T00:00:00Z');
const { signal } = new AbortController();

export interface Ran {
  readonly state: string | undefined;
  /** What the proof names, without amounts. */
  readonly named: readonly string[];
  readonly posted: number;
  readonly notes: readonly string[];
}

export const PROVEN = { state: 'proven', named: [] };
export const IDLE = { ...PROVEN, posted: 0, notes: [] };

export interface Own {
  readonly reference: string;
  readonly from: string;
  readonly to: string;
}

/** Debits and credits by name and currency. */
export type BalancesByName = Readonly<Record<string, string>>;

export interface Synced {
  readonly source: string;
  readonly world: DrivenWorld;
  /** What comes before each posting, and before a balance is counted anew. */
  readonly before: { post: () => Promise<void>; recount: () => void };
  /** Goes on with other settings beside those that it has. */
  configure(changes: Readonly<Record<string, string>>): Promise<void>;
  /** Of everything that moves Stripe's balance, some. */
  happen(count: number): Promise<void>;
  /** A sync, and what it says. */
  run(): Promise<Ran>;
  /** What we have posted, oldest first. */
  own(): Promise<readonly Own[]>;
  /** Of every balance of ours; each of them is the sum of its postings. */
  books(): Promise<BalancesByName>;
  /** Credits less debits of a balance below the source, of all currencies. */
  held(suffix: string): Promise<bigint>;
  /** Everything of ours is there, and what left Stripe's balance is what the ledger says. */
  expectWhole(): Promise<void>;
  /** Another deployment of the same account and ledger, which knows nothing. */
  loseDatabase(): Promise<void>;
  close(): Promise<void>;
}

let stories = 0;

export async function startSynced(core: Core, db: Db): Promise<Synced> {
  stories += 1;
  const source = `@stripe${core.run.replace('pi_', '')}${stories}`;
  const payer = `cus_${core.run.slice(3)}${stories}x`;
  let settings: Readonly<Record<string, string>> = {
    ...{ BLNK_URL: core.url, BLNK_API_KEY: core.masterKey, MOVEMENTS: 'on' },
    ...{ BLNK_SOURCE_BALANCE: source, BLNK_GUEST_BALANCE: `${source}-guest` },
  };
  const before: Synced['before'] = { post: () => Promise.resolve(), recount: () => undefined };
  const options = (): WorldOptions => ({
    ...{ startAt: START, settings, through: (connection) => watched(connection, before) },
  });
  const first = await startWorld(db, options());
  let world = first;

  const own: Synced['own'] = () =>
    db.query(
      `select reference, coalesce(from_balance, $2) as "from",
         coalesce(to_balance, '@' || payer, $3) as "to"
       from movements where instance_id = $1 and reference is not null and state in ('posted', 'already_posted')
       order by coalesce(booked_at, posted_at)`,
      [world.instanceId, source, `${source}-guest`],
    );
  const books = async () => {
    const ends = (await own()).flatMap(({ from, to }) => [from, to]);
    return booksOf(world, [...new Set(ends)]);
  };
  return {
    source,
    before,
    get world() {
      return world;
    },
    configure: (changes) => world.configure((settings = { ...settings, ...changes })),
    happen: (count) => happen(world, payer, count),
    run: () => run(world),
    own,
    books,
    async held(suffix) {
      const found = await world.connection.ledger.turnoversOf([source + suffix], signal);
      return found.reduce((sum, { balance }) => sum + balance, 0n);
    },
    async expectWhole() {
      const references = (await own()).map(({ reference }) => reference);
      expect((await lookUpAll(world, references)).sort()).toEqual(references.sort());
      const stated = await books();
      const reading = await world.connection.stripe.readBalance(signal);
      for (const { type, currency, available, pending } of reading.parts) {
        if (type !== 'payments') continue;
        const key = `${source} ${currency.toUpperCase()}`;
        const [debits = '0', credits = '0'] = (stated[key] ?? '').split(' ');
        expect([key, BigInt(debits) - BigInt(credits)]).toEqual([key, available + pending]);
      }
    },
    async loseDatabase() {
      world = await startWorld(db, { ...options(), beside: first });
    },
    close: () => first.close(),
  };
}

function watched(connection: Connection, before: Synced['before']): Connection {
  const { ledger } = connection;
  const post: typeof ledger.post = async (posting, abort) => {
    await before.post();
    return ledger.post(posting, abort);
  };
  const recount: typeof ledger.recount = (balanceId, abort) => {
    before.recount();
    return ledger.recount(balanceId, abort);
  };
  return { ...connection, ledger: { ...ledger, post, recount } };
}

async function happen({ stripe }: DrivenWorld, payer: string, count: number): Promise<void> {
  const { world: account, clock } = stripe;
  const { money } = account;
  for (let index = 0; index < count; index += 1) {
    await account.pay({
      ...{ amount: 1_000 + index, customer: index % 5 === 0 ? null : `${payer}${index % 7}` },
      ...(index % 6 === 1 && { currency: 'eur' }),
    });
  }
  const kept = await account.pay({ amount: 9_000, customer: `${payer}1` });
  const lost = await account.pay({ amount: 8_000, customer: `${payer}2` });
  await money.refund({ payment: kept.id, amount: 2_500 });
  const { id } = await money.dispute({ payment: lost.id });
  await money.closeDispute({ dispute: id, status: 'lost' });
  await money.chargeFee({ amount: 150 });
  await money.payout({ amount: 3_000 });
  clock.advance(HOUR);
}

async function run({ db, instanceId, clock, driver }: DrivenWorld): Promise<Ran> {
  clock.advance(60);
  await askAboutDisputes(db, instanceId);
  const { syncId, row } = await driver.sync();
  expect(row).toMatchObject({ status: 'completed', error: null });
  const stored = await latestProof(db, instanceId);
  const proof = stored?.syncId === syncId ? stored.proof : undefined;
  const items = proof?.currencies.flatMap((one) => one.items) ?? [];
  const [legs] = await db.query<{ count: number }>(
    `select count(*)::int as count from movements m join sync_pages g using (page_id)
     where g.sync_id = $1 and m.state = 'posted'`,
    [syncId],
  );
  return {
    state: proof?.state,
    named: items.map(({ kind, reference }) => `${kind} ${reference}`).sort(),
    posted: legs?.count ?? 0,
    notes: row?.notes ?? [],
  };
}

async function booksOf({ connection }: DrivenWorld, names: string[]): Promise<BalancesByName> {
  const { ledger } = connection;
  const all: [string, string][] = [];
  for (const balance of await ledger.turnoversOf(names, signal)) {
    const { balanceId, name, currency, debits, credits } = balance;
    expect(await ledger.turnoversAt(balanceId, WITHOUT_END, signal)).toMatchObject({
      ...{ debits, credits },
    });
    all.push([`${name} ${currency}`, `${debits} ${credits}`]);
  }
  return Object.fromEntries(all);
}

async function lookUpAll(
  { connection }: DrivenWorld,
  references: readonly string[],
): Promise<string[]> {
  const found: string[] = [];
  for (let at = 0; at < references.length; at += 100) {
    const entries = await connection.ledger.lookUp(references.slice(at, at + 100), signal);
    found.push(...entries.map(({ reference }) => reference));
  }
  return found;
}
