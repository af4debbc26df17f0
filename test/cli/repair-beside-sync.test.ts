/** Where a sync begins, or the ledger is set back, while `repair --apply` is under way. */
import type * as confirm from '../../src/commands/confirm';
import { prove } from '../../src/domain/proof/proof';
import { NEW_WALK } from '../../src/domain/proof/proof-walk';
import type * as recount from '../../src/engine/proof/recount';
import { saveProof } from '../../src/store/proofs';
import { aCurrency, anItem } from '../support/books/a-currency';
import { aSettledStore, begin, type SettledStore } from '../support/databases/settled-store';
import { startCommandWorld, type CommandWorld } from '../support/worlds/command-world';

/** What happens while a person reads the plan, and while the ledger counts. */
const nothing = (): Promise<unknown> => Promise.resolve();
const meanwhile = { asked: nothing, counting: nothing };

jest.mock('../../src/commands/confirm', () => {
  const { confirmed } = jest.requireActual<typeof confirm>('../../src/commands/confirm');
  const asked: typeof confirmed = async (...args) => {
    await meanwhile.asked();
    return confirmed(...args);
  };
  return { confirmed: asked };
});
jest.mock('../../src/engine/proof/recount', () => {
  const { recountBalance } = jest.requireActual<typeof recount>('../../src/engine/proof/recount');
  const counting: typeof recountBalance = async (...args) => {
    await meanwhile.counting();
    return recountBalance(...args);
  };
  return { recountBalance: counting };
});

let world: CommandWorld;
let store: SettledStore;

beforeAll(async () => void (world = await startCommandWorld()));
afterAll(() => world.close());

/** The source balance states more than its postings add up to, and a proof has named it. */
beforeEach(async () => {
  meanwhile.asked = meanwhile.counting = nothing;
  store = await aSettledStore(world.db);
  const reference = `by hand in ${store.instanceId}`;
  await world.post(reference, 1_234, '@stripe', '@till');
  const { ledger } = world.blnk;
  const { seq, source } = ledger.rows.find((row) => row.reference === reference)!;
  ledger.forget([seq], true);
  const left = ledger.rows.filter((row) => row.source === source);
  const sum = left.reduce((all, { amount }) => all + amount, 0n);
  const sync = await begin(store);
  const items = [anItem('corrupt_debits', source.id, sum, source.debit)];
  const proof = prove(1_700_000_000, null, [aCurrency({ items })]);
  await saveProof(world.db, sync, proof, { at: 1_700_000_000, walk: NEW_WALK });
  await endSyncs();
  world.blnk.requests.clear();
});

const beginOne = () => begin(store);
const endSyncs = () =>
  world.db.query(
    `update stripe_syncs set status = 'completed' where instance_id = $1 and status = 'running'`,
    [store.instanceId],
  );
const apply = () => world.command(store.instanceId, 'repair', '--apply', '--yes', '--json');
const recounts = () => world.blnk.requests.list().filter(({ path }) => path.endsWith('/metadata'));

test('while the plan is read, it is refused, and the ledger counts nothing', async () => {
  meanwhile.asked = beginOne;
  await expect(apply()).rejects.toMatchObject({ code: 'SYNC_ALREADY_RUNNING' });
  expect(recounts()).toEqual([]);
});

test.each<[string, () => Promise<unknown>]>([
  ['goes on', beginOne],
  ['has ended by then', async () => [await beginOne(), await endSyncs()]],
])('while the ledger counts, and %s, the balance is not said to be right', async (_what, one) => {
  meanwhile.counting = one;
  expect(await apply()).toMatchObject({ code: 5, json: { recounted: [{ outcome: 'differs' }] } });
  expect(recounts()).toHaveLength(1);
  await endSyncs();
  meanwhile.counting = nothing;
  expect(await apply()).toMatchObject({ code: 0, json: { recounted: [{ outcome: 'agrees' }] } });
});

test('while the plan is read, a posting of others may be gone: then nothing is taken back', async () => {
  const reference = `gone in ${store.instanceId}`;
  await world.post(reference, 1_234, '@stripe', '@till');
  const sync = await begin(store);
  const items = [{ ...anItem('foreign', reference, 1_234n), at: Math.floor(Date.now() / 1000) }];
  const proof = prove(1_700_000_100, null, [aCurrency({ items })]);
  await saveProof(world.db, sync, proof, { at: 1_700_000_100, walk: NEW_WALK });
  await endSyncs();
  const rows = (wanted: string) =>
    world.blnk.ledger.rows.filter((row) => row.reference === wanted).map(({ seq }) => seq);
  meanwhile.asked = () => Promise.resolve(world.blnk.ledger.forget(rows(reference)));
  const reverse = ['--reverse', reference, '--note', 'twice'];
  const { code, text } = await world.command(
    store.instanceId,
    ...['repair', '--apply', '--yes', ...reverse],
  );
  expect(code).toBe(5);
  expect(text).toContain(`${reference}: not taken back, since the ledger has it no more`);
  expect(rows(`${reference}.reversed`)).toEqual([]);
});
