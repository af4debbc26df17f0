/** `movements enable` and `disable`: shown and confirmed first, refused while a sync runs. */
import { SyncError } from '../domain/errors';
import { openingAsJson, openingAsText } from '../domain/opening/opening-text';
import { rfc3339 } from '../domain/posting';
import { howToGrant } from '../domain/movements/stripe-rights';
import { asSentence, formatTime } from '../domain/text';
import { EXIT } from '../exit';
import type { Opened } from '../store/openings';
import { assertNoSync } from '../store/purge';
import type { Context } from './context';
import { askOf, plan, type PlanOptions } from './movements-plan';
import { lackedRights, type LackedRights } from './movements-rights';
import { personOf } from './quarantine-choice';
import { createSecretInput } from './secret-input';
import { CALLED } from './verb';

export interface EnableOptions extends PlanOptions {
  readonly yes?: boolean;
  readonly by?: string;
}

export async function enable(context: Context, options: EnableOptions): Promise<number> {
  const ask = askOf(options);
  const by = personOf(options.by);
  const { assertPostable, findOpening, openMovements, reopenMovements } =
    await import('../engine/opening/opening.js');
  const [db, ends] = [await context.db(), await context.ends()];
  const instanceId = await context.instanceId();
  const there = await findOpening(db, ends);
  // One that began by itself, and is not certain of its opening balance, is planned like any other.
  if (there?.opened.awaits === null) {
    const { source, opened } = there;
    const isEnabled = opened.since !== null;
    if (!isEnabled) {
      assertAskable(options);
      context.output.say(keptText(opened));
      await confirm(context, options, `Carry over movements of ${instanceId} again?`);
    }
    await reopenMovements(db, instanceId, source.sourceId, opened, by);
    const said = isEnabled
      ? `Nothing changed: they are carried over ${cutText(opened)}, enabled ${formatTime(opened.since)}.`
      : `Enabled again. The next sync reads on where the last one ended: ${CALLED} sync`;
    context.output.data({ ...resultOf(instanceId, opened.cutOver), changed: !isEnabled }, said);
    return EXIT.done;
  }
  assertAskable(options);
  await assertNoSync(db, instanceId);
  const rights = await lackedRights(context);
  if (rights.needed.length > 0) {
    context.output.notice(rights.text);
    throw lacking(rights, ends.stripe.livemode);
  }
  if (rights.unclear !== undefined) {
    context.output.notice(rights.text);
    throw new SyncError(rights.unclear);
  }
  const found = await plan(context, ask);
  context.output.say(openingAsText(found));
  if (rights.text !== '') context.output.say(rights.text);
  assertPostable(found.openings);
  await confirm(context, options, `Carry over movements of ${instanceId}, as planned?`);
  await openMovements(db, found, by);
  context.output.data(
    { ...resultOf(instanceId, found.cutOver), changed: true, plan: openingAsJson(found) },
    `Enabled. The next sync ${found.cutOver === null ? '' : 'posts the opening balance and '}reads the movements: ${CALLED} sync`,
  );
  return EXIT.done;
}

export async function disable(context: Context, options: EnableOptions): Promise<number> {
  const { closeMovements, findOpening } = await import('../engine/opening/opening.js');
  const [db, ends] = [await context.db(), await context.ends()];
  const instanceId = await context.instanceId();
  const there = await findOpening(db, ends);
  if (!there?.opened.since) {
    const said = 'Nothing changed: movements are not carried over.';
    context.output.data({ instanceId, enabled: false, changed: false }, said);
    return EXIT.done;
  }
  assertAskable(options);
  await assertNoSync(db, instanceId);
  context.output.say(
    'From now on pay-ins alone are carried over, and no proof is made. What was booked stays.\n' +
      'Enabled again, it goes on with what it began with, and books what has happened meanwhile.',
  );
  await confirm(context, options, `Stop carrying over movements of ${instanceId}?`);
  await closeMovements(db, instanceId, there.source.sourceId);
  context.output.data({ instanceId, enabled: false, changed: true }, 'Disabled.');
  return EXIT.done;
}

function resultOf(instanceId: string, cutOver: number | null) {
  return { instanceId, enabled: true, cutOver: cutOver === null ? null : rfc3339(cutOver) };
}

function keptText(opened: Opened): string {
  return (
    `They were carried over before, ${cutText(opened)}, and go on with what they began with then.\n` +
    'What has happened meanwhile is booked by the next sync.'
  );
}

export function cutText({ cutOver }: Pick<Opened, 'cutOver'>): string {
  if (cutOver === null) return 'since the account began';
  return `from ${formatTime(new Date(cutOver * 1000))} on`;
}

function lacking({ needed }: LackedRights, livemode: boolean): SyncError {
  const next = asSentence(howToGrant(livemode));
  return new SyncError('STRIPE_PERMISSION_MISSING', { permission: needed.join(', ') }, { next });
}

/** Before what takes minutes. */
function assertAskable({ yes = false }: EnableOptions): void {
  if (!yes && !process.stdin.isTTY) throw notConfirmed();
}

async function confirm(
  { output }: Context,
  { yes = false }: EnableOptions,
  question: string,
): Promise<void> {
  if (!yes && !(await createSecretInput(output).confirm(question))) throw notConfirmed();
}

function notConfirmed(): SyncError {
  return new SyncError('USAGE', { '--yes': 'is needed to confirm it' });
}
