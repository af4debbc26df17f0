/** The open problems of an instance, for whoever shows them: as the rows are now, told or not. */
import { PROBLEMS, problemsOf } from '../domain/problems';
import { openAlerts, type Channel } from '../store/alerts';
import type { Db } from '../store/db';
import { readProblemFacts } from '../store/problem-facts';

export interface ProblemView {
  readonly problem: string;
  /** The PaymentIntent that it is about; null: the instance as a whole. */
  readonly subject: string | null;
  readonly codes: readonly string[];
  readonly what: string;
  readonly next: string;
  /** When it was first noticed; null: just now. */
  readonly since: string | null;
  /** Where an alert says so. */
  readonly told: readonly Channel[];
}

export async function listProblems(db: Db, instanceId: string): Promise<ProblemView[]> {
  const facts = await readProblemFacts(db, instanceId);
  if (!facts) return [];
  const alerts = await openAlerts(db, instanceId);
  return problemsOf(facts).map(({ problem, subject, codes }) => {
    const known = alerts.find((one) => one.problem === problem && one.subject === subject);
    return {
      problem,
      subject: subject === '' ? null : subject,
      codes,
      ...PROBLEMS[problem],
      since: known?.openedAt.toISOString() ?? null,
      told: known?.told ?? [],
    };
  });
}
