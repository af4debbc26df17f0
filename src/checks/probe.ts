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
  /** It was not asked, because this one failed: the same cause would be told a second time. */
  readonly notAskedFor?: string;
}

export interface Probe {
  readonly name: string;
  /** Names of those that it cannot pass without. */
  readonly after?: readonly string[];
  /** What it throws becomes a failed finding. */
  readonly run: (signal: AbortSignal) => Promise<Finding>;
}

/** Long enough for a key that has to be tried twice; a person waits for the answer. */
const LIMIT_MS = 10_000;

/** All at once but for those that come after another one, results in the order given. None lasts longer than `limitMs`. */
export function runProbes(probes: readonly Probe[], limitMs = LIMIT_MS): Promise<ProbeResult[]> {
  const asked = new Map<string, Promise<ProbeResult>>();
  const all = probes.map(({ name, after = [], run }) => {
    const before = after.flatMap((one) => asked.get(one) ?? []);
    const result = ask(name, before, run, limitMs);
    asked.set(name, result);
    return result;
  });
  return Promise.all(all);
}

async function ask(
  name: string,
  before: readonly Promise<ProbeResult>[],
  run: Probe['run'],
  limitMs: number,
): Promise<ProbeResult> {
  const cause = (await Promise.all(before)).find((result) => !result.ok && !isPartial(result));
  if (!cause) return { name, ...(await withinLimit(run, limitMs)) };
  const notAskedFor = cause.notAskedFor ?? cause.name;
  return { name, ok: false, detail: `not asked because ${notAskedFor} failed`, notAskedFor };
}

/** A key that lacks a right is let in all the same: what else it may do is worth asking. */
function isPartial({ code }: Finding): boolean {
  return code?.endsWith('_PERMISSION_MISSING') === true;
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

function findingOf(error: unknown): Finding {
  const fault = error instanceof SyncError ? error : new SyncError('INTERNAL');
  const { what } = errorInfo(fault.code);
  const next = nextOf(fault.code, fault.details);
  const to = Object.entries(fault.details).map(([key, value]) => `${key} ${value}`);
  const detail = to.length > 0 ? `${what} (${to.join(', ')})` : what;
  return { ok: false, code: fault.code, detail, next };
}
