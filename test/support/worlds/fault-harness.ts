/** What the tests of faults have in common: instances that give up soon, and one with a schedule. */
import type { Patience } from '../../../src/engine/deps';
import { currentSource } from '../../../src/store/sources';
import { applySchedule, handleOf } from '../../../src/temporal/schedules';
import { startHarness, type Harness } from './harness';

/** The first repeat of an activity comes after a second, and is one fault too many. */
const SOON: Partial<Patience> = { silenceMs: 950, neverAnsweredMs: 950 };

/**
 * For a side that never answers: what else is asked takes milliseconds, and seldom a second. A 429 costs a
 * request, and hardly any time.
 */
const LIMITS = { timeoutMs: 3_000, pace: { firstPauseMs: 10, slowest: 1_000 } };

export const IMPATIENT = { patience: SOON, limits: LIMITS };

/** What fails meanwhile is given up with its first repeat. Nothing else may come in between. */
export async function givingUpSoon<T>(harness: Harness, work: () => Promise<T>): Promise<T> {
  const before = { ...harness.patience };
  Object.assign(harness.patience, SOON);
  try {
    return await work();
  } finally {
    Object.assign(harness.patience, before);
  }
}

/** Two that have synced, for a fault that passes and for one that lasts. */
export async function startPair(): Promise<[brief: Harness, long: Harness]> {
  const options = { limits: LIMITS };
  const pair = await Promise.all([startHarness(options), startHarness(options)]);
  await Promise.all(pair.map((harness) => harness.sync()));
  return pair;
}

/** One with a pay-in, and with a schedule that never runs by itself. */
export async function startScheduled(): Promise<Harness> {
  const harness = await startHarness();
  await harness.stripe.world.pay();
  await applySchedule(harness.client, harness.instanceId, '0 0 1 1 *');
  return harness;
}

export async function closeScheduled(harness: Harness): Promise<void> {
  await handleOf(harness.client, harness.instanceId).delete();
  await harness.close();
}

export async function watermarkOf({ db, instanceId }: Harness): Promise<number | null | undefined> {
  return (await currentSource(db, instanceId))?.watermark;
}
