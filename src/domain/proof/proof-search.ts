/**
 * Finds what a broken proof is broken by in the ledger: holds our postings against those that it has. What it is given
 * to compare is the caller's to fetch, as src/domain/proof/proof-walk.ts decides.
 */
import { besideNote, type ItemKind, type ProofItem } from './proof-items';
import type { Turnover } from './turnover';

/** A balance transaction, here or there. */
export interface ListedRow {
  readonly id: string;
  readonly currency: string;
  readonly net: bigint;
  /** Unix seconds. */
  readonly created: number;
}

/** What we have posted to or from the source balance, under the reference that it was posted under. */
export interface OwnPosting {
  readonly reference: string;
  readonly currency: string;
  /** As it moves what Stripe holds: positive comes, negative leaves. */
  readonly amount: bigint;
  /** It is somebody else's, and a person has accepted it. */
  readonly isAccepted?: boolean;
  /** Between two other balances: what it moves from one to the other. Absent or null: it is no such posting. */
  readonly beside?: bigint | null;
}

/** A posting of the ledger's that has moved the source balance: APPLIED, no other. */
export interface LedgerPosting extends OwnPosting {
  readonly id: string;
  /** Unix seconds when the ledger took it. */
  readonly bookedAt: number | null;
  readonly description: string | null;
}

type Details = Pick<ProofItem, 'theirs' | 'at' | 'note' | 'transactionId'>;

function itemOf(
  kind: ItemKind,
  { reference, currency, amount }: OwnPosting,
  details: Partial<Details> = {},
): ProofItem {
  return { kind, reference, currency, amount, theirs: null, at: null, note: null, ...details };
}

/**
 * @param ours what was asked for: postings of ours, and those of others that were accepted
 * @param found what the ledger has under these references
 */
export function againstLedger(
  ours: Iterable<OwnPosting>,
  found: Iterable<LedgerPosting>,
): ProofItem[] {
  const posted = new Map([...found].map((posting) => [posting.reference, posting]));
  return [...ours].flatMap((own) => {
    const there = posted.get(own.reference);
    if (there === undefined) {
      const note = besideNote(own.beside ?? null, own.currency);
      return [itemOf(own.isAccepted ? 'accepted_gone' : 'missing_in_ledger', own, { note })];
    }
    const { currency, amount, bookedAt: at } = there;
    if (currency === own.currency) {
      return amount === own.amount ? [] : [itemOf('other_in_ledger', own, { theirs: amount, at })];
    }
    return [
      itemOf('other_in_ledger', own, { theirs: 0n, at }),
      itemOf('other_in_ledger', { ...there, amount: 0n }, { theirs: amount, at }),
    ];
  });
}

/**
 * Postings of others. One without a reference of its own is named by Blnk's id.
 * @param isKnown whether it is ours, or a person has accepted it as it is
 */
export function strangers(
  listed: Iterable<LedgerPosting>,
  isKnown: (posting: LedgerPosting) => boolean,
): ProofItem[] {
  return distinct(listed)
    .map((posting) => ({ ...posting, reference: posting.reference || posting.id }))
    .filter((posting) => !isKnown(posting))
    .map((posting) => {
      const { id: transactionId, bookedAt: at, description: note } = posting;
      return itemOf('foreign', posting, { at, note, transactionId });
    });
}

/**
 * A running balance that is not the sum of its own postings.
 * @param balanceId what Blnk calls the balance
 * @param stated the turnover that it states
 * @param counted what all postings of it add up to
 */
export function corruption({
  balanceId,
  currency,
  stated,
  counted,
}: {
  readonly balanceId: string;
  readonly currency: string;
  readonly stated: Turnover;
  readonly counted: Turnover;
}): ProofItem[] {
  const side = (kind: ItemKind, amount: bigint, theirs: bigint) =>
    amount === theirs ? [] : [itemOf(kind, { reference: balanceId, currency, amount }, { theirs })];
  return [
    ...side('corrupt_debits', counted.debits, stated.debits),
    ...side('corrupt_credits', counted.credits, stated.credits),
  ];
}

/** Pages that are read while the ledger takes more may show a posting twice. */
function distinct(postings: Iterable<LedgerPosting>): LedgerPosting[] {
  return [...new Map([...postings].map((posting) => [posting.id, posting])).values()];
}
