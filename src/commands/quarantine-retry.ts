/** `quarantine retry` and `quarantine post`: another try for what was set aside, with its outcome said. */
import type { Command } from 'commander';
import { SyncError, type ErrorDetails } from '../domain/errors';
import { count, formatNumber } from '../domain/text';
import { EXIT } from '../exit';
import { findPayIn } from '../store/movements';
import { postAfterAll, retriedInVain, retryPayIns, type Choice } from '../store/set-aside';
import type { CommonOptions, Context } from './context';
import { runSync, type RequestOutcome } from './follow';
import {
  namedChoice,
  noneOf,
  noteOf,
  nounOf,
  type ChoiceOptions,
  type NoteOptions,
} from './quarantine-choice';
import { CALLED, verb, type Run } from './verb';

type PostOptions = CommonOptions & ChoiceOptions & NoteOptions;

export function addPost(quarantine: Command, run: Run): void {
  verb(
    quarantine,
    'post [payment]',
    'Post what is not booked yet after all, in a sync that is followed',
    'quarantine post pi_3Abc… --reason "not in the books of before"',
    'quarantine post --of SUCCESS_TIME_UNKNOWN --reason "none was booked by hand"',
  )
    .option('--reason <text>', 'how you know, kept with it')
    .option('--of <reason>', 'all that are set aside for this reason')
    .option('--all', 'all that are set aside')
    .option('--by <name>', 'who has decided it (default: the user of this machine)')
    .action((payment: string | undefined, options: PostOptions) =>
      run(options, async (context) => {
        const choice = namedChoice(payment, options);
        const note = noteOf(options);
        const [db, id] = [await context.db(), await context.instanceId()];
        return tryAgain(context, choice, () => postAfterAll(db, id, choice, note));
      }),
    );
}

export async function retry(context: Context, choice: Choice): Promise<number> {
  const [db, id] = [await context.db(), await context.instanceId()];
  return tryAgain(context, choice, () => retryPayIns(db, id, choice));
}

async function tryAgain(
  context: Context,
  choice: Choice,
  makeDue: () => ReturnType<typeof retryPayIns>,
): Promise<number> {
  const { due, at } = await makeDue();
  if (due === 0) {
    if (choice.kind === 'one') {
      const details = await whyNot(context, choice.id);
      const next = 'It is not set aside; `explain` tells what is known of it.';
      throw new SyncError('NOT_FOUND', details, { ...(details['of'] === undefined && { next }) });
    }
    context.output.data({ due }, noneOf(choice));
    return EXIT.done;
  }
  context.output.say(`Trying ${count(due, nounOf(choice))} again.`);
  return runSync(context, {
    scope: { kind: 'full' },
    acceptSource: false,
    anew: true,
    outcome: () => outcomeOf(context, choice, { due, at }),
  });
}

/** The report of the sync counts only what is newly set aside. */
async function outcomeOf(
  context: Context,
  choice: Choice,
  { due, at }: { readonly due: number; readonly at: Date },
): Promise<RequestOutcome> {
  const [db, id] = [await context.db(), await context.instanceId()];
  const inVain = await retriedInVain(db, id, choice, at);
  const noun = nounOf(choice);
  const failed = inVain.reduce((sum, { count: number }) => sum + number, 0);
  const reasons = inVain.map((one) => `${formatNumber(one.count)} x ${one.reason}`).join(', ');
  return {
    json: { retried: { due, throughNow: Math.max(due - failed, 0), setAsideAgain: inVain } },
    text:
      failed === 0
        ? `Of ${count(due, noun)} tried again, all went through.`
        : `Still set aside: ${formatNumber(failed)} of ${count(due, noun)} tried again (${reasons}); see ${CALLED} quarantine list${noun === 'movement' ? ' --movements' : ''}`,
    failed: failed > 0,
  };
}

/** One of an account that was left is there, and no sync can try it. */
async function whyNot(context: Context, id: string): Promise<ErrorDetails> {
  const row = await findPayIn(await context.db(), await context.instanceId(), id);
  const left = row?.state === 'quarantined';
  return { quarantined: id, ...(left && { of: 'an account that was left' }) };
}
