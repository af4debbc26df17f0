/** Postings of others on the source balance: all that stands on it in the ledger, less what is ours. */
import { acceptanceOf } from '../../domain/proof/acceptance';
import {
  addCarried,
  isOwnLeg,
  NOTHING_CARRIED,
  type Carried,
  type LegOwner,
} from '../../domain/opening/carried';
import { SyncError } from '../../domain/errors';
import { movementsBehind, pairOf } from '../../domain/ids';
import type { Ledger } from '../../domain/ledger';
import {
  asTaken,
  inCurrencyOf,
  movedBy,
  type LedgerLine,
  type LinesPage,
} from '../../domain/ledger-balances';
import type { LedgerPosting } from '../../domain/proof/proof-search';
import { count } from '../../domain/text';
import type { Db, Queries } from '../../store/db';
import { ownReferences } from '../../store/earlier';
import { patiently } from '../reading/patiently';

export interface OnBalance {
  /** The oldest first; `isAccepted`: by the ledger’s own word. */
  readonly foreign: readonly LedgerPosting[];
  /** Postings on it, ours among them. */
  readonly count: number;
  /** What the legs among them tell of an earlier beginning. */
  readonly carried: Carried;
}

const NEVER = new AbortController().signal;
const BEGINNING = new Date(0);

interface Place {
  readonly instanceId: string;
  readonly sourceBalance: string;
  /** Legs of its are ours, also where a lost database has forgotten them. */
  readonly owner: LegOwner;
}

/** @throws SyncError BLNK_* */
export async function readForeign(
  db: Db,
  ledger: Pick<Ledger, 'turnoversOf' | 'linesOn'>,
  { instanceId, sourceBalance, owner }: Place,
  show: (line: string) => void,
): Promise<OnBalance> {
  const balances = await patiently(() => ledger.turnoversOf([sourceBalance], NEVER));
  const foreign = new Map<string, LedgerLine>();
  const seen = new Set<string>();
  let carried = NOTHING_CARRIED;
  for (const balance of balances) {
    const { balanceId, debits, credits } = balance;
    if (debits === 0n && credits === 0n) continue;
    for (let from: Date | string | null = BEGINNING; from !== null;) {
      const place: Date | string = from;
      const page: LinesPage = await patiently(() => ledger.linesOn(balanceId, place, NEVER));
      const own = await ownAmong(db, instanceId, page.lines);
      for (const line of page.lines) {
        seen.add(line.transactionId);
        const isLeg = isOwnLeg(line, owner);
        if (isLeg) carried = addCarried(carried, line, owner);
        if (!isLeg && !own(line.reference)) {
          // Between two of its currencies it stands on both.
          foreign.set(`${line.transactionId} ${balanceId}`, inCurrencyOf(balance, line));
        }
      }
      show(`Reading the ledger: ${count(seen.size, 'posting')} on ${sourceBalance}`);
      from = page.next;
    }
  }
  return { foreign: asTaken(foreign.values()).map(postingOf), count: seen.size, carried };
}

/** A second posting of the same movement, under another of its references, is somebody else's: it moves money twice. */
export async function ownAmong(
  db: Queries,
  instanceId: string,
  lines: readonly Pick<LedgerLine, 'reference'>[],
): Promise<(reference: string) => boolean> {
  const ids = new Set(lines.flatMap(({ reference }) => movementsBehind(reference)));
  const rows = await ownReferences(db, instanceId, [...ids]);
  const own = new Set(
    rows.flatMap(({ id, reference }) => (reference === null ? pairOf(id) : [reference])),
  );
  return (reference) => own.has(reference);
}

function postingOf(line: LedgerLine): LedgerPosting {
  const { currency, bookedAt } = line;
  const amount = movedBy(line);
  if (amount === null || currency === null) {
    throw new SyncError('BLNK_BAD_ANSWER', { field: 'precise_amount' });
  }
  return {
    id: line.transactionId,
    reference: line.reference,
    currency,
    amount,
    bookedAt: bookedAt && Math.floor(bookedAt.getTime() / 1000),
    description: line.description,
    isAccepted: acceptanceOf(line.transactionId, line.metadata) !== null,
  };
}
