/** The open problems of an instance, for whoever shows them: as the rows are now, told or not. */
import type { ErrorCode } from '../domain/errors';
import { PROBLEMS, shownProblems } from '../domain/problems';
import type { Stall } from '../domain/stall';
import { openAlerts, type Channel } from '../store/alerts';
import type { Db } from '../store/db';
import { readProblemFacts } from '../store/problem-facts';

export interface ProblemView {
  readonly problem: string;
  /** The PaymentIntent that it is about; null: the instance as a whole. */
  readonly subject: string | null;
  readonly codes: readonly string[];
  /** Minor units by currency; empty: it is about no money. */
  readonly amounts: Readonly<Record<string, string>>;
  readonly what: string;
  readonly next: string;
  /** When it was first noticed; null: just now. */
  readonly since: string | null;
  /** Where an alert says so. */
  readonly told: readonly Channel[];
}

/**
 * @param stall what was seen of its run just now; undefined: what the last look has written down
 * @param waits why steps of the sync that runs are tried again just now
 */
export async function listProblems(
  db: Db,
  instanceId: string,
  stall?: Pick<Stall, 'codes'> | null,
  waits: readonly ErrorCode[] = [],
): Promise<ProblemView[]> {
  const noted = await readProblemFacts(db, instanceId);
  if (!noted) return [];
  const facts = stall === undefined ? noted : { ...noted, stalledFor: stall?.codes ?? null };
  const alerts = await openAlerts(db, instanceId);
  return shownProblems(facts, waits).map(({ problem, subject, codes, amounts = {} }) => {
    const known = alerts.find((one) => one.problem === problem && one.subject === subject);
    return {
      problem,
      subject: subject === '' ? null : subject,
      codes,
      amounts,
      ...PROBLEMS[problem],
      since: known?.openedAt.toISOString() ?? null,
      told: known?.told ?? [],
    };
  });
}
