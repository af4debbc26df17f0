/**
 * What is wrong with an instance until somebody or something mends it. Decided here, from rows alone;
 * told to people by src/alerts, `status` and `instances show`.
 */
import { errorInfo, type ErrorCode } from './errors';
import { may, type Grants, type Permission } from './permissions';
import { proofProblems, type ProofFacts } from './proof/proof-problems';
import type { SyncStatus } from './sync';

export interface ProblemInfo {
  /** What is the matter, as a sentence without its full stop. */
  readonly what: string;
  /** What to do next. */
  readonly next: string;
}

export const PROBLEMS = {
  INSTALL_HELD: {
    what: 'An install of the app was held, since it may be a forgery; nothing was replaced',
    next: '`instances show` tells what it is. `instances approve` puts it in force, `instances refuse` ends it.',
  },
  CONFLICT: {
    what: 'Blnk holds another transaction under the reference of a Stripe payment',
    next: 'Compare both with `explain`, correct the ledger, then run `quarantine retry`.',
  },
  QUARANTINE: {
    what: 'Payments are set aside and wait for somebody',
    next: '`quarantine list` shows them, with what to do for each reason.',
  },
  SYNCS_FAILING: {
    what: 'The last three syncs have failed',
    next: '`syncs show` tells why; docs/errors.md has each code.',
  },
  SYNC_FAILED: {
    what: 'The last sync has failed',
    next: '`syncs show` tells why; docs/errors.md has each code. The next sync goes on from there.',
  },
  SYNC_WAITING: {
    what: 'A sync that runs tries a step again and again',
    next: '`status` tells what it waits for, and when it tries again.',
  },
  SYNC_STUCK: {
    what: 'A sync stands still',
    next: '`check` tells why and what to do; `syncs cancel --force` ends it, and the next sync goes on from there.',
  },
  SYNC_OVERDUE: {
    what: 'A scheduled sync is overdue by more than an hour',
    next: 'Check that the worker and Temporal run; `status` shows the schedule.',
  },
  SCHEDULE_PAUSED: {
    what: 'The program has paused the schedule, since every sync would fail the same way',
    next: 'Mend what the code says. It is tried again by itself, at last once an hour, and then lifted; `check` does so at once.',
  },
  PERMISSION_MISSING: {
    what: 'A key lacks a permission',
    next: 'Grant it (Blnk Cloud: install the app again with it), then run `check`.',
  },
  LEDGER_REWOUND: {
    what: 'The ledger had lost our newest postings, as after an old backup was restored',
    next: 'Nothing is lost: a sync posts what is missing. Find out who set the ledger back.',
  },
  PROOF_BROKEN: {
    what: 'The ledger does not hold what Stripe holds, and the difference is not explained',
    next: 'The proof names what was found, each with what to do: `proofs show`, or the page “Proof” of the app. `repair --plan` shows what can be mended. Syncs go on meanwhile.',
  },
  PROOF_STALE: {
    what: 'For 24 hours nothing has shown that the ledger holds what Stripe holds',
    next: '`proofs show`, or the page “Proof” of the app, tells why; `check` names a permission that a key lacks; `reconcile` makes a proof now.',
  },
  SUSPENSE: {
    what: 'Stripe has moved money for a reason that is not known; it is booked to suspense',
    next: '`suspense list` shows each with what Stripe says of it, `suspense assign` books it where it belongs.',
  },
} as const satisfies Record<string, ProblemInfo>;

export type ProblemCode = keyof typeof PROBLEMS;

/** One that is open. The code and the subject together tell it from all others of the instance. */
export interface Problem {
  readonly problem: ProblemCode;
  /** The PaymentIntent that it is about; empty: the instance as a whole. */
  readonly subject: string;
  /** Codes of reasons and errors, names of permissions, currencies. */
  readonly codes: readonly string[];
  /** Minor units by currency, of one that is about money: for whoever looks, and in no message. */
  readonly amounts?: Readonly<Record<string, string>>;
}

/** A sync of everything new; those of a range or a payment say nothing about the instance. */
export interface SyncFact {
  readonly status: SyncStatus;
  readonly error: ErrorCode | null;
  /** The permission that it failed for, by name. */
  readonly permission: string | null;
  /** It found our newest postings gone from the ledger. */
  readonly rewound: boolean;
}

export interface ProblemFacts {
  /** By the database's clock, as all times here. */
  readonly now: Date;
  /** Why installs are held, for a person to decide. */
  readonly held: readonly ErrorCode[];
  /** Whether access is in force; of an instance that was left, nothing is a problem any more. */
  readonly active: boolean;
  readonly grants: Grants;
  /** Newest first, open ones too, without skipped ones. */
  readonly syncs: readonly SyncFact[];
  /** PaymentIntents in conflict that get an alert of their own. */
  readonly conflicts: readonly string[];
  /** Reasons of all others that wait for a person, or were tried in vain several times. */
  readonly setAside: readonly string[];
  /** When the schedule had a run due that no completed sync has followed; null: no run is due. */
  readonly dueAt: Date | null;
  /** When the open sync was last seen to get on; null: none is open. */
  readonly movedAt: Date | null;
  /** Why a run of it does not get on, as far as that is known; null: it does, or none is open. */
  readonly stalledFor: readonly ErrorCode[] | null;
  /** Why we have paused the schedule. */
  readonly pausedFor: ErrorCode | null;
  /** null: only pay-ins are carried over. */
  readonly proof: ProofFacts | null;
}

/**
 * Milliseconds. Above three runs of the default schedule, so that syncs that fail are told as failing,
 * and far above what a run waits for its turn.
 */
export const OVERDUE_MS = 60 * 60_000;

const IN_A_ROW = 3;

/** Without them the sync does less than it should, or nothing. */
const NEEDED: readonly Permission[] = ['data:read', 'data:write'];

/** A pause for it is told as the missing permission itself. */
const isOfPermission = (code: ErrorCode) => errorInfo(code).refuses === 'permission';

/**
 * What is shown to whoever looks, beside what is told by itself: one failure is no alert, and to say that
 * nothing is wrong would not be true all the same.
 * @param waits why steps of the sync that runs are tried again just now
 */
export function shownProblems(facts: ProblemFacts, waits: readonly ErrorCode[] = []): Problem[] {
  const problems = problemsOf(facts);
  if (!facts.active) return problems;
  const told = new Set(problems.map(({ problem }) => problem));
  const ended = facts.syncs.find(({ status }) => status !== 'running' && status !== 'cancelled');
  const shown = (problem: ProblemCode, codes: readonly ErrorCode[]) =>
    problems.push({ problem, subject: '', codes: [...new Set(codes)] });
  const covers: readonly ProblemCode[] = ['SYNCS_FAILING', 'PERMISSION_MISSING', 'SCHEDULE_PAUSED'];
  if (ended?.status === 'failed' && !covers.some((one) => told.has(one)))
    shown('SYNC_FAILED', [ended.error ?? 'INTERNAL']);
  if (waits.length > 0 && !told.has('SYNC_STUCK')) shown('SYNC_WAITING', waits);
  return problems;
}

/** All open problems that are told by alerts, each once. */
export function problemsOf(facts: ProblemFacts): Problem[] {
  const held: Problem[] =
    facts.held.length === 0
      ? []
      : [{ problem: 'INSTALL_HELD', subject: '', codes: [...new Set(facts.held)] }];
  if (!facts.active) return held;
  const problems: Problem[] = facts.conflicts.map((subject) => ({
    problem: 'CONFLICT',
    subject,
    codes: ['CONFLICT'],
  }));
  const add = (problem: ProblemCode, codes: readonly string[] = []) =>
    problems.push({ problem, subject: '', codes: [...new Set(codes)] });

  problems.push(...held);
  if (facts.setAside.length > 0) add('QUARANTINE', facts.setAside);
  const failures = failuresInARow(facts.syncs);
  if (failures.length > 0) add('SYNCS_FAILING', failures);
  else if (isOverdue(facts)) add('SYNC_OVERDUE');
  if (facts.stalledFor !== null) add('SYNC_STUCK', facts.stalledFor);
  const missing = missingPermissions(facts);
  if (missing.length > 0) add('PERMISSION_MISSING', missing);
  if (facts.pausedFor !== null && !isOfPermission(facts.pausedFor)) {
    add('SCHEDULE_PAUSED', [facts.pausedFor]);
  }
  if (isRewound(facts.syncs)) add('LEDGER_REWOUND', ['LEDGER_REWOUND']);
  const now = Math.floor(facts.now.getTime() / 1000);
  const ofProof = facts.proof ? proofProblems(facts.proof, now) : [];
  problems.push(...ofProof.map((one) => ({ ...one, subject: '' })));
  return problems;
}

function isCompleted({ status }: SyncFact): boolean {
  return status === 'completed' || status === 'completed_with_problems';
}

/** Codes of the newest failures, none unless there are enough. One that a person has cancelled says nothing. */
function failuresInARow(syncs: readonly SyncFact[]): ErrorCode[] {
  const ended = syncs.filter((sync) => isCompleted(sync) || sync.status === 'failed');
  const newest = ended.slice(0, IN_A_ROW);
  if (newest.length < IN_A_ROW || newest.some(isCompleted)) return [];
  return newest.map(({ error }) => error ?? 'INTERNAL');
}

/** A long sync that gets on is none: the first one may read for hours. */
function isOverdue({ now, dueAt, movedAt }: ProblemFacts): boolean {
  const isLong = (since: Date) => now.getTime() - since.getTime() > OVERDUE_MS;
  return dueAt !== null && isLong(dueAt) && (movedAt === null || isLong(movedAt));
}

function missingPermissions({ grants, syncs, pausedFor }: ProblemFacts): string[] {
  const withheld: string[] = NEEDED.filter((right) => !may(grants, right));
  const newest = syncs.find(({ status }) => status !== 'running' && status !== 'cancelled');
  const error = newest?.error ?? null;
  if (error !== null && isOfPermission(error)) {
    withheld.push(newest?.permission ?? error);
  }
  const isPaused = pausedFor !== null && isOfPermission(pausedFor);
  return withheld.length === 0 && isPaused ? [pausedFor] : withheld;
}

/** Until a later sync has completed and found everything in its place. */
function isRewound(syncs: readonly SyncFact[]): boolean {
  const completed = syncs.findIndex((sync) => isCompleted(sync) && !sync.rewound);
  const since = completed === -1 ? syncs : syncs.slice(0, completed);
  return since.some(({ rewound }) => rewound);
}
