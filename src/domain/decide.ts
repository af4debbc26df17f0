/**
 * What to do with a posting, given what the ledger already holds under its references. The only place
 * that decides it. A wrong "post" books money twice, a wrong "there" loses it.
 */
import { keptAside, type Closing } from './closing';
import { ANY_CONNECTED } from './movements/counter';
import { pairOf, secondPairOf, secondReferenceOf } from './ids';
import type { LedgerEntry } from './ledger';
import type { Posting } from './posting';
import type { ReasonCode } from './reasons';

export type Decision =
  /** Under the posting's own reference, or under its second one if the own is burnt. */
  | { readonly kind: 'post'; readonly reference: string }
  /**
   * In the ledger and equal, under this reference. `ours`: posted by this very sync, whose worker died
   * before it knew.
   */
  | {
      readonly kind: 'there';
      readonly ours: boolean;
      readonly reference: string;
      readonly transactionId: string;
    }
  | { readonly kind: 'set_aside'; readonly reason: ReasonCode };

/** What the ledger has answered, by reference; null: asked for, and not there. */
export type Found = ReadonlyMap<string, LedgerEntry | null>;

/**
 * The references that the ledger must still be asked for before anything can be decided: the own one
 * with its queued child, and only if these are burnt the second one with its own child.
 */
export function unasked(reference: string, found: Found): string[] {
  const first = pairOf(reference).filter((one) => !found.has(one));
  if (first.length > 0 || !isBurnt(outcomesOf(reference, found))) return first;
  return pairOf(secondReferenceOf(reference)).filter((one) => !found.has(one));
}

/**
 * @param held the reference that it stands under by our own rows; null: none is known
 * @throws Error unless the ledger was asked for everything: not asked is not absent
 */
export function decide(
  posting: Posting,
  found: Found,
  syncId: string,
  held: string | null = null,
): Decision {
  const { reference } = posting;
  if (unasked(reference, found).length > 0) throw new Error('decided before the ledger was asked');
  const own = outcomesOf(reference, found);
  const second = outcomesOf(secondReferenceOf(reference), found);
  const outcomes = [...own, ...second];
  const [booked, ...bookedAgain] = outcomes.filter(({ status }) => status === 'APPLIED');
  // INFLIGHT, VOID or a word of a later version may be money or become it: a person has to look.
  const unclear = outcomes.some(({ status }) => !UNDERSTOOD.has(status));
  if (unclear || bookedAgain.length > 0 || (booked && !isEqual(posting, booked))) {
    return { kind: 'set_aside', reason: 'CONFLICT' };
  }
  // Also beside one that is booked: it may still be booked a second time.
  if (outcomes.some(({ status }) => status === 'QUEUED')) {
    return { kind: 'set_aside', reason: 'REFERENCE_PENDING' };
  }
  if (booked) {
    const { transactionId } = booked;
    return {
      kind: 'there',
      ours: booked.syncId === syncId,
      reference: booked.reference,
      transactionId,
    };
  }
  // All that is left was rejected, which Blnk never takes back.
  const other = secondReferenceOf(reference);
  // What stood there goes there again, also where its own reference is free by now.
  const stood = held !== null && secondPairOf(held).includes(other) && second.length === 0;
  if (own.length === 0) return { kind: 'post', reference: stood ? other : reference };
  if (second.length === 0) return { kind: 'post', reference: other };
  return { kind: 'set_aside', reason: 'REFERENCE_BURNT' };
}

/**
 * The same of a pay-in that a person may have closed: what is closed is not posted, whoever asks.
 * @param found undefined: the key may not look up, and only the ledger's answer to a posting tells
 * @param row what our record says of it; undefined: no sync has seen it
 * @param held as in `decide`
 */
export function decideOpen(
  posting: Posting,
  found: Found | undefined,
  syncId: string,
  row: Closing | undefined,
  held: string | null = null,
): Decision {
  const decision: Decision = found
    ? decide(posting, found, syncId, held)
    : { kind: 'post', reference: posting.reference };
  const kept = row && decision.kind === 'post' ? keptAside(row) : null;
  return kept === null ? decision : { kind: 'set_aside', reason: kept };
}

const UNDERSTOOD: ReadonlySet<string> = new Set(['APPLIED', 'QUEUED', 'REJECTED']);

/**
 * The same for a key that may not read the ledger, once a posting was taken or its reference found taken.
 * Only our own row can say that what is there is what we posted.
 */
export function decideUnread(
  answer: 'duplicate' | 'not_applied',
  known:
    | {
        readonly reference: string | null;
        readonly transactionId: string | null;
        readonly postedAt: Date | null;
      }
    | undefined,
): Exclude<Decision, { kind: 'post' }> {
  if (answer === 'not_applied') return { kind: 'set_aside', reason: 'NOT_APPLIED' };
  if (known?.postedAt && known.reference !== null && known.transactionId !== null) {
    const { reference, transactionId } = known;
    return { kind: 'there', ours: false, reference, transactionId };
  }
  return { kind: 'set_aside', reason: 'EXISTS_UNVERIFIED' };
}

/** Queued mode leaves the parent QUEUED for ever; once there is a child, it alone says what became of it. */
function outcomesOf(reference: string, found: Found): LedgerEntry[] {
  const [own, child] = pairOf(reference).map((one) => found.get(one) ?? undefined);
  const speaking = child && own?.status === 'QUEUED' ? [child] : [own, child];
  return speaking.filter((entry) => entry !== undefined);
}

function isBurnt(outcomes: readonly LedgerEntry[]): boolean {
  return outcomes.length > 0 && outcomes.every(({ status }) => status === 'REJECTED');
}

/** The facts of a posting that an entry is held against. */
export type Fact = 'amount' | 'currency' | 'precision' | 'payer' | 'source' | 'destination';

/** Whether each fact is the posting's own; null: the ledger's answer does not tell it. */
export function compare(
  posting: Posting,
  entry: LedgerEntry,
): Readonly<Record<Fact, boolean | null>> {
  const { metadata, also } = posting;
  // An intent may name its payer by two ids, and may have been booked under either.
  const customers = [metadata.stripe_customer_id, ...(also?.customerIds ?? [])];
  const isOwn = (name: string, own: string, others: readonly string[] = []) =>
    name === own || others.some((other) => isNamed(name, other));
  const told = <T>(fact: T | null, isOwn: (fact: T) => boolean) =>
    fact === null ? null : isOwn(fact);
  return {
    amount: entry.amount === posting.amount,
    currency: entry.currency === posting.currency,
    precision: told(entry.precision, (precision) => precision === posting.precision),
    payer: told(entry.customerId, (id) => customers.includes(id)),
    source: told(entry.source, (name) => isOwn(name, posting.source, also?.sources)),
    destination: told(entry.destination, (name) =>
      isOwn(name, posting.destination, also?.destinations),
    ),
  };
}

function isNamed(name: string, other: string): boolean {
  return other === ANY_CONNECTED ? name.startsWith(CONNECTED) : name === other;
}

const CONNECTED = ANY_CONNECTED.slice(0, -1);

function isEqual(posting: Posting, entry: LedgerEntry): boolean {
  return !Object.values(compare(posting, entry)).includes(false);
}
