/**
 * What a ledger tells, by a few requests, of movements that were carried over before a database was lost: its opening
 * balances, and whose legs stand in it.
 */
import { accountOf } from '../../domain/movements/accounts';
import type { BalanceNames } from '../../domain/balances';
import {
  addCarried,
  COUNTS_UNKNOWN,
  countsOf,
  fromOtherSide,
  isLeg,
  isOwnLeg,
  NOTHING_CARRIED,
  type FoundCounts,
  type FoundOpening,
  type LegOwner,
} from '../../domain/opening/carried';
import { OTHER_ACCOUNT, otherBeginning, SOURCE_BALANCE_USED } from '../../domain/opening/declined';
import type { Ledger } from '../../domain/ledger';
import { openingReferenceOf, pairOf, secondReferenceOf } from '../../domain/ids';
import type { LedgerBalance, LedgerLine } from '../../domain/ledger-balances';
import { rfc3339 } from '../../domain/posting';

/** What an instance that is new to us begins with. */
export type Beginning =
  /** Nothing stands on its source balance. */
  | { readonly kind: 'new' }
  /** It began before, and goes on with that. */
  | {
      readonly kind: 'carried';
      /** Unix seconds; null: since the account began. */
      readonly cutOver: number | null;
      /** Which pay-ins its opening balance counts; not known: there is none. */
      readonly counts: FoundCounts;
    }
  /** A person has to look at it. `why`: in a word of src/domain/opening/declined.ts */
  | { readonly kind: 'declined'; readonly why: string };

interface Place {
  readonly balances: BalanceNames;
  readonly owner: LegOwner;
}

type Reads = Pick<Ledger, 'turnoversOf' | 'turnoversAt' | 'linesOn' | 'rowsUnder'>;

/**
 * Pages of a balance that are read at most, where no opening stands under the reference of the day that is expected.
 * It holds its opening, and legs of payments from about that time; one that is not among so many is not looked for
 * further. Cloud lists the newest first.
 */
const MOST_PAGES = 20;

/**
 * What was carried over once goes on from where it began, since what it has booked cannot be taken back; and where it
 * began otherwise than the settings say now, a person has to look at it.
 * @param since SYNC_SINCE in Unix seconds; null: all
 * @throws SyncError BLNK_*
 */
export async function beginningIn(
  ledger: Reads,
  { balances, owner }: Place,
  since: number | null,
  signal: AbortSignal,
): Promise<Beginning> {
  const opening = accountOf('opening', balances);
  const fees = accountOf('fees', balances);
  const used = await usedOf(ledger, [balances.source, opening, fees], signal);
  if (!used.some(({ name }) => name === balances.source)) return { kind: 'new' };
  const onOpening = used.filter(({ name }) => name === opening);
  const openings = await openingsOn(ledger, { onOpening, owner, expected: since }, signal);
  // There may be one, and another would count the same money again.
  if (openings === undefined) return { kind: 'declined', why: SOURCE_BALANCE_USED };
  if (openings.length > 0) return withOpenings(openings, since);
  const onFees = used.filter(({ name }) => name === fees);
  const whose = await whoseLegs(ledger, onFees, owner, signal);
  if (whose !== 'own') {
    return { kind: 'declined', why: whose === 'others' ? OTHER_ACCOUNT : SOURCE_BALANCE_USED };
  }
  // A key that does not tell its account cannot be told from another one by legs alone.
  if (owner.account === null) return { kind: 'declined', why: SOURCE_BALANCE_USED };
  const isOther =
    since === null ? onOpening.length > 0 : await hasBefore(ledger, onFees, since, signal);
  if (isOther) return { kind: 'declined', why: otherBeginning([]) };
  return { kind: 'carried', cutOver: since, counts: COUNTS_UNKNOWN };
}

/** The opening balances of this account that the ledger holds of a cut-over. @throws SyncError BLNK_* */
export async function openingsIn(
  ledger: Reads,
  { balances, owner, cutOver }: Place & { readonly cutOver: number },
  signal: AbortSignal,
): Promise<readonly FoundOpening[]> {
  const onOpening = await usedOf(ledger, [accountOf('opening', balances)], signal);
  const found = await openingsOn(ledger, { onOpening, owner, expected: cutOver }, signal);
  return (found ?? []).filter((one) => one.cutOver === cutOver);
}

async function usedOf(
  ledger: Reads,
  names: readonly string[],
  signal: AbortSignal,
): Promise<LedgerBalance[]> {
  const found = await ledger.turnoversOf(names, signal);
  return found.filter(({ debits, credits }) => debits !== 0n || credits !== 0n);
}

interface Search {
  readonly onOpening: readonly LedgerBalance[];
  readonly owner: LegOwner;
  /** Unix seconds of the cut-over that there most likely was; null: of none. */
  readonly expected: number | null;
}

/** One of each balance, as a balance is of one currency. @returns undefined: not all could be looked through */
async function openingsOn(
  ledger: Reads,
  { onOpening, owner, expected }: Search,
  signal: AbortSignal,
): Promise<readonly FoundOpening[] | undefined> {
  const all: FoundOpening[] = [];
  for (const balance of onOpening) {
    const { balanceId } = balance;
    let openings = await underReference(ledger, balance, owner, expected, signal);
    let from: Date | string | null = new Date(0);
    for (let page = 0; from !== null && openings.length === 0 && page < MOST_PAGES; page += 1) {
      const { lines, next }: Awaited<ReturnType<Reads['linesOn']>> = await ledger.linesOn(
        balanceId,
        from,
        signal,
      );
      ({ openings } = lines
        .filter((line) => isOwnLeg(line, owner))
        .map(fromOtherSide)
        .reduce((carried, line) => addCarried(carried, line, owner), NOTHING_CARRIED));
      from = next;
    }
    if (openings.length === 0 && from !== null) return undefined;
    all.push(...openings);
  }
  return all;
}

/** Wherever it stands among the others. */
async function underReference(
  ledger: Reads,
  { balanceId, currency }: LedgerBalance,
  owner: LegOwner,
  cutOver: number | null,
  signal: AbortSignal,
): Promise<readonly FoundOpening[]> {
  if (cutOver === null) return [];
  const day = rfc3339(cutOver).slice(0, 10);
  const reference = openingReferenceOf(owner.accountKey, currency, day);
  const references = [reference, secondReferenceOf(reference)].flatMap(pairOf);
  const rows = await ledger.rowsUnder(references, signal);
  return rows
    .filter((row) => row.status === 'APPLIED' && isOwnLeg(row, owner))
    .flatMap((row): LedgerLine[] => {
      if (row.destination === balanceId) return [{ ...row, direction: 'debit' }];
      return row.source === balanceId ? [{ ...row, direction: 'credit' }] : [];
    })
    .reduce((carried, line) => addCarried(carried, line, owner), NOTHING_CARRIED).openings;
}

/** It goes on from a later day than SYNC_SINCE as well, as a person may have chosen. */
function withOpenings(openings: readonly FoundOpening[], since: number | null): Beginning {
  const [cutOver, ...others] = new Set(openings.map((one) => one.cutOver));
  if (cutOver === undefined || others.length > 0 || (since !== null && cutOver < since)) {
    return { kind: 'declined', why: otherBeginning(openings.map((one) => one.cutOver)) };
  }
  return { kind: 'carried', cutOver, counts: countsOf(openings) };
}

/** By the first of them: fees are posted by nobody else. */
async function whoseLegs(
  ledger: Reads,
  onFees: readonly LedgerBalance[],
  owner: LegOwner,
  signal: AbortSignal,
): Promise<'own' | 'others' | 'nobody'> {
  const seen = [];
  for (const { balanceId } of onFees) {
    const { lines } = await ledger.linesOn(balanceId, new Date(0), signal);
    seen.push(...lines);
  }
  if (seen.some((line) => isLeg(line) && !isOwnLeg(line, owner))) return 'others';
  return seen.some((line) => isOwnLeg(line, owner)) ? 'own' : 'nobody';
}

/** Fees are dated as their rows: none of ours lies before the cut-over. */
async function hasBefore(
  ledger: Reads,
  onFees: readonly LedgerBalance[],
  since: number,
  signal: AbortSignal,
): Promise<boolean> {
  for (const { balanceId } of onFees) {
    const before = await ledger.turnoversAt(balanceId, new Date(since * 1000 - 1), signal);
    if (before && (before.debits !== 0n || before.credits !== 0n)) return true;
  }
  return false;
}
