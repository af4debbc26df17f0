/** What is no pay-in and not in the ledger: listed by reference, tried again by a person, and closed by nobody. */
import { savePage } from '../../src/store/pages';
import {
  aSettledStore,
  begin,
  settle,
  settled,
  stage,
  type SettledStore,
} from '../support/databases/settled-store';
import { aBalanceTransaction } from '../support/worlds/a-balance-transaction';
import { startCommandWorld, type CommandWorld } from '../support/worlds/command-world';

let world: CommandWorld;
let store: SettledStore;

beforeAll(async () => {
  world = await startCommandWorld();
  store = await aSettledStore(world.db);
  const sync = await begin(store);
  const row = aBalanceTransaction({
    ...{ id: 'txn_aside', type: 'adjustment', category: 'other_adjustment', amount: 7n },
  });
  const { pageId } = await stage(sync, [settled(row)]);
  await settle(sync, pageId, () => true);
  await savePage(world.db, sync.syncId, pageId);
});
afterAll(() => world.close());

const command = (...args: string[]) => world.command(store.instanceId, 'quarantine', ...args);

test('it is listed apart from pay-ins, with what its reason means', async () => {
  expect((await command('list')).text).toBe(
    'No pay-in is set aside (movements: `quarantine list --movements`).\n',
  );
  const { text } = await command('list', '--movements');
  const [, line] = text.split('\n');
  expect(line?.split(/ {2,}/).slice(0, 4)).toEqual([
    ...['txn_aside', 'unknown movement', '0.07', 'USD'],
  ]);
  expect(text).toMatch(/\n\nCONFLICT: .*`explain`/);
  expect((await command('list', '--movements', '--json')).json).toEqual([
    expect.objectContaining({
      ...{ reference: 'txn_aside', balanceTransactionId: 'txn_aside', amount: '7' },
      ...{ currency: 'USD', to: '@stripe-suspense', reason: 'CONFLICT', attempts: 1 },
    }),
  ]);
});

test('without it a proof would differ for ever: it cannot be closed, nor posted on somebody’s word', async () => {
  for (const verb of ['close', 'post']) {
    await expect(command(verb, 'txn_aside', '--reason', 'booked by hand')).rejects.toMatchObject({
      ...{ code: 'USAGE', details: { payment: 'must be a PaymentIntent id like pi_3Abc…' } },
    });
  }
});

test('what works on pay-ins says that it has found none of these', async () => {
  expect((await command('list', '--closed')).text).toBe('No pay-in was closed.\n');
  const none = 'No pay-in is set aside for that reason.\n';
  expect((await command('retry', '--of', 'CONFLICT')).text).toBe(none);
  expect((await command('close', '--of', 'CONFLICT', '--reason', 'booked')).text).toBe(none);
  expect((await command('retry')).text).toMatch(/^No pay-in is set aside \(movements: /);
});

test('what is neither a payment nor a reference is refused', async () => {
  await expect(command('retry', 'cus_7')).rejects.toMatchObject({
    details: { payment: expect.stringContaining('or the reference of a movement') as string },
  });
});
