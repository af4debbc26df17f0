/** Asks the ledger whether it still holds what it has acknowledged. */
import { setTimeout as sleep } from 'node:timers/promises';
import { atOnce } from '../../at-once';
import { SyncError } from '../../domain/errors';
import { NOBODY } from '../../domain/ids';
import type { Ledger, LedgerEntry } from '../../domain/ledger';
import type { Db } from '../../store/db';
import { newestInLedger, type InLedger } from '../../store/proof';

export interface Asking {
  readonly signal: AbortSignal;
  /** Waits before what seems to be gone is asked for again. */
  readonly waitsMs: readonly number[];
  /** Whether a look-up that failed is repeated after the same waits. Default false: its error is thrown. */
  readonly repeats?: boolean;
  /** Whether what seems to be gone is asked for again. Default true. */
  readonly confirm?: boolean;
  /** Called with what each look-up has found. */
  readonly onFound?: (found: readonly LedgerEntry[], asked: number) => void;
}

/** References of one look-up: one request at a Core, two at Cloud. */
const BATCH = 100;
/** Look-ups at once: fewer than those of three pages, which may be under way together while a sync posts. */
const AT_ONCE = 8;

/**
 * Those that the ledger does not hold as APPLIED under their reference. Absence is believed when it lasts:
 * a ledger that is read from a replica shows a posting late.
 * @throws SyncError BLNK_* of a look-up that failed
 */
export async function findGone(
  ledger: Ledger,
  postings: readonly InLedger[],
  asking: Asking,
): Promise<InLedger[]> {
  let gone = await findAbsent(ledger, postings, asking);
  for (const wait of asking.confirm === false ? [] : asking.waitsMs) {
    if (gone.length === 0) break;
    await sleep(wait, undefined, { signal: asking.signal });
    gone = await findAbsent(ledger, gone, asking);
  }
  return gone;
}

async function findAbsent(
  ledger: Ledger,
  postings: readonly InLedger[],
  asking: Asking,
): Promise<InLedger[]> {
  const batches: InLedger[][] = [];
  for (let at = 0; at < postings.length; at += BATCH) batches.push(postings.slice(at, at + BATCH));
  const absent = await atOnce(batches, AT_ONCE, asking.signal, async (batch, signal) => {
    const references = batch.map(({ reference }) => reference);
    const entries = await lookUpPatiently(ledger, references, { ...asking, signal });
    const found = entries.filter(({ status }) => status === 'APPLIED');
    asking.onFound?.(found, batch.length);
    const there = new Set(found.map(({ reference }) => reference));
    return batch.filter(({ reference }) => !there.has(reference));
  });
  return absent.flat();
}

/** One of a thousand that fails must not begin all of them anew. */
async function lookUpPatiently(
  ledger: Ledger,
  references: readonly string[],
  { signal, waitsMs, repeats = false }: Asking,
): Promise<LedgerEntry[]> {
  for (const wait of repeats ? waitsMs : []) {
    try {
      return await ledger.lookUp(references, signal);
    } catch (error) {
      if (!(error instanceof SyncError && error.retryable)) throw error;
      await sleep(wait, undefined, { signal });
    }
  }
  return ledger.lookUp(references, signal);
}

/** A ledger that is set back has lost the newest ones: at least one of so many. */
export const NEWEST = 100;

/** Those of our newest postings that the ledger has lost, as after a restore of an old backup. */
export async function findNewestGone(
  db: Db,
  sourceId: string,
  ledger: Ledger,
  asking: Asking,
): Promise<InLedger[]> {
  const newest = await newestInLedger(db, sourceId, NEWEST);
  if (newest.length > 0) return findGone(ledger, newest, asking);
  await ledger.lookUp([NOBODY], asking.signal);
  return [];
}
