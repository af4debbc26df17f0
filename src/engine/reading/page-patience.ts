/**
 * How long a page may go without success, and what becomes of it then. Counted from the last success of
 * its source, on whatever page and in whatever attempt: pages that step aside one after the other must
 * not each begin anew.
 */
import { SyncError } from '../../domain/errors';
import { readSuccesses } from '../../store/successes';
import type { Attempt } from '../attempt';
import type { EngineDeps } from '../deps';
import { createSilence } from './silence';

/** Successes are written a moment after they were: what comes so soon after a fault came before it. */
const WRITTEN_WITHIN_MS = 500;

/** Share of the patience that one attempt of a page may be silent, while others wait for its place. */
const SHARE_OF_ATTEMPT = 1 / 3;
/** Milliseconds that it gets in any case. */
const LEAST_MS = 5_000;

/** How the workflow lets a page wait. */
export interface Waiting {
  /** Whether the page may step aside. Absent: the workflow knows nothing of that, and it waits. */
  readonly mayStepAside?: boolean;
  /** Nothing else of this sync is under way: what waits now waits for itself. Default false. */
  readonly alone?: boolean;
  /** As the last page that stepped aside has said. */
  readonly failingSince?: number;
}

/** Some of the page is still staged. Nothing has got through since then: milliseconds by the database's clock. */
export interface Later {
  readonly kind: 'later';
  readonly failingSince: number;
}

export interface PagePatience {
  /** Aborted when this attempt has been silent for long enough. */
  readonly signal: AbortSignal;
  succeeded(): void;
  faulted(): void;
  /** Nothing has got through since an earlier page has stepped aside. */
  isSilent(): Promise<boolean>;
  /** Something of this source has got through since the first fault of this page. */
  gotThrough(): Promise<boolean>;
  /** The patience has passed without one success. */
  isOver(): Promise<boolean>;
  /**
   * What a page with something left ends with.
   * @param isBlamed whether it speaks against the ledger
   * @throws SyncError when it has to wait, or the patience is over
   */
  verdict(error: SyncError, isBlamed: boolean): Promise<Later>;
  /** An error that ends the attempt: not to be tried again once the patience is over. */
  judged(error: unknown): Promise<unknown>;
  stop(): void;
}

export function patienceWithPage(
  { db, patience }: EngineDeps,
  input: Waiting & { readonly sourceId: string },
  attempt: Attempt,
): PagePatience {
  const shareMs = Math.max(LEAST_MS, patience.silenceMs * SHARE_OF_ATTEMPT);
  const silence = createSilence(
    attempt.signal,
    { leftMs: shareMs, limitMs: shareMs },
    () => new SyncError('BLNK_UNAVAILABLE', { cause: 'ETIMEDOUT' }),
  );
  let first: Promise<number> | undefined;
  const firstFault = () => (first ??= readSuccesses(db, input.sourceId).then(({ now }) => now));

  /** Since when nothing has got through, and for how long that is. */
  async function silent(): Promise<{ since: number; ms: number }> {
    const { now, newest } = await readSuccesses(db, input.sourceId);
    const known = input.failingSince;
    const stillSilent = known !== undefined && (newest ?? 0) <= known;
    const since = stillSilent ? known : first ? await first : now;
    return { since, ms: now - Math.max(since, newest ?? 0) };
  }

  const isOver = async () => (await silent()).ms >= patience.silenceMs;

  return {
    signal: silence.signal,
    succeeded() {
      silence.succeeded();
      attempt.succeeded();
    },
    faulted() {
      // Awaited where it is needed; a database that fails is noticed there too.
      firstFault().catch(() => undefined);
    },
    async isSilent() {
      const known = input.failingSince;
      if (known === undefined || input.alone === true) return false;
      const { newest } = await readSuccesses(db, input.sourceId);
      return (newest ?? 0) <= known;
    },
    async gotThrough() {
      const since = await firstFault();
      const { newest } = await readSuccesses(db, input.sourceId);
      return newest !== null && newest > since + WRITTEN_WITHIN_MS;
    },
    isOver,
    async verdict(error, isBlamed) {
      const { since, ms } = await silent();
      if (isBlamed && ms >= patience.silenceMs) {
        throw new SyncError(error.code, error.details, { retryable: false });
      }
      if (input.mayStepAside !== true) throw error;
      return { kind: 'later', failingSince: since };
    },
    async judged(error) {
      const isOfLedger = error instanceof SyncError && error.side === 'blnk';
      if (!isOfLedger || !error.retryable || input.failingSince === undefined) return error;
      if (!(await isOver())) return error;
      return new SyncError(error.code, error.details, { retryable: false });
    },
    stop: () => silence.stop(),
  };
}
