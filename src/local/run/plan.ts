/** `npm start -- --plan`: which pay-ins the first sync would post, said before anything is posted. */
import { dryRun } from '../../engine/dry-run';
import type { PlannedPayment } from '../../domain/plan';
import { planAsText } from '../../domain/plan-text';
import type { InstanceConfig } from '../../config';
import { count } from '../../domain/text';
import { EXIT } from '../../exit';
import { connectInstance } from '../../instances/registry';
import type { Db } from '../../store/db';
import type { Screen } from './screen';

/** No worker runs meanwhile, so nobody else could post either. @returns the exit code */
export async function showPlan(
  db: Db,
  instance: InstanceConfig,
  screen: Pick<Screen, 'line'>,
  json: boolean,
): Promise<number> {
  const ends = connectInstance(() => Promise.resolve(db), instance);
  const payments: PlannedPayment[] = [];
  let told = 0;
  const show = (found: number) => {
    if (found < told + TELL_EVERY) return;
    told = found;
    screen.line(`  planning: ${count(found, 'pay-in')} found`);
  };
  const list = (page: readonly PlannedPayment[]) => void payments.push(...page);
  const parts = { db, ends, show, ...(json && { list }) };
  const plan = await dryRun(parts, { kind: 'full' }, false);
  if (json) process.stdout.write(`${JSON.stringify({ ...plan, payments })}\n`);
  for (const line of planAsText(plan).split('\n')) screen.line(`  ${line}`);
  screen.line('Nothing was posted. npm start posts it.');
  if (plan.movementsLeftOut === 'begin') {
    screen.line('With MOVEMENTS=off it begins without movements, so that these can be seen first.');
  }
  return EXIT.done;
}

const TELL_EVERY = 1_000;
