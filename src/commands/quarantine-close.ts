/** `quarantine close`: ends what a person has dealt with. It stays as a row: who, when and why. */
import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { SyncError } from '../domain/errors';
import { formatTime } from '../domain/text';
import { EXIT } from '../exit';
import { findPayIn } from '../store/pay-ins';
import { closePayIn } from '../store/set-aside';
import type { CommonOptions, Context } from './context';
import { paymentIntentId } from './sync';
import { CALLED, verb, type Run } from './verb';

interface CloseOptions extends CommonOptions {
  readonly reason?: string;
  readonly by?: string;
}

export function addClose(quarantine: Command, run: Run): void {
  verb(
    quarantine,
    'close <payment>',
    'Close one that you have dealt with; it is not posted any more, and kept as a row',
    'quarantine close pi_3Abc… --reason "booked by hand on 3 May"',
  )
    .option('--reason <text>', 'what was done, kept with it')
    .option('--by <name>', 'who has done it (default: the user of this machine)')
    .action((payment: string, options: CloseOptions) =>
      run(options, (context) => close(context, paymentIntentId(payment), options)),
    );
}

async function close(context: Context, id: string, options: CloseOptions): Promise<number> {
  const note = textOf('--reason', options.reason ?? '');
  const by = textOf('--by', options.by ?? nameOfUser());
  const db = await context.db();
  const instanceId = await context.instanceId();
  const closed = await closePayIn(db, instanceId, id, { by, note });
  const row = await findPayIn(db, instanceId, id);
  if (row?.state !== 'quarantined' || row.closedAt === null) {
    throw new SyncError('NOT_FOUND', { quarantined: id });
  }
  const { closedAt, reason } = row;
  const kept = { at: closedAt.toISOString(), by: row.closedBy, reason: row.closedNote };
  const how = closed ? 'Closed' : 'It was closed already:';
  context.output.data(
    { paymentIntentId: id, changed: closed, reason, closed: kept },
    `${how} ${id} (${reason ?? '?'}), ${formatTime(closedAt)} by ${row.closedBy ?? 'itself'}: ${row.closedNote ?? 'there was nothing to do'}\n` +
      `No sync posts it any more. To open it again: ${CALLED} quarantine retry ${id}`,
  );
  return EXIT.done;
}

const LONGEST = 500;

/** @throws SyncError USAGE; Postgres takes no NUL, and a terminal should get no control characters */
function textOf(option: string, given: string): string {
  const text = given.trim();
  if (text === '') throw new SyncError('USAGE', { [option]: 'is missing' });
  if (text.length > LONGEST || /[\p{Cc}\p{Cs}]/u.test(text)) {
    throw new SyncError('USAGE', { [option]: `must be one line of at most ${LONGEST} characters` });
  }
  return text;
}

/** A container's user often has a number and no name. */
function nameOfUser(): string {
  try {
    return userInfo().username;
  } catch {
    return `user ${process.getuid?.() ?? 'unknown'}`;
  }
}
