/** `repair`: what the last proof has found wrong, what each needs, and what of it a command can do. */
import type { Command } from 'commander';
import { SyncError } from '../domain/errors';
import { itemsIn } from '../domain/proof/proof';
import { repairsOf } from '../domain/proof/remedies';
import { EXIT } from '../exit';
import type { Context } from './context';
import { lastProofOf, movementPlace } from './movement-place';
import { noProof } from './proofs';
import { applyRepairs, type ApplyOptions } from './repair-apply';
import { headOf, nothingText, planText, repairToJson } from './repair-text';
import { undecided } from './repair-undecided';
import { verb, type Run } from './verb';

interface RepairOptions extends ApplyOptions {
  readonly plan?: boolean;
  readonly apply?: boolean;
}

export function addRepair(program: Command, run: Run): void {
  verb(
    program,
    'repair',
    'Show what the last proof has found wrong, and repair what can be',
    'repair --plan',
    'repair --apply',
    'repair --apply --reverse correction-7 --note "was booked twice at the till"',
  )
    .option('--plan', 'only show it (as without an option)')
    .option('--apply', 'count balances again, and stage again what is gone from the ledger')
    .option('--reverse <reference...>', 'with --apply: take back these postings of others')
    .option('--note <text>', 'with --reverse: why, kept here and in the ledger')
    .option('--by <name>', 'who has decided it (default: the user of this machine)')
    .option('--yes', 'confirm it')
    .action((options: RepairOptions) => run(options, (context) => repair(context, options)));
}

async function repair(context: Context, options: RepairOptions): Promise<number> {
  const { plan: isPlan = false, apply = false, reverse } = options;
  if (isPlan && apply) throw usage('--plan', 'cannot be combined with --apply');
  if (reverse !== undefined && !apply) throw usage('--reverse', 'has no meaning without --apply');
  const place = await movementPlace(context);
  const stored = await lastProofOf(place);
  if (!stored) throw await noProof(context);
  const repairs = repairsOf(itemsIn(stored.proof));
  if (apply) return applyRepairs(context, stored, repairs, options);
  const left = await undecided(place, repairs);
  context.output.data(
    { ...headOf(stored), repairs: left.map(repairToJson) },
    left.length === 0 ? nothingText(stored, repairs) : planText(stored, left),
  );
  return EXIT.done;
}

function usage(what: string, problem: string): SyncError {
  return new SyncError('USAGE', { [what]: problem });
}
