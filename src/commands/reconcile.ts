/** `reconcile`: a sync now, and its proof; `reconcile accept` says that a posting of others is right. */
import type { Command } from 'commander';
import { SyncError } from '../domain/errors';
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
    'reconcile accept correction-7 --note "till, 28 November"',
  );
  // Its options are those of `accept` behind that word.
  reconcile.enablePositionalOptions();
  reconcile.action((options: CommonOptions) => run(options, prove));
  addAccept(reconcile, run);
}

async function prove(context: Context): Promise<number> {
  const { enabled } = await movementPlace(context);
  if (!enabled) {
    const next = `${NOT_ENABLED} ${HOW_TO_ENABLE}`;
    throw new SyncError('NOT_FOUND', { proof: await context.instanceId() }, { next });
  }
  return runSync(context, {
    scope: { kind: 'full' },
    acceptSource: false,
    outcome: (report) => outcomeOf(context, report),
  });
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
    failed: proof.state === 'broken',
    exitCode: exitCodeOfProof(proof.state),
  };
}
