/** `proofs list` and `proofs show`: what was proven, and what a script gets for it. */
import { prove, type CurrencyFacts } from '../../src/domain/proof/proof';
import { NEW_WALK } from '../../src/domain/proof/proof-walk';
import { disableMovements, enableMovements } from '../../src/store/openings';
import { saveProof } from '../../src/store/proofs';
import { switchSource } from '../../src/store/sources';
import { aCurrency, anItem, judged } from '../support/books/a-currency';
import { aSettledStore, begin, type SettledStore } from '../support/databases/settled-store';
import { MOMENT } from '../support/worlds/a-balance-transaction';
import { startCommandWorld, type CommandWorld } from '../support/worlds/command-world';

let world: CommandWorld;
let store: SettledStore;

beforeAll(async () => void (world = await startCommandWorld()));
afterAll(() => world.close());
beforeEach(async () => void (store = await aSettledStore(world.db)));

const command = (...args: string[]) => world.command(store.instanceId, ...args);

async function save(at: number, ...facts: Partial<CurrencyFacts>[]): Promise<number> {
  const sync = await begin(store);
  const proof = prove(
    at,
    MOMENT - 1_000,
    facts.map((one) => aCurrency(one)),
  );
  return saveProof(world.db, sync, proof, { at, walk: NEW_WALK });
}

const FOREIGN = {
  ledger: { debits: 12_050n, credits: 700n },
  items: [anItem('foreign', 'by hand', 50n)],
};
const EUR = {
  currency: 'EUR',
  stripe: { at: MOMENT, available: 11_305n, pending: 0n, judgement: judged(5n) },
  entered: 11_300n,
};

test('without a proof the list is empty, and there is none to show', async () => {
  expect(await command('proofs', 'list')).toMatchObject({
    code: 0,
    text: 'Nothing was proven yet: the next sync makes a proof.\n',
  });
  await expect(command('proofs', 'show')).rejects.toThrow(/the next sync makes a proof/);
  const other = await aSettledStore(world.db, 'none');
  for (const verb of [['proofs', 'show'], ['repair']]) {
    await expect(world.command(other.instanceId, ...verb)).rejects.toThrow(/`movements plan`/);
  }
  expect((await world.command(other.instanceId, 'proofs', 'list')).text).toMatch(
    /not carried over/,
  );
});

test('the newest comes first, each in a line with what it names', async () => {
  const first = await save(MOMENT, {});
  const second = await save(MOMENT + 60, FOREIGN, {
    ...EUR,
    items: [anItem('set_aside', 'txn_1', 0n)],
  });
  const { code, text } = await command('proofs', 'list');
  expect(code).toBe(0);
  const [, ...lines] = text.trimEnd().split('\n');
  expect(lines.map((line) => line.trim().split(/ {2,}/))).toEqual([
    [
      ...[String(second), '2026-11-05 12:01:00 UTC', 'broken', '-0.50 USD, 0.05 EUR'],
      '1 x posted by others; 1 x set aside, not in the ledger',
    ],
    [String(first), '2026-11-05 12:00:00 UTC', 'proven', 'none'],
  ]);
  expect((await command('proofs', 'list', '--limit', '1')).text).not.toContain('proven');
  expect((await command('proofs', 'list', '--json')).json).toMatchObject([
    { number: second, state: 'broken', named: { foreign: 1, set_aside: 1 } },
    { number: first, at: '2026-11-05T12:00:00.000Z', currencies: { USD: { unexplained: '0' } } },
  ]);
});

test('one is shown as a bank reconciliation, with what to do about each kind once', async () => {
  const number = await save(MOMENT, FOREIGN);
  const { text } = await command('proofs', 'show', String(number));
  expect(text).toContain(`Proof ${number}, 2026-11-05 12:00:00 UTC: broken\nUSD  Stripe`);
  expect(text).toContain('     - posted by others: by hand 0.50\n');
  expect(text).toMatch(/posted by others: `reconcile accept` with a note/);
  expect((await command('proofs', 'show', String(number), '--json')).json).toMatchObject({
    ...{
      number,
      at: '2026-11-05T12:00:00.000Z',
      since: '2026-11-05T11:43:20.000Z',
      state: 'broken',
    },
    currencies: { USD: { ledger: '11350', items: [{ kind: 'foreign', reference: 'by hand' }] } },
  });
});

test.each([
  ['proven', {}, 0],
  ['explained', { items: [anItem('set_aside', 'txn_1', 0n)] }, 0],
  ['broken', FOREIGN, 5],
  ['not_read', { stripe: null }, 1],
])('the latest one that is %s ends as a script needs it', async (_state, facts, exit) => {
  const number = await save(MOMENT, facts);
  expect((await command('proofs', 'show')).code).toBe(exit);
  expect((await command('proofs', 'show', 'latest')).code).toBe(exit);
  // Of one of the past the question is what it says.
  expect((await command('proofs', 'show', String(number))).code).toBe(0);
});

test('of a source that was left, or that is carried over no more, none is the latest', async () => {
  const number = await save(MOMENT, {});
  const expectNone = async (why: RegExp) => {
    for (const verb of [['proofs', 'show'], ['proofs', 'show', 'latest'], ['repair']]) {
      const shown = command(...verb);
      await expect(shown).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await expect(shown).rejects.toThrow(why);
      await expect(shown).rejects.toThrow(/from before: `proofs list`/);
    }
    expect((await command('proofs', 'show', String(number))).code).toBe(0);
  };
  const { instanceId, sourceId } = store;
  await world.db.transaction((tx) => disableMovements(tx, sourceId));
  await expectNone(/not carried over/);
  const next = { stripeAccount: 'acct_next', livemode: false, ledgerAddress: 'http://ledger' };
  const source = await world.db.transaction((tx) =>
    switchSource(tx, instanceId, { ...next, keyFingerprint: 'another' }),
  );
  await expectNone(/not carried over/);
  const enabling = { instanceId, sourceId: source.sourceId, cutOver: null, by: null };
  await world.db.transaction((tx) => enableMovements(tx, enabling, []));
  await expectNone(/the next sync makes a proof/);
});

test('a number is no other instance’s, and no word', async () => {
  const number = await save(MOMENT, {});
  const other = await aSettledStore(world.db);
  const asked = world.command(other.instanceId, 'proofs', 'show', String(number));
  await expect(asked).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(command('proofs', 'show', 'first')).rejects.toMatchObject({ code: 'USAGE' });
});
