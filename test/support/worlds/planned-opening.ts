/** An opening balance of a driven world, planned as `movements plan` does it. */
import { planOpening, type OpeningPlan } from '../../../src/engine/opening/opening-plan';
import type { DrivenWorld } from './driver-world';

/** Waits pass on the world's clock. @param since Unix seconds; undefined: as the settings say */
export function planIn(world: DrivenWorld, since?: number, absorb = false): Promise<OpeningPlan> {
  const pause = (seconds: number) => {
    world.clock.advance(seconds);
    return Promise.resolve();
  };
  const parts = { db: world.db, ends: world.connection, show: () => undefined, pause };
  return planOpening(parts, { since, absorb });
}
