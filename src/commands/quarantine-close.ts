/** `quarantine close`: ends what a person has dealt with. It stays as a row: who, when and why. */
import type { Command } from 'commander';
import { SyncError } from '../domain/errors';
import { count, formatTime } from '../domain/text';
import { EXIT } from '../exit';
import { findPayIn } from '../store/movements';
import { closePayIns, type Choice } from '../store/set-aside';
import type { CommonOptions, Context } from './context';
import {
  namedChoice,
  noneOf,
  noteOf,
  type ChoiceOptions,
  type NoteOptions,
} from './quarantine-choice';
import { CALLED, verb, type Run } from './verb';

type CloseOptions = CommonOptions & ChoiceOptions & NoteOptions;

export function addClose(quarantine: Command, run: Run): void {
  verb(
    quarantine,
    'close [payment]',
    'Close one that you have dealt with; it is not posted any more, and kept as a row',
    'quarantine close pi_3Abc… --reason "booked by hand on 3 May"',
    'quarantine close --of PAYER_MALFORMED --reason "booked by hand"',
  )
    .option('--reason <text>', 'what was done, kept with it')
    .option('--of <reason>', 'all that are set aside for this reason')
    .option('--all', 'all that are set aside')
    .option('--by <name>', 'who has done it (default: the user of this machine)')
    .action((payment: string | undefined, options: CloseOptions) =>
      run(options, (context) => {
        const choice = namedChoice(payment, options);
        if (choice.kind === 'one') return close(context, choice.id, options);
        return closeMany(context, choice, options);
      }),
    );
}

async function close(context: Context, id: string, options: CloseOptions): Promise<number> {
  const note = noteOf(options);
  const db = await context.db();
  const instanceId = await context.instanceId();
  const one: Choice = { kind: 'one', id };
  const changed = (await closePayIns(db, instanceId, one, note)).length > 0;
  const row = await findPayIn(db, instanceId, id);
  if (row?.state !== 'quarantined' || row.closedAt === null) {
    const next = 'It is not set aside; `explain` tells what is known of it.';
    throw new SyncError('NOT_FOUND', { quarantined: id }, { next });
  }
  const { closedAt, reason } = row;
  const kept = { at: closedAt.toISOString(), by: row.closedBy, reason: row.closedNote };
  const how = changed ? 'Closed' : 'It was closed already:';
  context.output.data(
    { paymentIntentId: id, changed, reason, closed: kept },
    `${how} ${id} (${reason ?? '?'}), ${formatTime(closedAt)} by ${row.closedBy ?? 'itself'}: ${row.closedNote ?? 'there was nothing to do'}\n` +
      `No sync posts it any more. To open it again: ${CALLED} quarantine retry ${id}`,
  );
  return EXIT.done;
}

async function closeMany(context: Context, choice: Choice, options: CloseOptions): Promise<number> {
  const note = noteOf(options);
  const [db, instanceId] = [await context.db(), await context.instanceId()];
  const closed = await closePayIns(db, instanceId, choice, note);
  context.output.data(
    { closed, by: note.by, reason: note.note },
    closed.length === 0
      ? noneOf(choice)
      : `Closed ${count(closed.length, 'pay-in')}, by ${note.by}: ${note.note}\n` +
          `No sync posts them any more. See ${CALLED} quarantine list --closed`,
  );
  return EXIT.done;
}
