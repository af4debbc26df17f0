/** `reconcile`: a sync now, and its proof; `reconcile accept` says that a posting of others is right. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { SyncError } from '../domain/errors';
import { LISTED_AFTER } from '../domain/proof/reading-judgement';
import type { Report } from '../domain/report';
import { EXIT, exitCodeOfProof, exitCodeOfStatus } from '../exit';
import { proofOfSync } from '../store/proofs';
import type { CommonOptions, Context } from './context';
import { runSync, type RequestOutcome } from './follow';
import { HOW_TO_ENABLE, movementPlace, NOT_ENABLED } from './movement-place';
import { proofToText } from './proofs';
import { addAccept } from './reconcile-accept';
import { verb, type Run } from './verb';

export function addReconcile(program: Command, run: Run): void {
  const reconcile = verb(
    program,
    'reconcile',
    'Sync now and prove that the ledger agrees with Stripe',
    'reconcile',
    'reconcile --wait',
    'reconcile accept correction-7 --note "till, 28 November"',
  );
  // Its options are those of `accept` behind that word.
  reconcile.enablePositionalOptions();
  reconcile
    .option('--wait', 'sync again until it is known whether they agree, for some minutes')
    .action((options: ReconcileOptions) =>
      run(options, (context) => prove(context, options.wait === true)),
    );
  addAccept(reconcile, run);
}

interface ReconcileOptions extends CommonOptions {
  readonly wait?: boolean;
}

/** Syncs of one `--wait`. */
const ROUNDS = 6;

/** Seconds between two: the list of rows is trusted by then as of the first one's reading. */
const PAUSE = LISTED_AFTER + 15;

async function prove(context: Context, mayWait: boolean): Promise<number> {
  const { enabled } = await movementPlace(context);
  if (!enabled) {
    const next = `${NOT_ENABLED} ${HOW_TO_ENABLE}`;
    throw new SyncError('NOT_FOUND', { 'proof of': await context.instanceId() }, { next });
  }
  const once = async (isLast: boolean) => {
    let isWaiting = false;
    const exitCode = await runSync(context, {
      scope: { kind: 'full' },
      acceptSource: false,
      async outcome(report) {
        const outcome = await outcomeOf(context, report);
        isWaiting = outcome.json['proofState'] === 'waiting';
        return { ...outcome, isPassing: isWaiting && !isLast };
      },
    });
    return { exitCode, isWaiting };
  };
  return untilDecided(once, mayWait ? ROUNDS : 1, async () => {
    context.output.say(`Not decided yet; another sync in ${PAUSE} s tells.`);
    await sleep(PAUSE * 1_000);
  });
}

interface Round {
  readonly exitCode: number;
  readonly isWaiting: boolean;
}

/** @returns the exit code of the first round that does not wait, else of the last one */
export async function untilDecided(
  once: (isLast: boolean) => Promise<Round>,
  rounds: number,
  pause: () => Promise<void>,
): Promise<number> {
  for (let left = rounds - 1; ; left -= 1) {
    const { exitCode, isWaiting } = await once(left === 0);
    if (!isWaiting || left === 0) return exitCode;
    await pause();
  }
}

/** Whoever asks for a proof gets 0 for one only. */
export async function outcomeOf(context: Context, report: Report): Promise<RequestOutcome> {
  const stored = await proofOfSync(await context.db(), report.instanceId, report.syncId);
  if (!stored) {
    const ended = exitCodeOfStatus(report.status);
    return {
      json: { proofNumber: null, proofState: null },
      text: 'This sync has made no proof.',
      failed: true,
      exitCode: ended === EXIT.done || ended === EXIT.problems ? EXIT.failed : ended,
    };
  }
  const { id: proofNumber, proof } = stored;
  return {
    json: { proofNumber, proofState: proof.state },
    text: await proofToText(context, stored),
    tellsProof: true,
    failed: proof.state === 'broken',
    exitCode: exitCodeOfProof(proof.state),
  };
}
