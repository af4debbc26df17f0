/** What is in suspense, how it is assigned, and the movements that reports and `status` tell of. */
import type { BalanceTransaction } from '../../src/domain/movements/balance-transaction';
import { movementRows, readMovementStanding } from '../../src/commands/status-movements';
import { prove } from '../../src/domain/proof/proof';
import { NEW_WALK } from '../../src/domain/proof/proof-walk';
import { createNews } from '../../src/local/run/watch';
import { disableMovements } from '../../src/store/openings';
import { findLeg } from '../../src/store/legs';
import { saveProof } from '../../src/store/proofs';
import { claimBacklog, hasBacklog } from '../../src/store/backlog';
import { savePage } from '../../src/store/pages';
import { findSync, type SyncRow } from '../../src/store/syncs';
import { aCurrency, anItem, AT, judged, WAITS } from '../support/books/a-currency';
import {
  aSettledStore,
  begin,
  pageOf,
  settle,
  settled,
  stage,
  type RunningSync,
  type SettledStore,
} from '../support/databases/settled-store';
import { aBalanceTransaction, aFee, MOMENT } from '../support/worlds/a-balance-transaction';
import { configureInstance } from '../support/worlds/instance-config';
import { startCommandWorld, type CommandWorld } from '../support/worlds/command-world';

let world: CommandWorld;
let store: SettledStore;
let sync: RunningSync;

beforeAll(async () => void (world = await startCommandWorld()));
afterAll(() => world.close());
beforeEach(async () => {
  store = await aSettledStore(world.db);
  sync = await begin(store);
});

const command = (...args: string[]) => world.command(store.instanceId, ...args);
const assign = (reference: string, ...more: string[]) =>
  command(
    'suspense',
    'assign',
    reference,
    '--note',
    'as Stripe wrote',
    '--by',
    'ada',
    '--yes',
    ...more,
  );

const ADJUSTMENT = {
  ...{ id: 'txn_plus', type: 'adjustment', category: 'other_adjustment', amount: 7n },
  description: 'correction of a fee',
};
const UNKNOWN = {
  ...{ id: 'txn_minus', type: 'new_thing', category: null, amount: -5n, created: MOMENT - 10 },
  source: { object: 'other', id: 'nt_1' },
} as const;
const CHARGE = {
  id: 'txn_charge',
  fee: 90n,
  feeDetails: [aFee(50n), aFee(40n, 'new_fee')],
  created: MOMENT - 20,
};

async function carry(
  rows: readonly Partial<BalanceTransaction>[],
  aside: (id: string) => boolean = () => false,
) {
  const { pageId } = await stage(
    sync,
    rows.map((row) => settled(aBalanceTransaction(row))),
  );
  await settle(sync, pageId, aside);
  await savePage(world.db, sync.syncId, pageId);
}

describe('in suspense', () => {
  test('is what was booked there, newest first, with what Stripe says of it', async () => {
    await carry([ADJUSTMENT, UNKNOWN, CHARGE]);
    const { text } = await command('suspense', 'list');
    const [, ...lines] = text.split('\n');
    expect(lines.slice(0, 3).map((line) => line.split(/ {2,}/))).toEqual([
      [
        'txn_plus',
        '0.07',
        'USD',
        '2026-11-05 12:00:00 UTC',
        'other_adjustment, adjustment: correction of a fee',
      ],
      ['txn_minus', '-0.05', 'USD', '2026-11-05 11:59:50 UTC', 'new_thing (nt_1)'],
      ['txn_charge.fee_new_fee', '-0.40', 'USD', '2026-11-05 11:59:40 UTC', 'charge'],
    ]);
    expect(text).toContain('3 movements in suspense: -0.38 USD.');
    expect((await command('suspense', 'list', '--json')).json).toMatchObject({
      ...{ count: 3, amount: { USD: '-38' } },
      rows: [
        {
          ...{ reference: 'txn_plus', amount: '7', currency: 'USD' },
          ...{ blnkTransactionId: 'blnk_txn_plus', stripe: { description: 'correction of a fee' } },
        },
        { reference: 'txn_minus', stripe: { type: 'new_thing', category: null, source: 'nt_1' } },
        { balanceTransactionId: 'txn_charge', from: '@stripe-suspense', to: '@stripe' },
      ],
    });
  });

  test('is nothing that is not in the ledger, nor what another source has', async () => {
    await carry([ADJUSTMENT], () => true);
    expect((await command('suspense', 'list')).text).toBe('Nothing is in suspense.\n');
    const other = await aSettledStore(world.db, 'none');
    const { text } = await world.command(other.instanceId, 'suspense', 'list');
    expect(text).toContain('are not carried over');
  });
});

describe('an assignment', () => {
  test.each([
    ['txn_plus', '7', '@stripe-suspense', '@cus_7'],
    ['txn_minus', '5', '@cus_7', '@stripe-suspense'],
    ['txn_charge.fee_new_fee', '40', '@cus_7', '@stripe-suspense'],
  ])('of %s goes the way of its row', async (reference, amount, from, to) => {
    await carry([ADJUSTMENT, UNKNOWN, CHARGE]);
    const said = await assign(reference, '--to', '@cus_7', '--json');
    expect(said.json).toMatchObject({ reference: `${reference}.assigned`, from, to, amount });
    expect(said.beside).toContain(`${reference}.assigned: 0.`);
    const row = await findLeg(world.db, store, `${reference}.assigned`);
    expect(row).toMatchObject({
      kind: 'suspense',
      leg: 'assigned',
      from,
      to,
      state: 'staged',
      moves: 0n,
    });
    expect(row?.metadata.stripe_sync).toEqual({
      leg: 'assigned',
      by: 'ada',
      note: 'as Stripe wrote',
    });
    expect(row?.btId).toBe(reference.split('.')[0]);
    expect((await command('suspense', 'list')).text).not.toContain(`${reference} `);
  });

  test('is taken up by the backlog of the next sync', async () => {
    await carry([ADJUSTMENT]);
    await assign('txn_plus', '--to', '@stripe-fees');
    const next = await begin(store);
    expect(await hasBacklog(world.db, store.sourceId, next.syncId)).toBe(true);
    const page = pageOf(next, `page_${next.syncId}`);
    expect(await claimBacklog(world.db, page)).toEqual({ count: 1, nextCursor: null });
    expect(await settle(next, page.pageId)).toEqual(['txn_plus.assigned']);
    expect((await command('suspense', 'list', '--json')).json).toMatchObject({ count: 0 });
  });

  test('is refused a second time, and of what is not in suspense', async () => {
    await carry([ADJUSTMENT, CHARGE]);
    await assign('txn_plus', '--to', '@stripe-fees');
    await expect(assign('txn_plus', '--to', '@cus_7')).rejects.toThrow(
      /assigned already, to @stripe-fees/,
    );
    for (const reference of ['txn_plus.assigned', 'txn_charge', 'txn_charge.fee', 'txn_nobody']) {
      await expect(assign(reference, '--to', '@cus_7')).rejects.toMatchObject({
        code: 'NOT_FOUND',
      });
    }
  });

  test.each(['@stripe', '@stripe-suspense', 'cus_7', '@', '@a b'])(
    'to %s is refused',
    async (to) => {
      await carry([ADJUSTMENT]);
      await expect(assign('txn_plus', '--to', to)).rejects.toMatchObject({ code: 'USAGE' });
    },
  );

  test('needs a note and a yes', async () => {
    await carry([ADJUSTMENT]);
    const without = (...args: string[]) =>
      command('suspense', 'assign', 'txn_plus', '--to', '@cus_7', ...args);
    await expect(without('--yes')).rejects.toThrow(/--note/);
    await expect(without('--note', 'why')).rejects.toThrow(/--yes/);
    expect(await findLeg(world.db, store, 'txn_plus.assigned')).toBeUndefined();
  });
});

describe('a report', () => {
  test('tells of the movements of its sync by kind, of its proof and of what is in suspense', async () => {
    await carry([ADJUSTMENT, CHARGE], (id) => id === 'txn_charge.fee');
    await saveProof(world.db, sync, prove(MOMENT, null, [aCurrency()]), {
      at: MOMENT,
      walk: NEW_WALK,
    });
    const { json } = await command('syncs', 'show', '--json');
    expect(json).toMatchObject({
      recordsFound: 0,
      movements: {
        ...{ found: 4, posted: 3, alreadyPosted: 0, setAside: 1 },
        byCategory: { suspense: { found: 1, posted: 1 }, charge: { found: 3, setAside: 1 } },
      },
      proof: { USD: { stripe: '11300', ledger: '11300', unexplained: '0', state: 'proven' } },
      suspense: { count: 2, amount: { USD: '-33' } },
    });
    const { text } = await command('syncs', 'show');
    expect(text).toContain(
      '  4 movements found, 3 posted, 1 set aside (3 of charge, 1 of unknown movement)\n',
    );
    expect(text).toContain('  USD  Stripe 113.00 = ledger 113.00: proven\n');
    expect(text).toContain('  in suspense 2: -0.33 USD; see `suspense list`');
    expect((await command('syncs', 'show', '--markdown')).text).toContain('- 4 movements found');
  });

  test('of an instance that is not enabled has none of it', async () => {
    const other = await aSettledStore(world.db, 'none');
    await begin(other);
    const { json, text } = await world.command(other.instanceId, 'syncs', 'show', '--json');
    for (const field of ['movements', 'proof', 'suspense']) expect(json).not.toHaveProperty(field);
    expect(text).not.toContain('suspense');
  });

  test('of before they were disabled keeps what was found', async () => {
    await carry([ADJUSTMENT]);
    await disableMovements(world.db, store.sourceId);
    const { json } = await command('syncs', 'show', '--json');
    expect(json).toMatchObject({ movements: { found: 1 } });
    expect(json).not.toHaveProperty('suspense');
  });
});

test('`npm start` says of later syncs what they did, and of their proofs what is another than before', async () => {
  const news = createNews(world.db);
  const proven = (one: Parameters<typeof aCurrency>[0], at: number) => {
    const currencies = [aCurrency(one), aCurrency({ currency: 'EUR' })];
    return saveProof(world.db, sync, prove(at, null, currencies), null);
  };
  const ended = async (change: Partial<SyncRow> = {}) => {
    const row = await findSync(world.db, sync.syncId);
    return news.of({ ...row!, status: 'completed', ...change });
  };
  await proven({}, MOMENT);
  expect(await news.proof(sync)).toHaveLength(2);
  // Made anew and the same: of an idle run there is nothing to say.
  await proven({}, MOMENT + 60);
  expect(await ended()).toEqual([]);
  await carry([ADJUSTMENT]);
  await proven({ ledger: { debits: 12_000n, credits: 693n } }, MOMENT + 120);
  expect(await ended()).toEqual([
    '0 found; 1 movement found, 1 posted (1 of unknown movement)',
    'Stripe 113.00 USD, ledger 113.07 USD: broken, -0.07 USD unexplained; `proofs show` names what was found',
  ]);
  expect(await ended({ error: 'BLNK_UNAVAILABLE' })).toEqual([
    '0 found; 1 movement found, 1 posted (1 of unknown movement) (BLNK_UNAVAILABLE)',
  ]);
  expect(await ended({ status: 'skipped' })).toEqual([]);
});

/** Of `aCurrency`. */
const HELD = { at: AT, available: 9_300n, pending: 2_000n };
const MORE = { ...HELD, pending: 2_007n, judgement: judged(0n) };
const OFF = { debits: 12_007n, credits: 700n };

describe('status', () => {
  test('says since when movements are carried over, the last proof and what is in suspense', async () => {
    await carry([ADJUSTMENT]);
    expect((await command('status')).text).toMatch(/Proof +none yet: the next sync makes one/);
    const number = await saveProof(world.db, sync, prove(MOMENT, null, [aCurrency()]), null);
    const [text, json] = [await command('status'), await command('status', '--json')];
    expect(text.text).toMatch(/Movements +carried over since 2026-11-05 11:43:20 UTC\n/);
    expect(text.text).toMatch(
      /Proof +proven 2026-11-05 12:00:00 UTC: unexplained none \(`proofs show`, number /,
    );
    expect(text.text).toMatch(/Suspense +1: 0.07 USD/);
    expect(text.text).toMatch(
      /Set aside +no pay-in \(movements: `quarantine list --movements`\)\n/,
    );
    expect(text.text).not.toContain('Not taken');
    expect(json.json).toMatchObject({
      movements: { since: '2026-11-05T11:43:20.000Z', lastProof: { number, state: 'proven' } },
      ...{ proof: { USD: { state: 'proven' } }, suspense: { count: 1 }, notTaken: [] },
    });
  });

  test.each([
    [
      { items: [anItem('set_aside', 'txn_1', 7n)], entered: 11_307n, stripe: MORE },
      /explained .*: unexplained none; 1 x set aside, not in the ledger \(/,
    ],
    [
      { items: [anItem('foreign', 'till', 7n)], ledger: OFF },
      /broken .*: unexplained -0.07 USD; 1 x posted by others \(/,
    ],
    [
      { stripe: { ...HELD, judgement: WAITS } },
      /waiting .*: not decided yet, a later sync tells \(`proofs show`/,
    ],
    [
      { stripe: null },
      /not read .*: a balance was not told; `check` says whether a key lacks the right \(/,
    ],
    [
      { unread: { code: 'STRIPE_PERMISSION_MISSING', right: 'rak_x_read' } },
      /not read .*: what has moved .* the key lacks rak_x_read; grant it .* \(`proofs show`/,
    ],
  ])('says of the last proof what it comes to (%#)', async (fields, said) => {
    await saveProof(world.db, sync, prove(MOMENT, null, [aCurrency(fields)]), null);
    const [, proof = ''] = /^Proof +(.*)$/m.exec((await command('status')).text) ?? [];
    expect(proof).toMatch(said);
  });

  test('of an instance that is not enabled says what would enable it, or that its first sync does', async () => {
    const other = await aSettledStore(world.db, 'none');
    const { text } = await world.command(other.instanceId, 'status');
    expect(text).toMatch(/Not taken +charges without a PaymentIntent/);
    expect(text).toMatch(/Movements +not carried over, nothing is proven\. `movements plan` shows/);
    expect(text).not.toMatch(/^(Proof|Suspense)/m);
    const parts = {
      instanceId: `new-${other.instanceId}`,
      stripeUrl: world.stripe.url,
      blnkUrl: world.blnk.url,
    };
    const isNew = configureInstance(parts, { MOVEMENTS: '' });
    expect(movementRows(await readMovementStanding(world.db, isNew, undefined))).toEqual([
      ['Movements', 'begin with the first sync, if the key may read them: `check` tells'],
    ]);
  });
});
