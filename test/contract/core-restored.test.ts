/**
 * A ledger that forgets: restored from a backup, in each of the forms in which that happens, or a row deleted from its
 * database. The next sync finds it and heals it, between Stripe's stand-in and this ledger, and nothing is there twice.
 * A real Core is restored only where BLNK_CORE_BACKUP and BLNK_CORE_RESTORE, two shell commands, say how: nothing else
 * may use it meanwhile.
 */
import { SyncError } from '../../src/domain/errors';
import { rfc3339 } from '../../src/domain/posting';
import { connectDb, type Db } from '../../src/store/db';
import { startOwnDatabase, type OwnDatabase } from '../support/databases/own-database';
import { keyFor, openCore, say, tamperingOf, type Core } from './support';
import {
  HOUR,
  IDLE,
  PROVEN,
  startSynced,
  type BalancesByName,
  type Own,
  type Synced,
} from './synced';

const { signal } = new AbortController();

let core: Core;
let database: OwnDatabase;
let db: Db;
let synced: Synced;

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
beforeEach(async () => void (synced = await startSynced(core, db)));
afterEach(() => synced.close());

/** Its money is in Stripe's balance from now on, and is nobody's until it succeeds. */
async function beginDebit(amount: number): Promise<string> {
  const { world: account, clock } = synced.world.stripe;
  const debit = { status: 'processing', paymentMethodType: 'sepa_debit' } as const;
  const chargeCreatedAt = clock.nowSeconds();
  return (await account.create({ ...debit, amount, customer: null, chargeCreatedAt })).id;
}

/** Whether there is a way to restore it; else nothing is shown, and that is said. */
function backupOf({ backup }: Core): NonNullable<Core['backup']> | undefined {
  if (!backup) say('Not shown: BLNK_CORE_BACKUP and BLNK_CORE_RESTORE do not say how to restore.');
  return backup;
}

/** @returns the books as they were before the backup was restored, without what was booked since it was taken */
async function loseNewest(backup: NonNullable<Core['backup']>): Promise<BalancesByName> {
  await synced.happen(20);
  expect(await synced.run()).toMatchObject(PROVEN);
  await backup.take();
  await synced.happen(40);
  expect(await synced.run()).toMatchObject({ ...PROVEN, notes: [] });
  const before = await synced.books();
  await backup.restore();
  return before;
}

describe('a ledger that is restored from a backup', () => {
  test('in the middle of a sync is whole when that sync has ended', async () => {
    const backup = backupOf(core);
    if (!backup) return;
    await synced.happen(60);
    let count = 0;
    const at: Record<number, () => Promise<void>> = {
      40: () => backup.take(),
      100: () => backup.restore(),
    };
    synced.before.post = async () => at[(count += 1)]?.();
    const done = await synced.run();
    expect(done.notes).toEqual(['LEDGER_REWOUND']);
    expect(done.state).toBe('proven');
    await synced.expectWhole();
    expect(await synced.run()).toEqual(IDLE);
  });

  test('between two syncs gets back what it has lost, far more than the newest, with the next', async () => {
    const backup = backupOf(core);
    if (!backup) return;
    const before = await loseNewest(backup);
    expect(await synced.books()).not.toEqual(before);
    const healed = await synced.run();
    expect(healed).toMatchObject({ state: 'proven', notes: ['LEDGER_REWOUND'] });
    expect(await synced.books()).toEqual(before);
    await synced.expectWhole();
    expect(await synced.run()).toEqual(IDLE);
  });

  test('and our own database lost with it: the first sync takes over what it began with, and brings back the rest', async () => {
    const backup = backupOf(core);
    if (!backup) return;
    const before = await loseNewest(backup);
    await synced.loseDatabase();
    expect(await synced.books()).not.toEqual(before);
    expect(await synced.run()).toMatchObject(PROVEN);
    expect(await synced.books()).toEqual(before);
    await synced.expectWhole();
    expect(await synced.run()).toEqual(IDLE);
  });

  test('and our own database lost, while debits are under way: what was applied is applied again, what waits goes on', async () => {
    const backup = backupOf(core);
    if (!backup) return;
    const { world: account } = synced.world.stripe;
    const [applied, waiting] = [await beginDebit(7_000), await beginDebit(500)];
    await synced.happen(10);
    expect(await synced.run()).toMatchObject(PROVEN);
    expect(await synced.held('-unapplied')).toBe(7_500n);
    await backup.take();
    await account.succeed(applied);
    await synced.happen(10);
    expect(await synced.run()).toMatchObject({ ...PROVEN, notes: [] });
    expect(await synced.held('-unapplied')).toBe(500n);
    const before = await synced.books();
    await backup.restore();
    await synced.loseDatabase();
    expect(await synced.held('-unapplied')).toBe(7_500n);
    expect(await synced.run()).toMatchObject(PROVEN);
    expect(await synced.books()).toEqual(before);
    await synced.expectWhole();
    await account.succeed(waiting);
    synced.world.clock.advance(HOUR);
    expect(await synced.run()).toMatchObject({ ...PROVEN, posted: 2, notes: [] });
    expect(await synced.held('-unapplied')).toBe(0n);
    expect(
      (await synced.own()).filter(({ reference }) => reference.endsWith('.applied')),
    ).toHaveLength(2);
    await synced.expectWhole();
    expect(await synced.run()).toEqual(IDLE);
  });

  test('and our own database lost, of an instance that began with an opening balance: the same', async () => {
    const backup = backupOf(core);
    if (!backup) return;
    await synced.happen(10);
    // What was held then is no zero, and certain only some syncs later.
    await synced.configure({ SYNC_SINCE: rfc3339(synced.world.clock.nowSeconds()) });
    synced.world.clock.advance(2 * HOUR);
    await synced.happen(1);
    for (let syncs = 0; (await synced.run()).state !== 'proven'; syncs += 1) {
      expect(syncs).toBeLessThan(5);
      synced.world.clock.advance(HOUR);
    }
    const before = await loseNewest(backup);
    await synced.loseDatabase();
    expect(await synced.run()).toMatchObject(PROVEN);
    expect(await synced.books()).toEqual(before);
    expect(await synced.run()).toEqual(IDLE);
  });
});

describe('a row that is deleted from the ledger’s database', () => {
  const isFee = ({ reference }: Own) => reference.endsWith('.fee');
  /** Between two balances of which none is the source. */
  const isLost = ({ reference }: Own) => reference.endsWith('.lost');

  test('is posted again by the next sync, whatever it was, and counted once by both of its balances', async () => {
    const tampering = tamperingOf(core);
    if (!tampering) return;
    await synced.happen(12);
    expect(await synced.run()).toMatchObject(PROVEN);
    const before = await synced.books();
    const all = await synced.own();
    for (const one of [all[0], all.find(isFee), all.find(isLost)]) {
      await tampering.loseRow(one!.reference);
      let recounts = 0;
      synced.before.recount = () => {
        recounts += 1;
        // After the first of the two balances: what is begun again must not take them for right.
        if (recounts === 2) throw new SyncError('BLNK_UNAVAILABLE');
      };
      const healed = await synced.run();
      expect(recounts).toBeGreaterThan(2);
      expect(healed).toMatchObject({ state: 'proven', posted: 1, notes: ['LEDGER_REWOUND'] });
      expect(await synced.books()).toEqual(before);
      await synced.expectWhole();
    }
    expect(await synced.run()).toEqual(IDLE);
  });

  test('is found and named by the proof also where more than a hundred were posted after it', async () => {
    const tampering = tamperingOf(core);
    if (!tampering) return;
    await synced.happen(4);
    expect(await synced.run()).toMatchObject(PROVEN);
    const old = await synced.own();
    const [oldest, lost] = [old[0]!, old.find(isLost)!];
    await synced.happen(110);
    expect(await synced.run()).toMatchObject(PROVEN);
    expect(await synced.run()).toEqual(IDLE);
    const before = await synced.books();
    for (const { reference } of [oldest, lost]) await tampering.loseRow(reference);
    expect(await synced.run()).toMatchObject({
      ...{ state: 'proven', posted: 2, notes: ['LEDGER_REWOUND'] },
      named: [oldest, lost].map(({ reference }) => `posted_again ${reference}`).sort(),
    });
    expect(await synced.books()).toEqual(before);
    expect(await synced.run()).toEqual(IDLE);
  });

  test('by a key that may not have balances counted anew is posted again, and named; with another both are right', async () => {
    const tampering = tamperingOf(core);
    if (!tampering) return;
    await synced.happen(4);
    expect(await synced.run()).toMatchObject(PROVEN);
    const before = await synced.books();
    const scopes = ['transactions:read', 'transactions:write', 'balances:read'];
    await synced.configure({ BLNK_API_KEY: await keyFor(core, ...scopes) });
    const { reference } = (await synced.own())[0]!;
    await tampering.loseRow(reference);
    const named = await synced.run();
    expect(named).toMatchObject({
      ...{ state: 'broken', posted: 1 },
      named: [expect.stringMatching(/^corrupt_debits /), `posted_again ${reference}`],
    });
    await synced.configure({ BLNK_API_KEY: core.masterKey });
    // As `repair --apply` does; of the other balance nothing was named.
    await synced.world.connection.ledger.recount(named.named[0]!.split(' ')[1]!, signal);
    expect(await synced.run()).toMatchObject({ ...PROVEN, posted: 0 });
    expect(await synced.books()).toEqual(before);
  });
});
