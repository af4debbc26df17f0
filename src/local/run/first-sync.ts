/** The sync that `npm start` begins with, and the check of its result against the stand-ins. */
import type { Client } from '@temporalio/client';
import { z } from 'zod';
import { syncIdOf } from '../../domain/ids';
import type { Progress } from '../../domain/progress';
import type { Proof } from '../../domain/proof/proof';
import { proofSentences } from '../../domain/proof/proof-sentences';
import type { Report } from '../../domain/report';
import type { Db } from '../../store/db';
import { readWholeReport } from '../../store/sync-reports';
import { findSync } from '../../store/syncs';
import { webUiLink } from '../../temporal/connection';
import { awaitWorkflow, followSync } from '../../temporal/follow';
import { startAdhocSync } from '../../temporal/syncs';
import type { Infrastructure } from './parts';

export interface FirstSync {
  readonly client: Client;
  readonly db: Db;
  readonly instanceId: string;
  readonly infrastructure: Infrastructure;
  readonly show: (progress: Progress) => void;
  readonly onStarted: (link: string | null) => void;
  readonly signal: AbortSignal;
}

/** Runs a sync; one that is under way already, as after a restart, is waited for first. */
export async function runFirstSync(options: FirstSync): Promise<Report> {
  const { client, db, instanceId, infrastructure, signal } = options;
  for (;;) {
    const started = await startAdhocSync(client, { instanceId, trigger: 'start' });
    const { workflowId, runId } = started;
    const { webUiUrl, temporalNamespace } = infrastructure;
    const link = webUiLink(webUiUrl, temporalNamespace, workflowId, runId);
    options.onStarted(link);
    const result = await followSync(started.handle, options.show, signal);
    if (result?.runningWorkflowId !== undefined) {
      await awaitWorkflow(client, result.runningWorkflowId);
      continue;
    }
    if (started.joined) continue;
    const row = await findSync(db, syncIdOf(instanceId, workflowId, runId));
    if (!row) throw new Error('the sync ended without a row');
    return readWholeReport(db, row, link);
  }
}

/**
 * @param proof undefined: the sync has made none, since only pay-ins are carried over
 * @param count what is said where nothing was proven
 */
export async function lastLines(
  proof: Proof | undefined,
  count: () => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const sentences = proof ? proofSentences(proof) : [];
  return sentences.length > 0 ? sentences : count();
}

const STRIPE_TOTALS = z.looseObject({ succeeded: z.int() });
const BLNK_TOTALS = z.looseObject({ transactions: z.int() });

/** "Stripe has N succeeded, the ledger holds N: equal", asked of the stand-ins themselves. */
export async function compareTotals(
  stripeBase: string | undefined,
  blnkUrl: string,
): Promise<string> {
  const read = async (base: string): Promise<unknown> =>
    (await fetch(`${base}/sandbox/totals`)).json();
  const held = BLNK_TOTALS.parse(await read(blnkUrl)).transactions;
  if (stripeBase === undefined) return `The stand-in ledger holds ${held} pay-ins`;
  const has = STRIPE_TOTALS.parse(await read(stripeBase)).succeeded;
  const verdict =
    has === held ? 'equal' : 'not equal; what came since, or was set aside, makes the difference';
  return `Stripe has ${has} succeeded, the ledger holds ${held}: ${verdict}`;
}
