/** An instance whose last proof is broken by what a test says, with the ledger and the commands that are asked about it. */
import type { Row } from '../../../sandbox/blnk/rows';
import type { ProofItem } from '../../../src/domain/proof/proof-items';
import { prove, type CurrencyFacts } from '../../../src/domain/proof/proof';
import { NEW_WALK } from '../../../src/domain/proof/proof-walk';
import { listAcceptances } from '../../../src/store/acceptances';
import { saveProof } from '../../../src/store/proofs';
import { aCurrency, anItem } from '../books/a-currency';
import { aSettledStore, begin, type SettledStore } from '../databases/settled-store';
import { startCommandWorld, type CommandWorld } from './command-world';

/** Hooks of the file that calls it: one world for all of its tests, an instance of its own for each. */
export function repairStory() {
  let world: CommandWorld;
  let store: SettledStore;
  let run = 0;

  beforeAll(async () => void (world = await startCommandWorld()));
  afterAll(() => world.close());
  beforeEach(async () => {
    store = await aSettledStore(world.db);
    run += 1;
  });

  const named = (name: string) => `${name}-${run}`;

  const endSyncs = () =>
    world.db.query(
      `update stripe_syncs set status = 'completed' where instance_id = $1 and status = 'running'`,
      [store.instanceId],
    );

  /** A proof of a sync that has ended. */
  async function broken(items: readonly ProofItem[], facts: Partial<CurrencyFacts> = {}) {
    const sync = await begin(store);
    const proof = prove(1_700_000_000, null, [aCurrency({ items, ...facts })]);
    await saveProof(world.db, sync, proof, { at: 1_700_000_000, walk: NEW_WALK });
    await endSyncs();
  }

  /** On the source balance, by somebody else: 12.34 come to Stripe. */
  async function foreign(reference = named('by hand')): Promise<{ id: string; item: ProofItem }> {
    const id = await world.post(reference, 1_234, '@stripe', '@till');
    const item = { ...anItem('foreign', reference, 1_234n), at: Math.floor(Date.now() / 1000) };
    return { id, item };
  }

  const rowsOfLedger = (reference: string): Row[] =>
    world.blnk.ledger.rows.filter((row) => row.reference === reference);

  return {
    get world() {
      return world;
    },
    get store() {
      return store;
    },
    command: (...args: string[]) => world.command(store.instanceId, ...args),
    acceptances: () => listAcceptances(world.db, store.sourceId),
    metadataOf: (reference: string) =>
      JSON.parse(rowsOfLedger(reference)[0]?.metaJson ?? 'null') as unknown,
    ...{ named, broken, endSyncs, foreign, rowsOfLedger },
  };
}
