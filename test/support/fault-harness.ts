/** What the tests of faults have in common: instances that give up soon, and one with a schedule. */
import { currentSource } from '../../src/store/sources';
import { applySchedule, handleOf } from '../../src/temporal/schedules';
import { startHarness, type Harness } from './harness';

/** The first repeat of an activity comes after a second: one fault is within the patience, two beyond. */
export const IMPATIENT = {
  patience: { silenceMs: 950, neverAnsweredMs: 950 },
  limits: { timeoutMs: 400 },
};

/** Two that have synced, for a fault that passes and for one that lasts. */
export async function startPair(): Promise<[brief: Harness, long: Harness]> {
  const pair = await Promise.all([startHarness(IMPATIENT), startHarness(IMPATIENT)]);
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
