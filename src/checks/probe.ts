/** One question to one part, with a time limit, and its answer in words. */
import { errorInfo, nextOf, SyncError, type ErrorCode } from '../domain/errors';

export interface Finding {
  readonly ok: boolean;
  /** What was found, or what is wrong. */
  readonly detail: string;
  /** What to do; with `ok` it is a recommendation. */
  readonly next?: string;
  readonly code?: ErrorCode;
}

export interface ProbeResult extends Finding {
  readonly name: string;
}

export interface Probe {
  readonly name: string;
  /** What it throws becomes a failed finding. */
  readonly run: (signal: AbortSignal) => Promise<Finding>;
}

/** Long enough for a key that has to be tried twice; a person waits for the answer. */
const LIMIT_MS = 10_000;

/** All at once, results in the order given. None lasts longer than `limitMs`. */
export function runProbes(probes: readonly Probe[], limitMs = LIMIT_MS): Promise<ProbeResult[]> {
  return Promise.all(
    probes.map(async ({ name, run }) => ({ name, ...(await withinLimit(run, limitMs)) })),
  );
}

async function withinLimit(run: Probe['run'], limitMs: number): Promise<Finding> {
  const limit = new AbortController();
  const silence: Finding = {
    ok: false,
    detail: `no answer within ${limitMs / 1000} s`,
    next: 'Check the address, the network and that it is up.',
  };
  let timer: NodeJS.Timeout | undefined;
  const timedOut = new Promise<Finding>((resolve) => {
    timer = setTimeout(() => {
      limit.abort();
      resolve(silence);
    }, limitMs);
  });
  try {
    return await Promise.race([run(limit.signal).catch(findingOf), timedOut]);
  } finally {
    clearTimeout(timer);
  }
}

export function findingOf(error: unknown): Finding {
  const fault = error instanceof SyncError ? error : new SyncError('INTERNAL');
  const { what } = errorInfo(fault.code);
  const next = nextOf(fault.code, fault.details);
  const to = Object.entries(fault.details).map(([key, value]) => `${key} ${value}`);
  const detail = to.length > 0 ? `${what} (${to.join(', ')})` : what;
  return { ok: false, code: fault.code, detail, next };
}
