/** What Temporal Cloud would bill, by the development server's own counter. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { World } from './world';

/** The server's own word for it. */
const ACTIONS = /^action\{[^}]*namespace="default"[^}]*\} ([\d.e+]+)/gm;
/** Its metrics follow within this. */
const SETTLE_MS = 2_000;

/** Since the server was started. */
export async function countActions(world: World): Promise<number> {
  await sleep(SETTLE_MS);
  const counters = [...(await world.metrics()).matchAll(ACTIONS)];
  // Before the first one there is no counter.
  return counters.reduce((sum, [, value]) => sum + Number(value), 0);
}
