/** `instances`: the instances that this program serves, and where each of them stands. */
import type { Command } from 'commander';
import { listProblems, type ProblemView } from '../alerts/list';
import { SyncError } from '../domain/errors';
import { EXIT } from '../exit';
import { viewOf, type InstanceView } from '../instances/view';
import { findAccess, listAccess } from '../store/access';
import { heldInstalls, type InstallRow } from '../store/installs';
import type { CommonOptions, Context } from './context';
import type { ConnectOptions } from './instances-connect';
import { addDecisions } from './instances-decide';
import type { RemoveOptions } from './instances-remove';
import { fields, table } from './output';
import { problemRows } from './problems';
import { group, verb, type Run } from './verb';

export function addInstances(program: Command, run: Run): void {
  const instances = group(program, 'instances', 'The Blnk instances that are served');
  verb(instances, 'list', 'List the instances', 'instances list').action((options: CommonOptions) =>
    run(options, list),
  );
  verb(instances, 'show', 'Show one instance', 'instances show --instance inst_1').action(
    (options: CommonOptions) => run(options, show),
  );
  verb(
    instances,
    'connect',
    'Connect a ledger and a Stripe account, or give new keys',
    'instances connect --instance inst_1 --since 2026-01-01',
  )
    .option('--kind <kind>', 'cloud or core', 'cloud')
    .option('--url <url>', 'address of the ledger (default for cloud: BLNK_CLOUD_URL)')
    .option('--stripe-only', 'keep the ledger key that is in force')
    .option('--since <day>', 'first day that is not in the books yet, or all')
    .option('--change', 'confirm another Stripe account or mode: everything is listed again')
    .option('--yes', 'confirm what is shown')
    .action((options: ConnectOptions) =>
      run(options, async (context) => {
        const { connectInstance } = await import('./instances-connect.js');
        return connectInstance(context, options);
      }),
    );
  addDecisions(instances, run);
  verb(
    instances,
    'remove',
    'End the access of an instance and erase its keys',
    'instances remove --instance inst_1 --yes',
    'instances remove --instance inst_1 --purge',
  )
    .option('--purge', 'delete all that is kept about it as well; the ledger stays as it is')
    .option('--yes', 'confirm it')
    .action((options: RemoveOptions) =>
      run(options, async (context) => {
        const { removeInstance } = await import('./instances-remove.js');
        return removeInstance(context, options);
      }),
    );
}

async function list(context: Context): Promise<number> {
  const rows = await listAccess(await context.db());
  const views = rows.map((row) => viewOf(row, context.place.config.connected));
  const lines = views.map(({ instanceId, origin, standing, stripe }) => [
    ...[instanceId, origin, standing],
    stripe ? accountText(stripe) : '',
  ]);
  context.output.data(views, table(['instance', 'from', 'standing', 'Stripe'], lines));
  return EXIT.done;
}

async function show(context: Context): Promise<number> {
  const instance = await context.instanceId();
  const db = await context.db();
  const row = await findAccess(db, instance);
  if (!row) throw new SyncError('INSTANCE_UNKNOWN', { instance });
  const view = viewOf(row, context.place.config.connected);
  const problems = await listProblems(db, instance);
  const held = (await heldInstalls(db, instance)).map(heldView);
  context.output.data({ ...view, held, problems }, viewAsText(view, held, problems));
  return EXIT.done;
}

/** What its owner can compare with the install that he made. */
interface HeldView {
  readonly installId: string;
  readonly keyPrefix: string;
  readonly receivedAt: string | null;
  readonly receivedFrom: string | null;
  readonly code: string | null;
}

function heldView(install: InstallRow): HeldView {
  const { installId, apiKeyPrefix: keyPrefix, receivedFrom, problem: code } = install;
  const receivedAt = install.receivedAt?.toISOString() ?? null;
  return { installId, keyPrefix, receivedAt, receivedFrom, code };
}

function heldText({ installId, keyPrefix, receivedAt, receivedFrom, code }: HeldView): string {
  const came = `${receivedAt ?? 'at an unknown time'} from ${receivedFrom ?? 'an unknown address'}`;
  return `${installId}, key ${keyPrefix}…, ${came} (${code ?? 'unknown'})`;
}

function viewAsText(
  view: InstanceView,
  held: readonly HeldView[],
  problems: readonly ProblemView[],
): string {
  const { ledger, stripe, missing, problem, since, removedAt } = view;
  const rows: (readonly [string, string])[] = [
    ['instance', view.instanceId],
    ['from', view.origin],
    ['standing', view.standing],
  ];
  if (ledger) {
    rows.push(['ledger', `${ledger.kind} ${ledger.url}`]);
    rows.push(['install', `${ledger.installId}, key ${ledger.keyPrefix}…`]);
  }
  rows.push(...held.map((one) => ['held', heldText(one)] as const));
  if (missing.length > 0) rows.push(['not granted', missing.join(', ')]);
  if (stripe) rows.push(['Stripe', accountText(stripe)]);
  if (since !== null) rows.push(['posts since', since]);
  if (problem !== null) rows.push(['problem', problem]);
  if (removedAt !== null) rows.push(['removed', removedAt]);
  rows.push(...problemRows('problems', problems));
  return fields(rows);
}

function accountText({ account, livemode, shared }: NonNullable<InstanceView['stripe']>): string {
  const who = shared ? 'STRIPE_SECRET_KEY' : (account ?? 'account not readable');
  return `${who} (${livemode ? 'live' : 'test'})`;
}
