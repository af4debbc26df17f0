/** `movements`: whether all else that moves Stripe's balance is carried over, from when on, and what that begins with. */
import type { Command } from 'commander';
import { openingAsJson, openingAsText } from '../domain/opening/opening-text';
import { EXIT } from '../exit';
import type { CommonOptions, Context } from './context';
import { disable, enable, type EnableOptions } from './movements-enable';
import { askOf, nextOf, plan as planned, type PlanOptions } from './movements-plan';
import { lackedRights } from './movements-rights';
import { movementsStatus } from './movements-status';
import { CALLED, group, verb, type Run } from './verb';

const DESCRIPTION = 'All else that moves Stripe’s balance: whether it is booked';

export function addMovements(program: Command, run: Run): void {
  const movements = group(program, 'movements', DESCRIPTION);
  planOptions(
    verb(
      movements,
      'plan',
      'Show what enabling them would begin with; changes nothing, takes some minutes',
      'movements plan',
      'movements plan --since 2026-11-01',
    ),
  ).action((options: PlanOptions) => run(options, (context) => plan(context, options)));
  planOptions(
    verb(
      movements,
      'enable',
      'Carry them over from the cut-over on, once the plan is confirmed',
      'movements enable',
      'movements enable --since 2026-11-01 --yes',
    ),
  )
    .option('--yes', 'confirm it, where nobody can be asked')
    .option('--by <name>', 'who confirms it (default: the user of this machine)')
    .action((options: EnableOptions) => run(options, (context) => enable(context, options)));
  verb(
    movements,
    'disable',
    'Carry over pay-ins alone from now on; what was booked stays',
    'movements disable --yes',
  )
    .option('--yes', 'confirm it, where nobody can be asked')
    .action((options: EnableOptions) => run(options, (context) => disable(context, options)));
  verb(
    movements,
    'status',
    'Show since when they are carried over, what that began with, and what the key lacks',
    'movements status',
  ).action((options: CommonOptions) => run(options, movementsStatus));
}

function planOptions(command: Command): Command {
  return command
    .option('--since <date>', 'the cut-over, if it is later than SYNC_SINCE (UTC)')
    .option('--absorb', 'postings of others on the source balance are right as they are');
}

async function plan(context: Context, options: PlanOptions): Promise<number> {
  const ask = askOf(options);
  const { findOpening } = await import('../engine/opening/opening.js');
  const instanceId = await context.instanceId();
  const there = await findOpening(await context.db(), await context.ends());
  if (there?.opened.awaits === null) {
    const said =
      there.opened.since === null
        ? `Nothing is to be planned: enabled again, they go on with what they began with. To do so: ${CALLED} movements enable`
        : `Nothing is to be planned: they are carried over already. What that began with: ${CALLED} movements status`;
    context.output.data({ instanceId, opened: true }, said);
    return EXIT.done;
  }
  const rights = await lackedRights(context);
  const found = await planned(context, ask);
  const next = rights.needed.length > 0 ? [] : nextOf(found, options);
  context.output.data(
    { instanceId, opened: false, ...openingAsJson(found), rights: rights.json },
    [
      'Plan, nothing was changed.',
      openingAsText(found),
      ...(rights.text === '' ? [] : [rights.text]),
      ...next,
    ].join('\n'),
  );
  return EXIT.done;
}
