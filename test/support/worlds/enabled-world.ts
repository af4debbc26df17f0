/** A driven world whose movements are carried over, enabled as a person would after they have seen the plan. */
import { openingBalanceLegs } from '../../../src/domain/kinds/opening-balance';
import { UNPLACED } from '../../../src/domain/ids';
import { checkInstance } from '../../../src/engine/instance-settings';
import { stageLegs } from '../../../src/store/legs';
import { addBooked } from '../../../src/store/not-yet';
import { enableMovements, type KeptOpening } from '../../../src/store/openings';
import { currentSource } from '../../../src/store/sources';
import type { DrivenWorld } from './driver-world';

export interface Enabling {
  /** Unix seconds; null: the whole history is carried over, and it began with nothing. */
  readonly cutOver: number | null;
  /** What Stripe held at the cut-over, minor units by upper-case currency. */
  readonly held?: Readonly<Record<string, bigint>>;
  /** What pay-ins of ours from before it had brought by then, likewise. */
  readonly earlier?: Readonly<Record<string, bigint>>;
  /** When that was frozen. Default: now. */
  readonly openedAt?: number;
}

/** The source is known after a first sync. */
export async function enableWorld(world: DrivenWorld, enabling: Enabling): Promise<void> {
  const { db, instanceId, clock, connection } = world;
  const { cutOver, held = {}, earlier = {}, openedAt = clock.nowSeconds() } = enabling;
  const source = await currentSource(db, instanceId);
  if (!source?.stripeAccount) throw new Error(`${instanceId} has not synced yet`);
  const { sourceId, stripeAccount } = source;
  const { balances } = await checkInstance(db, connection.config);
  const currencies = [...new Set([...Object.keys(held), ...Object.keys(earlier)])];
  const openings = currencies.map((currency): KeptOpening => {
    const [all, ours] = [held[currency] ?? 0n, earlier[currency] ?? 0n];
    const absorbed = { debits: 0n, credits: 0n };
    const amount = all - ours;
    return { currency, held: all, earlier: ours, amount, unexplained: 0n, absorbed };
  });
  await db.transaction(async (tx) => {
    const asked = { instanceId, sourceId, cutOver, by: 'a test' };
    const isFirst = await enableMovements(tx, asked, openings);
    if (!isFirst) return;
    // By the clock of the world, as Stripe's times and the ledger's are.
    await tx.query(
      `update sources set movements_opened_at = to_timestamp($2), movements_counted_to = to_timestamp($2)
       where source_id = $1`,
      [sourceId, openedAt],
    );
    if (cutOver === null) return;
    const legs = openings.flatMap(({ currency, amount }) =>
      openingBalanceLegs({ stripeAccount, currency, amount, cutOver }, balances),
    );
    const unplaced = { syncId: UNPLACED, pageId: UNPLACED, listing: UNPLACED, takesOver: false };
    await stageLegs(
      tx,
      { instanceId, sourceId, sourceBalance: balances.source, ...unplaced },
      legs,
    );
  });
  const place = { instanceId, sourceId };
  let after: string | null = null;
  do {
    const from: string | null = after;
    after = await db.transaction((tx) => addBooked(tx, place, from));
  } while (after !== null);
}
