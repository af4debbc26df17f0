/** What follows from what Stripe, our record and the ledger say about one payment: one sentence. */
import { compare, type Fact } from '../domain/decide';
import { isInLedger } from '../domain/outcomes';
import type { Posting, PostingContext } from '../domain/posting';
import { REASONS, type ReasonCode } from '../domain/reasons';
import type { LedgerEntry } from '../domain/ledger';
import type { Evidence } from '../engine/evidence';
import { verdictOf } from '../engine/verdict';
import type { PayInRow } from '../store/movements';

/** What the ledger holds under its references; undefined: the key may not ask. */
type Held = readonly LedgerEntry[] | undefined;

export function reach(evidence: Evidence, context: PostingContext): string {
  const { row, found } = evidence;
  const held = found && [...found.values()].filter((entry) => entry !== null);
  const isHeld = held !== undefined && held.length > 0;
  const verdict = verdictOf(evidence, context);
  switch (verdict.kind) {
    case 'unknown':
      return isHeld
        ? 'The ledger holds it, but Stripe does not know it: another Stripe account booked it, or a person.'
        : 'Stripe does not know it (any more), so it cannot be posted.';
    case 'not_succeeded':
      return isHeld
        ? `The ledger holds it although it has not succeeded at Stripe (${verdict.status}).`
        : `Not a pay-in: only payments that succeeded are posted, and this one is ${verdict.status}.`;
    case 'before_since':
      return isHeld
        ? 'It succeeded before SYNC_SINCE, so this program leaves it alone; the ledger holds a transaction under its reference.'
        : 'It succeeded before SYNC_SINCE, so it is counted and never posted.';
    case 'undecided':
      return 'Not decided yet: it was created before SYNC_SINCE, and only an event of Stripe tells when it succeeded. The next sync reads that; `sync --plan` tells what comes of it.';
    case 'set_aside': {
      const { posting, reason } = verdict;
      if (!found && isInLedger(row?.state)) return UNREAD;
      return `${setAside(reason, row, held)}${posting ? differencesText(posting, held ?? []) : ''}`;
    }
    case 'there':
      return thereText(verdict.posting, found?.get(verdict.decision.reference) ?? undefined);
    case 'post':
      if (!found && isInLedger(row?.state)) return UNREAD;
      return verdict.reference === verdict.posting.reference
        ? absent(row, held)
        : `${absent(row, held)} It was rejected in queued mode before, which uses the reference up: it goes under ${verdict.reference}.`;
  }
}

/** Says only what was compared. */
function thereText(posting: Posting, entry: LedgerEntry | undefined): string {
  const { equal, unknown } = entry ? factsOf(compare(posting, entry)) : { equal: [], unknown: [] };
  const isGuest = posting.metadata.stripe_customer_id === undefined;
  const untold = unknown.filter((fact) => !(isGuest && fact === 'payer'));
  const rest =
    untold.length === 0 ? '' : ` Not compared, since the ledger does not tell: ${listed(untold)}.`;
  return `In the ledger, with the ${listed(equal)} that Stripe and the settings say.${rest}`;
}

function differencesText(posting: Posting, held: readonly LedgerEntry[]): string {
  const [booked, ...more] = held.filter(({ status }) => status === 'APPLIED');
  if (!booked || more.length > 0) return '';
  const { different } = factsOf(compare(posting, booked));
  return different.length === 0 ? '' : ` Different: ${listed(different)}.`;
}

function factsOf(compared: Readonly<Record<Fact, boolean | null>>) {
  const named = (answer: boolean | null) =>
    Object.entries(compared).flatMap(([fact, equal]) => (equal === answer ? [fact] : []));
  return { equal: named(true), different: named(false), unknown: named(null) };
}

function listed(words: readonly string[]): string {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} and ${last}`;
}

/** Money that is in the ledger is never called "not posted", whoever has booked it. */
function setAside(reason: ReasonCode, row: PayInRow | undefined, held: Held): string {
  const { what, next } = REASONS[reason];
  const closed = row?.state === 'quarantined' ? closedText(row) : '';
  if (closed !== '') return `${closed} It was set aside: ${what} (${reason}).`;
  if (held?.some(({ status }) => status === 'APPLIED')) {
    return `Set aside, and the ledger holds a transaction under its reference: ${what} (${reason}). ${next}`;
  }
  const isKnown = held !== undefined && !REFERENCE_TAKEN.includes(reason);
  const head = isKnown ? 'Not posted' : 'Set aside';
  return `${head}: ${what} (${reason}). ${next}`;
}

/** Of these it is not known that they are not booked, nor of any where nobody may look it up. */
const REFERENCE_TAKEN: readonly ReasonCode[] = [
  'CONFLICT',
  'EXISTS_UNVERIFIED',
  'REFERENCE_PENDING',
];

function closedText({ closedAt, closedBy, closedNote }: PayInRow): string {
  return closedAt === null ? '' : `Closed by ${closedBy ?? 'nobody'}: ${closedNote ?? ''}.`;
}

const UNREAD =
  'In the ledger by our own record; whether it is there now the key may not look up (data:read).';

const NOT_KNOWN =
  'Not posted yet by our own record, and what the ledger holds the key may not look up (data:read)';

/** Succeeded, in order, and not in the ledger. */
function absent(row: PayInRow | undefined, held: Held): string {
  const notYet = held ? 'Not posted yet' : NOT_KNOWN;
  switch (row?.state) {
    case undefined:
      return `${notYet}: the next sync posts it, or \`sync --payment\` with its id does now.`;
    case 'staged':
      return `${notYet}: it was read, and this sync or the next one posts it.`;
    case 'quarantined':
      return row.reason === null
        ? 'It was set aside; `quarantine retry` tries again.'
        : setAside(row.reason, row, held);
    case 'posted':
    case 'already_posted':
      return 'It was in the ledger and is not any more: the ledger was set back, or is another one. `sync --payment` with its id posts it again.';
    case 'before_since':
      return 'It was counted as before SYNC_SINCE; `sync --payment` with its id decides anew.';
  }
}
