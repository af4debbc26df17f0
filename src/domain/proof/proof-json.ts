/** A proof as programs read it: in the report of a sync, and by `reconcile` and `proofs show --json`. */
import { totalOf } from './balance-reading';
import type { OpeningWait } from '../opening/opening-wait';
import type { ProofItem } from './proof-items';
import type { Proof, ProofState } from './proof';

/** Minor units as decimal strings: they may pass 2^53. */
export interface CurrencyProofJson {
  readonly stripe: string | null;
  readonly ledger: string | null;
  readonly notYetInStripe: string;
  readonly setAside: string;
  readonly accepted: string;
  readonly movedSince: string | null;
  readonly unexplained: string | null;
  readonly state: ProofState;
  /** RFC 3339. */
  readonly asOf: string | null;
  readonly items: readonly ProofItemJson[];
  /** What the opening balance waits for, so that nothing can be proven yet. Absent: for nothing. */
  readonly opening?: OpeningWait;
}

export interface ProofItemJson {
  readonly kind: ProofItem['kind'];
  readonly reference: string;
  readonly amount: string;
  readonly theirs: string | null;
  readonly at: string | null;
  readonly note: string | null;
}

/** By currency, as the report of a sync has it: stripe + movedSince = ledger - notYetInStripe + setAside - accepted + unexplained. */
export function proofAsJson({ currencies }: Proof): Record<string, CurrencyProofJson> {
  return Object.fromEntries(
    currencies.map((one) => [
      one.currency,
      {
        stripe: one.stripe === null ? null : totalOf(one.stripe).toString(),
        ledger: one.ledger?.toString() ?? null,
        notYetInStripe: one.notYet.amount.toString(),
        setAside: one.setAside.toString(),
        accepted: one.accepted.toString(),
        movedSince: one.movedSince?.toString() ?? null,
        unexplained: one.unexplained?.toString() ?? null,
        state: one.state,
        asOf: one.asOf === null ? null : new Date(one.asOf * 1000).toISOString(),
        items: one.items.map(({ kind, reference, amount, theirs, at, note }) => ({
          kind,
          reference,
          amount: amount.toString(),
          theirs: theirs?.toString() ?? null,
          at: at === null ? null : new Date(at * 1000).toISOString(),
          note,
        })),
        ...(one.opening && { opening: one.opening }),
      },
    ]),
  );
}
