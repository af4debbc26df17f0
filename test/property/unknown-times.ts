/** Payments that nobody can date any more: the time of success of some methods is in their events only. */
import { intents, quarantined } from '../support/books/books-of-world';
import type { DrivenWorld } from '../support/worlds/driver-world';

/**
 * Ids that are set aside because their event is gone; never a card's that was captured at once, nor any without a
 * cut-over.
 * @param since Unix seconds of SYNC_SINCE; null: everything
 */
export async function unknownTimes(
  world: DrivenWorld,
  since: number | null,
): Promise<ReadonlySet<string>> {
  const reasons = await quarantined(world);
  const unknown = [...reasons].filter(([, reason]) => reason === 'SUCCESS_TIME_UNKNOWN');
  const ids = new Set(unknown.map(([id]) => id));
  if (since === null) expect([...ids]).toEqual([]);
  const methods = intents(world).filter(({ id }) => ids.has(id));
  for (const { paymentMethodType, captureMethod } of methods) {
    expect([paymentMethodType, captureMethod]).not.toEqual(['card', 'automatic']);
  }
  return ids;
}
