/** Postings of others on the source balance: found again in the ledger, accepted with a note there, or reversed. */
import { acceptanceOf, acceptedMetadata, TAKEN_BACK } from '../../domain/proof/acceptance';
import type { AssignmentNote } from '../../domain/movements/assignment';
import { decide } from '../../domain/decide';
import { SyncError } from '../../domain/errors';
import { reversalReferenceOf, UNPLACED } from '../../domain/ids';
import type { Ledger } from '../../domain/ledger';
import { movedBy, type LedgerLine } from '../../domain/ledger-balances';
import { rfc3339, type Posting } from '../../domain/posting';
import type { ProofItem } from '../../domain/proof/proof-items';
import { lookUpAll } from '../posting/look-up';

/** As a proof or an acceptance names one; without an amount, of whatever amount. */
export type NamedPosting = Pick<ProofItem, 'reference' | 'currency' | 'at'> &
  Partial<Pick<ProofItem, 'amount'>>;

/** Seconds: a ledger's clock and its list may differ by a little. */
const EARLIER = 60;

const NOT_TAKEN: ReadonlySet<string> = new Set(['BLNK_PERMISSION_MISSING', 'BLNK_REFUSED']);

/**
 * @param source the name of the source balance
 * @returns undefined: it is not in the ledger any more
 * @throws SyncError BLNK_*
 */
export async function findPosting(
  ledger: Ledger,
  source: string,
  { reference, currency, at, amount }: NamedPosting,
  signal: AbortSignal,
): Promise<LedgerLine | undefined> {
  const balances = await ledger.turnoversOf([source], signal);
  const balance = balances.find((one) => one.currency === currency);
  if (!balance) return undefined;
  let from: Date | string | null = new Date(Math.max(0, (at ?? 0) - EARLIER) * 1000);
  while (from !== null) {
    const { lines, next } = await ledger.linesOn(balance.balanceId, from, signal);
    const found = lines.find(
      (line) =>
        [line.reference, line.transactionId].includes(reference) &&
        (amount === undefined || movedBy(line) === amount),
    );
    if (found) return found;
    from = next;
  }
  return undefined;
}

/** @returns whether the ledger has the note: a Core takes one from its master key alone, and another form may take none */
export async function noteInLedger(
  ledger: Ledger,
  transactionId: string,
  note: AssignmentNote,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await ledger.annotate(transactionId, acceptedMetadata(transactionId, note, new Date()), signal);
    return true;
  } catch (error) {
    if (error instanceof SyncError && NOT_TAKEN.has(error.code)) return false;
    throw error;
  }
}

/**
 * A note that stayed in the ledger would be read back from there by a later proof.
 * @throws SyncError BLNK_*
 */
export async function endNoteInLedger(
  ledger: Ledger,
  { transactionId, metadata }: LedgerLine,
  signal: AbortSignal,
): Promise<void> {
  if (acceptanceOf(transactionId, metadata))
    await ledger.annotate(transactionId, TAKEN_BACK, signal);
}

export interface Reversal {
  readonly posting: Posting;
  /** Names of its two balances. */
  readonly from: string;
  readonly to: string;
  /** Of the posting that it takes back. */
  readonly of: LedgerLine;
}

/**
 * The way back, between the same two balances: in Stripe's balance the two come to nothing. It books no money of
 * Stripe's, so it has no row among the movements, and both are accepted together.
 * @returns undefined: the ledger does not say exactly what theirs is
 * @throws SyncError BLNK_*
 */
export async function reversalOf(
  ledger: Ledger,
  line: LedgerLine,
  { by, note }: AssignmentNote,
  livemode: boolean,
  signal: AbortSignal,
): Promise<Reversal | undefined> {
  const { amount, precision, currency, source, destination } = line;
  if (amount === null || amount > BigInt(Number.MAX_SAFE_INTEGER)) return undefined;
  if (precision === null || currency === null) return undefined;
  if (source === null || destination === null) return undefined;
  const names = await ledger.indicatorsOf([source, destination], signal);
  const [from, to] = [names?.get(destination), names?.get(source)];
  if (from === undefined || to === undefined) return undefined;
  const reference = reversalReferenceOf(line.reference || line.transactionId);
  const at = line.effectiveAt ?? line.bookedAt ?? new Date();
  const own = { livemode, sync_id: UNPLACED, leg: 'reversed', by, note };
  const posting: Posting = {
    ...{ movementId: reference, reference, amount, precision, currency },
    // By their ids: a name is another balance in each currency, and theirs may say any.
    ...{ source: destination, destination: source, description: 'Reversed a posting of others' },
    also: { customerIds: [], sources: [from], destinations: [to] },
    effectiveDate: rfc3339(Math.floor(at.getTime() / 1000)),
    metadata: { stripe_sync: own },
  };
  return { posting, from, to, of: line };
}

export type Reversed =
  | { readonly kind: 'done'; readonly transactionId: string }
  /** Something else stands under its reference, or is not decided. */
  | { readonly kind: 'refused' };

/** Looked up first: a command that ended before it knew is run again. @throws SyncError BLNK_* */
export async function postReversal(
  ledger: Ledger,
  { posting }: Reversal,
  signal: AbortSignal,
): Promise<Reversed> {
  const there = async (): Promise<Reversed | undefined> => {
    const decision = decide(posting, await lookUpAll(ledger, [posting.reference], signal), '');
    if (decision.kind === 'there') return { kind: 'done', transactionId: decision.transactionId };
    return decision.kind === 'post' && decision.reference === posting.reference
      ? undefined
      : { kind: 'refused' };
  };
  const known = await there();
  if (known) return known;
  const outcome = await ledger.post(posting, signal);
  if (outcome.kind === 'applied') return { kind: 'done', transactionId: outcome.transactionId };
  return (await there()) ?? { kind: 'refused' };
}
