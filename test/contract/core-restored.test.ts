/**
 * A ledger that forgets: restored from a backup, in each of the forms in which that happens, or a row deleted from its
 * database. The next sync finds it and heals it, between Stripe's stand-in and this ledger, and nothing is there twice.
 * A real Core is restored only where BLNK_CORE_BACKUP and BLNK_CORE_RESTORE, two shell commands, say how: nothing else
 * may use it meanwhile.
 */
import { SyncError } from '../../src/domain/errors';
import { rfc3339 } from '../../src/domain/posting';
import type { Connection } from '../../src/engine/deps';
import { connectDb, type Db } from '../../src/store/db';
import { latestProof } from '../../src/store/proofs';
import { startOwnDatabase, type OwnDatabase } from '../support/databases/own-database';
import { startWorld, type DrivenWorld, type WorldOptions } from '../support/worlds/driver-world';
import { askAboutDisputes } from '../support/worlds/make-due';
import { keyFor, openCore, say, type Core } from './support';

const HOUR = 3_600;
const START = Math.floor(Date.now() / 1000) - 12 * HOUR;
const WITHOUT_END = new Date('2999-01-01T00:00:00Z');
const { signal } = new AbortController();

let core: Core;
let database: OwnDatabase;
let db: Db;
let first: DrivenWorld;
let world: DrivenWorld;
let settings: Readonly<Record<string, string>>;
/** Called before each posting. */
let beforePost: () => Promise<void>;
/** Called before a balance is counted anew. */
let beforeRecount: () => void;
let stories = 0;

beforeAll(async () => {
  core = await openCore();
  database = await startOwnDatabase();
  db = connectDb(database.url);
});
afterAll(async () => {
  await db.close();
  await database.stop();
  await core.close();
});
beforeEach(async () => {
  stories += 1;
  beforePost = () => Promise.resolve();
  beforeRecount = () => undefined;
  const source = `@stripe${core.run.replace('pi_', '')}${stories}`;
  settings = {
    ...{ BLNK_URL: core.url, BLNK_API_KEY: core.masterKey, MOVEMENTS: 'on' },
    ...{ BLNK_SOURCE_BALANCE: source, BLNK_GUEST_BALANCE: `${source}-guest` },
  };
  first = world = await startWorld(db, { startAt: START, settings, through: watched });
});
afterEach(() => first.close());

function watched(connection: Connection): Connection {
  const { ledger } = connection;
  const post: typeof ledger.post = async (posting, abort) => {
    await beforePost();
    return ledger.post(posting, abort);
  };
  const recount: typeof ledger.recount = (balanceId, abort) => {
    beforeRecount();
    return ledger.recount(balanceId, abort);
  };
  return { ...connection, ledger: { ...ledger, post, recount } };
}

/** Of everything that moves Stripe's balance, some. */
async function happen(count: number): Promise<void> {
  const { world: account, clock } = world.stripe;
  const { money } = account;
  const payer = (index: number) => `cus_${core.run.slice(3)}${stories}x${index % 7}`;
  for (let index = 0; index < count; index += 1) {
    await account.pay({
      ...{ amount: 1_000 + index, customer: index % 5 === 0 ? null : payer(index) },
      ...(index % 6 === 1 && { currency: 'eur' }),
    });
  }
  const kept = await account.pay({ amount: 9_000, customer: payer(1) });
  const lost = await account.pay({ amount: 8_000, customer: payer(2) });
  await money.refund({ payment: kept.id, amount: 2_500 });
  const { id } = await money.dispute({ payment: lost.id });
  await money.closeDispute({ dispute: id, status: 'lost' });
  await money.chargeFee({ amount: 150 });
  await money.payout({ amount: 3_000 });
  clock.advance(HOUR);
}

interface Ran {
  readonly state: string | undefined;
  /** What the proof names, without amounts. */
  readonly named: readonly string[];
  readonly posted: number;
  readonly notes: readonly string[];
}

/** A sync, and what it says. */
async function run(): Promise<Ran> {
  world.clock.advance(60);
  await askAboutDisputes(db, world.instanceId);
  const { syncId, row } = await world.driver.sync();
  expect(row).toMatchObject({ status: 'completed', error: null });
  const stored = await latestProof(db, world.instanceId);
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

interface Own {
  readonly reference: string;
  readonly from: string;
  readonly to: string;
}

async function own(): Promise<readonly Own[]> {
  const { BLNK_SOURCE_BALANCE: source, BLNK_GUEST_BALANCE: guest } = settings;
  return db.query(
    `select reference, coalesce(from_balance, $2) as "from",
       coalesce(to_balance, '@' || payer, $3) as "to"
     from movements where instance_id = $1 and reference is not null and state in ('posted', 'already_posted')
     order by coalesce(booked_at, posted_at)`,
    [world.instanceId, source, guest],
  );
}

/** Debits and credits of every balance of ours; each of them is the sum of its postings. */
async function books(): Promise<Readonly<Record<string, string>>> {
  const { ledger } = world.connection;
  const ends = (await own()).flatMap(({ from, to }) => [from, to]);
  const all: [string, string][] = [];
  for (const balance of await ledger.turnoversOf([...new Set(ends)], signal)) {
    const { balanceId, name, currency, debits, credits } = balance;
    expect(await ledger.turnoversAt(balanceId, WITHOUT_END, signal)).toMatchObject({
      ...{ debits, credits },
    });
    all.push([`${name} ${currency}`, `${debits} ${credits}`]);
  }
  return Object.fromEntries(all);
}

/** Everything of ours is there, and what left Stripe's balance is what the ledger says. */
async function expectWhole(): Promise<void> {
  const references = (await own()).map(({ reference }) => reference);
  const entries = await lookUpAll(references);
  expect(entries.sort()).toEqual(references.sort());
  const stated = await books();
  const reading = await world.connection.stripe.readBalance(signal);
  for (const { type, currency, available, pending } of reading.parts) {
    if (type !== 'payments') continue;
    const key = `${settings['BLNK_SOURCE_BALANCE']} ${currency.toUpperCase()}`;
    const [debits = '0', credits = '0'] = (stated[key] ?? '').split(' ');
    expect([key, BigInt(debits) - BigInt(credits)]).toEqual([key, available + pending]);
  }
}

async function lookUpAll(references: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (let at = 0; at < references.length; at += 100) {
    const entries = await world.connection.ledger.lookUp(references.slice(at, at + 100), signal);
    found.push(...entries.map(({ reference }) => reference));
  }
  return found;
}

const PROVEN = { state: 'proven', named: [] };
const IDLE = { ...PROVEN, posted: 0, notes: [] };

/** Whether there is a way to restore it; else nothing is shown, and that is said. */
function backupOf({ backup }: Core): NonNullable<Core['backup']> | undefined {
  if (!backup) say('Not shown: BLNK_CORE_BACKUP and BLNK_CORE_RESTORE do not say how to restore.');
  return backup;
}

/** @returns the books as they were before the backup was restored, without what was booked since it was taken */
async function loseNewest(
  backup: NonNullable<Core['backup']>,
): Promise<Readonly<Record<string, string>>> {
  await happen(20);
  expect(await run()).toMatchObject(PROVEN);
  await backup.take();
  await happen(40);
  expect(await run()).toMatchObject({ ...PROVEN, notes: [] });
  const before = await books();
  await backup.restore();
  return before;
}

describe('a ledger that is restored from a backup', () => {
  test('in the middle of a sync is whole when that sync has ended', async () => {
    const backup = backupOf(core);
    if (!backup) return;
    await happen(60);
    let count = 0;
    const at: Record<number, () => Promise<void>> = {
      40: () => backup.take(),
      100: () => backup.restore(),
    };
    beforePost = async () => at[(count += 1)]?.();
    const done = await run();
    expect(done.notes).toEqual(['LEDGER_REWOUND']);
    expect(done.state).toBe('proven');
    await expectWhole();
    expect(await run()).toEqual(IDLE);
  });

  test('between two syncs gets back what it has lost, far more than the newest, with the next', async () => {
    const backup = backupOf(core);
    if (!backup) return;
    const before = await loseNewest(backup);
    expect(await books()).not.toEqual(before);
    const healed = await run();
    expect(healed).toMatchObject({ state: 'proven', notes: ['LEDGER_REWOUND'] });
    expect(await books()).toEqual(before);
    await expectWhole();
    expect(await run()).toEqual(IDLE);
  });

  test('and our own database lost with it: the first sync takes over what it began with, and brings back the rest', async () => {
    const backup = backupOf(core);
    if (!backup) return;
    const before = await loseNewest(backup);
    await loseDatabase();
    expect(await books()).not.toEqual(before);
    expect(await run()).toMatchObject(PROVEN);
    expect(await books()).toEqual(before);
    await expectWhole();
    expect(await run()).toEqual(IDLE);
  });

  test('and our own database lost, of an instance that began with an opening balance: the same', async () => {
    const backup = backupOf(core);
    if (!backup) return;
    await happen(10);
    // What was held then is no zero, and certain only some syncs later.
    await world.configure(
      (settings = { ...settings, SYNC_SINCE: rfc3339(world.clock.nowSeconds()) }),
    );
    world.clock.advance(2 * HOUR);
    await happen(1);
    for (let syncs = 0; (await run()).state !== 'proven'; syncs += 1) {
      expect(syncs).toBeLessThan(5);
      world.clock.advance(HOUR);
    }
    const before = await loseNewest(backup);
    await loseDatabase();
    expect(await run()).toMatchObject(PROVEN);
    expect(await books()).toEqual(before);
    expect(await run()).toEqual(IDLE);
  });
});

/** Whether a row can be lost; else nothing is shown, and that is said. */
function loserOf({ loseRow }: Core): NonNullable<Core['loseRow']> | undefined {
  if (!loseRow) say('Not shown: BLNK_CORE_SQL does not say how SQL is run on its database.');
  return loseRow;
}

describe('a row that is deleted from the ledger’s database', () => {
  const isFee = ({ reference }: Own) => reference.endsWith('.fee');
  /** Between two balances of which none is the source. */
  const isLost = ({ reference }: Own) => reference.endsWith('.lost');

  test('is posted again by the next sync, whatever it was, and counted once by both of its balances', async () => {
    const loseRow = loserOf(core);
    if (!loseRow) return;
    await happen(12);
    expect(await run()).toMatchObject(PROVEN);
    const before = await books();
    const all = await own();
    for (const one of [all[0], all.find(isFee), all.find(isLost)]) {
      await loseRow(one!.reference);
      let recounts = 0;
      beforeRecount = () => {
        recounts += 1;
        // After the first of the two balances: what is begun again must not take them for right.
        if (recounts === 2) throw new SyncError('BLNK_UNAVAILABLE');
      };
      const healed = await run();
      expect(recounts).toBeGreaterThan(2);
      expect(healed).toMatchObject({ state: 'proven', posted: 1, notes: ['LEDGER_REWOUND'] });
      expect(await books()).toEqual(before);
      await expectWhole();
    }
    expect(await run()).toEqual(IDLE);
  });

  test('is found and named by the proof also where more than a hundred were posted after it', async () => {
    const loseRow = loserOf(core);
    if (!loseRow) return;
    await happen(4);
    expect(await run()).toMatchObject(PROVEN);
    const old = await own();
    const [oldest, lost] = [old[0]!, old.find(isLost)!];
    await happen(110);
    expect(await run()).toMatchObject(PROVEN);
    expect(await run()).toEqual(IDLE);
    const before = await books();
    for (const { reference } of [oldest, lost]) await loseRow(reference);
    expect(await run()).toMatchObject({
      ...{ state: 'proven', posted: 2, notes: ['LEDGER_REWOUND'] },
      named: [oldest, lost].map(({ reference }) => `posted_again ${reference}`).sort(),
    });
    expect(await books()).toEqual(before);
    expect(await run()).toEqual(IDLE);
  });

  test('by a key that may not have balances counted anew is posted again, and named; with another both are right', async () => {
    const loseRow = loserOf(core);
    if (!loseRow) return;
    await happen(4);
    expect(await run()).toMatchObject(PROVEN);
    const before = await books();
    const scopes = ['transactions:read', 'transactions:write', 'balances:read'];
    await world.configure({ ...settings, BLNK_API_KEY: await keyFor(core, ...scopes) });
    const { reference } = (await own())[0]!;
    await loseRow(reference);
    const named = await run();
    expect(named).toMatchObject({
      ...{ state: 'broken', posted: 1 },
      named: [expect.stringMatching(/^corrupt_debits /), `posted_again ${reference}`],
    });
    await world.configure(settings);
    // As `repair --apply` does; of the other balance nothing was named.
    await world.connection.ledger.recount(named.named[0]!.split(' ')[1]!, signal);
    expect(await run()).toMatchObject({ ...PROVEN, posted: 0 });
    expect(await books()).toEqual(before);
  });
});

/** Another deployment of the same account and ledger, which knows nothing. */
async function loseDatabase(): Promise<void> {
  const options: WorldOptions = { startAt: START, settings, beside: first, through: watched };
  world = await startWorld(db, options);
}
