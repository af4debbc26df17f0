/** A proof as programs read it: in the report of a sync, and by `reconcile` and `proofs show --json`. */
import { totalOf } from './balance-reading';
import type { OpeningWait } from '../opening/opening-wait';
import type { Gaps, ProofItem } from './proof-items';
import type { Proof, ProofState } from './proof';
import type { Between } from './proof-lines';
import type { UnreadRows } from './unread-rows';

/** Minor units as decimal strings: they may pass 2^53. Times are RFC 3339. */
export interface CurrencyProofJson {
  /** Available and pending. */
  readonly stripe: string | null;
  readonly available: string | null;
  readonly pending: string | null;
  readonly ledger: string | null;
  readonly notYetInStripe: string;
  /** Pay-ins of it, and when the oldest was booked. */
  readonly notYetCount: number;
  readonly notYetSince: string | null;
  readonly setAside: string;
  readonly accepted: string;
  readonly movedSince: string | null;
  readonly unexplained: string | null;
  readonly state: ProofState;
  readonly asOf: string | null;
  readonly movements: number;
  /** By how much each of the three comparisons is off; null: not known. */
  readonly gaps: {
    readonly stripe: string | null;
    readonly rows: string;
    readonly ledger: { readonly debits: string; readonly credits: string } | null;
  };
  readonly items: readonly ProofItemJson[];
  /** What the opening balance waits for, so that nothing can be proven yet. Absent: for nothing. */
  readonly opening?: OpeningWait;
  /** Why the rows of Stripe's balance were not read to their end. Absent: they were. */
  readonly unread?: UnreadRows;
}

export interface ProofItemJson {
  readonly kind: ProofItem['kind'];
  readonly reference: string;
  readonly amount: string;
  readonly theirs: string | null;
  readonly at: string | null;
  readonly note: string | null;
  /** Blnk's, of a posting of others. */
  readonly transactionId?: string;
}

/** By currency, as the report of a sync has it: stripe + movedSince = ledger - notYetInStripe + setAside - accepted + unexplained. */
export function proofAsJson({ currencies }: Proof): Record<string, CurrencyProofJson> {
  return Object.fromEntries(
    currencies.map((one) => [
      one.currency,
      {
        stripe: one.stripe === null ? null : totalOf(one.stripe).toString(),
        available: textOf(one.stripe?.available),
        pending: textOf(one.stripe?.pending),
        ledger: textOf(one.ledger),
        notYetInStripe: one.notYet.amount.toString(),
        notYetCount: one.notYet.count,
        notYetSince: timeOf(one.notYet.oldest),
        setAside: one.setAside.toString(),
        accepted: one.accepted.toString(),
        movedSince: textOf(one.movedSince),
        unexplained: textOf(one.unexplained),
        state: one.state,
        asOf: timeOf(one.asOf),
        movements: one.movements,
        gaps: gapsAsJson(one.gaps),
        items: one.items.map(itemAsJson),
        ...(one.opening && { opening: one.opening }),
        ...(one.unread && { unread: one.unread }),
      },
    ]),
  );
}

export function itemAsJson(item: ProofItem): ProofItemJson {
  const { kind, reference, amount, theirs, at, note, transactionId } = item;
  return {
    ...{ kind, reference, amount: amount.toString(), theirs: textOf(theirs) },
    ...{ at: timeOf(at), note },
    ...(transactionId !== undefined && { transactionId }),
  };
}

/** Back again, for a text of the same report. */
export function betweenOf({
  notYetInStripe,
  setAside,
  accepted,
  movedSince,
}: CurrencyProofJson): Between {
  return {
    notYet: { amount: BigInt(notYetInStripe) },
    setAside: BigInt(setAside),
    accepted: BigInt(accepted),
    movedSince: movedSince === null ? null : BigInt(movedSince),
  };
}

function gapsAsJson({ stripe, rows, ledger }: Gaps): CurrencyProofJson['gaps'] {
  return {
    stripe: textOf(stripe),
    rows: rows.toString(),
    ledger: ledger && { debits: ledger.debits.toString(), credits: ledger.credits.toString() },
  };
}

const textOf = (amount: bigint | null | undefined) => amount?.toString() ?? null;

const timeOf = (seconds: number | null) =>
  seconds === null ? null : new Date(seconds * 1000).toISOString();
