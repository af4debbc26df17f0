/** `instances approve` and `instances refuse`: a person decides about an install of the app. */
import type { Command } from 'commander';
import { EXIT } from '../exit';
import { count } from '../domain/text';
import type { CommonOptions, Context } from './context';
import { verb, type Run } from './verb';

interface DecideOptions extends CommonOptions {
  readonly install?: string;
}

export function addDecisions(instances: Command, run: Run): void {
  verb(
    instances,
    'approve',
    'Put an install that is held in force, and let it use STRIPE_SECRET_KEY where STRIPE_KEY_INSTANCES says so',
    'instances approve --instance inst_1',
    'instances approve --instance inst_1 --install instapp_1',
  )
    .option('--install <id>', 'which one (default: the one that is held, else the one in force)')
    .action((options: DecideOptions) => run(options, (context) => approveOne(context, options)));
  verb(
    instances,
    'refuse',
    'End installs that are held and erase their keys',
    'instances refuse --instance inst_1',
  )
    .option('--install <id>', 'only this one')
    .action((options: DecideOptions) => run(options, (context) => refuse(context, options)));
}

async function approveOne(context: Context, { install }: DecideOptions): Promise<number> {
  const { connectedDeps, settleNow } = await import('./instances-deps.js');
  const { approve } = await import('../instances/decide.js');
  const deps = await connectedDeps(context);
  const instanceId = await context.instanceId();
  const installId = await approve(deps, instanceId, install);
  await settleNow(context, deps, instanceId);
  context.output.data({ instanceId, installId }, `Approved ${installId} for ${instanceId}.`);
  return EXIT.done;
}

async function refuse(context: Context, { install }: DecideOptions): Promise<number> {
  const { connectedDeps } = await import('./instances-deps.js');
  const { refuseHeld } = await import('../instances/decide.js');
  const deps = await connectedDeps(context);
  const instanceId = await context.instanceId();
  const refused = await refuseHeld(deps, instanceId, install);
  context.output.data(
    { instanceId, refused },
    `Ended ${count(refused, 'install')} of ${instanceId}; its own goes on.`,
  );
  return EXIT.done;
}
