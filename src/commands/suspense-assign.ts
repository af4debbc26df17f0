/** `suspense assign`: takes a movement out of suspense, to the balance where a person knows that it belongs. */
import type { Command } from 'commander';
import { assignedLeg, isInSuspense, whyNotTo } from '../domain/movements/assignment';
import { SyncError } from '../domain/errors';
import type { Leg } from '../domain/movements/leg';
import { formatAmount } from '../domain/money';
import { isInLedger } from '../domain/outcomes';
import { EXIT } from '../exit';
import { findLeg, type LegRow } from '../store/legs';
import { findAssignment, stageAssignment } from '../store/suspense';
import { confirmed, type ConfirmOptions } from './confirm';
import type { CommonOptions, Context } from './context';
import { movementPlace } from './movement-place';
import { noteOf } from './quarantine-choice';
import { CALLED, verb, type Run } from './verb';

interface AssignOptions extends CommonOptions, ConfirmOptions {
  readonly to?: string;
  readonly note?: string;
  readonly by?: string;
}

export function addAssign(suspense: Command, run: Run): void {
  verb(
    suspense,
    'assign <reference>',
    'Book one on to the balance where it belongs, with the next sync',
    'suspense assign txn_3Abc… --to @stripe-fees-services --note "Radar, by their support"',
  )
    .option('--to <balance>', 'where it belongs, by its name in the ledger (@…)')
    .option('--note <text>', 'how you know, kept with it and in the ledger')
    .option('--by <name>', 'who has decided it (default: the user of this machine)')
    .option('--yes', 'confirm it')
    .action((reference: string, options: AssignOptions) =>
      run(options, (context) => assign(context, reference, options)),
    );
}

/**
 * The next sync posts it, as it posts everything: a sync alone holds the lease, looks a reference up before it posts,
 * and writes what became of it. A command that posted by itself would be a second writer.
 */
async function assign(
  context: Context,
  reference: string,
  options: AssignOptions,
): Promise<number> {
  const { output } = context;
  const { by } = options;
  const note = noteOf({ reason: options.note ?? '', ...(by !== undefined && { by }) }, '--note');
  const { db, instanceId, balances, source } = await movementPlace(context);
  const to = options.to ?? '';
  const refusal = whyNotTo(to, balances);
  if (refusal !== null) throw new SyncError('USAGE', { '--to': refusal });
  if (!source) throw notThere(reference);
  const place = { instanceId, sourceId: source.sourceId, balances };
  const leg = await findLeg(db, place, reference);
  if (!leg || !isInSuspense(leg, balances) || !isInLedger(leg.state)) throw notThere(reference);
  const assignment = assignedLeg(leg, to, balances, note);
  const already = await findAssignment(db, place, assignment.reference);
  if (already) throw isAssigned(already, reference, leg);
  output.say(`${assignment.reference}: ${asText(assignment)}`);
  await confirmed(context, `Assign ${reference}?`, options);
  const meanwhile = await stageAssignment(db, place, reference, assignment);
  if (meanwhile) throw isAssigned(meanwhile, reference, leg);
  const { from, amount, currency } = assignment;
  output.data(
    {
      reference: assignment.reference,
      of: reference,
      ...{ from, to: assignment.to, amount: amount?.toString() ?? null },
      currency: currency?.toUpperCase() ?? null,
      ...note,
    },
    `Assigned ${reference}, by ${note.by}: ${note.note}\nThe next sync posts it. To run one now: ${CALLED} sync`,
  );
  return EXIT.done;
}

function notThere(reference: string): SyncError {
  const next = '`suspense list` shows what is in suspense; `explain` tells what is known of it.';
  return new SyncError('NOT_FOUND', { 'movement in suspense': reference }, { next });
}

function isAssigned(assigned: LegRow, reference: string, { to, from }: LegRow): SyncError {
  const where = [assigned.from, assigned.to].find((name) => name !== to && name !== from);
  const next = `It is assigned already, to ${where ?? 'another balance'}; to undo that, post back by hand and note why.`;
  return new SyncError('NOT_FOUND', { 'movement in suspense': reference }, { next });
}

/** As it moves what is in suspense: what came is positive, what left negative. null: not readable. */
export function signedAmount({ amount, moves }: LegRow): bigint | null {
  return amount === null ? null : moves < 0n ? -amount : amount;
}

function asText({ from, to, amount, currency }: Leg): string {
  const code = currency?.toUpperCase() ?? '';
  const money = amount === null ? 'no exact amount' : `${formatAmount(amount, code)} ${code}`;
  return `${money} from ${from} to ${to}`;
}
