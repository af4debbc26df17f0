/** Puts back into the ledger what it has lost: staged again, and posted under its reference by the backlog. */
import { balanceOf } from '../../domain/ids';
import type { BalanceNames } from '../../domain/balances';
import type { LedgerBalance } from '../../domain/ledger-balances';
import { bounded, type ProofItem } from '../../domain/proof/proof-items';
import { againstLedger } from '../../domain/proof/proof-search';
import { postedAgain, type Ends, type KeptPosting } from '../../store/own-postings';
import { stageAgain } from '../../store/proof';
import { isSame, NOT_READ, orNull, WITHOUT_END } from './ledger-side';
import type { ProofWork } from './proof-work';

/** Movements that are staged again in one transaction. */
const PART = 1_000;

/** What the ledger has lost is staged again, and the backlog posts it under its reference. */
export async function postAgain(
  work: ProofWork,
  gone: readonly KeptPosting[],
): Promise<readonly ProofItem[]> {
  const { db, log, sync } = work;
  if (gone.length === 0) return [];
  for (let at = 0; at < gone.length; at += PART) {
    const ids = gone.slice(at, at + PART).map(({ id }) => id);
    await stageAgain(db, { ...sync, gone: ids, doubtRest: false });
    work.attempt.succeeded();
  }
  const { syncId, instanceId } = sync;
  log.error({ syncId, instanceId, code: 'LEDGER_REWOUND', gone: gone.length }, 'ledger.rewound');
  return bounded(againstLedger(gone, []));
}

/** Balances that are looked at although nothing says that one of them is wrong. */
const FEW = 200;

export interface Recounted {
  readonly hasCounted: boolean;
  /** Where the time was up: up to when what was posted again is looked at, as the database writes it. null: all is. */
  readonly stoppedAt: string | null;
}

/**
 * Where rows were deleted from the ledger's database, its balances have counted them still, and count what was posted
 * again twice. Both ends of these are counted anew; a key that may not have that done leaves it as it is.
 * @param isCorrupt the source balance is not the sum of its postings. Of a leg between two other balances it tells
 *   nothing, nor where a person has had it counted anew
 * @param from where the time of an earlier search was up
 */
export async function recountPostedAgain(
  work: ProofWork,
  isCorrupt: boolean,
  from: string | null,
): Promise<Recounted> {
  const { db, ledger, balances, attempt, sync, search } = work;
  const again = await postedAgain(db, sync, from);
  const asked = balancesToAsk(again, balances, { isCorrupt, isBegun: from !== null });
  let [hasCounted, stoppedAt] = [false, from ?? '-infinity'];
  if (asked.size === 0) return { hasCounted, stoppedAt: null };
  const isWhole = await orNull(work, NOT_READ, async () => {
    const found = await ledger.turnoversOf([...asked.keys()], attempt.signal);
    const order = new Map([...asked.keys()].map((name, index) => [name, index]));
    const inOrder = [...found].sort((a, b) => (order.get(a.name) ?? 0) - (order.get(b.name) ?? 0));
    let at: string | undefined;
    for (const balance of inOrder) {
      const next = asked.get(balance.name);
      if (at !== undefined && at !== next) stoppedAt = at;
      at = next;
      hasCounted = (await recountIfWrong(work, balance)) || hasCounted;
    }
    return true;
  });
  const isCutOff = isWhole === null && search?.isOver === true;
  return { hasCounted, stoppedAt: isCutOff ? stoppedAt : null };
}

/**
 * Names, in the order in which they are looked at, each with the time when something was last posted again to it.
 * @param again the oldest first
 */
function balancesToAsk(
  again: readonly Ends[],
  balances: BalanceNames,
  { isCorrupt, isBegun }: { readonly isCorrupt: boolean; readonly isBegun: boolean },
): ReadonlyMap<string, string> {
  const ends = again.map((one) => ({ names: namesOf(one, balances), at: one.at }));
  const isAll = isCorrupt || new Set(ends.flatMap(({ names }) => names)).size <= FEW;
  const asked = new Map<string, string>();
  for (const { names, at } of ends) {
    if (!isAll && names.includes(balances.source)) continue;
    for (const name of names) {
      asked.delete(name);
      asked.set(name, at);
    }
  }
  // The source balance last: while it is wrong, a repeat looks at the others as well.
  const hasSource = asked.delete(balances.source);
  if (hasSource || isBegun) asked.set(balances.source, 'infinity');
  return asked;
}

/** A posting that is on its way meanwhile undoes one: so often it is tried. */
const MOST_RECOUNTS = 2;

/** @returns whether it was counted anew, which is looked at again */
async function recountIfWrong(work: ProofWork, balance: LedgerBalance): Promise<boolean> {
  const { ledger, attempt } = work;
  let now: LedgerBalance | undefined = balance;
  for (let counted = 0; ; counted += 1) {
    if (now === undefined || !(await isWrong(work, now))) return counted > 0;
    if (counted === MOST_RECOUNTS) {
      sayNotRecounted(work, balance);
      return true;
    }
    await ledger.recount(balance.balanceId, attempt.signal);
    attempt.succeeded();
    now = await statedNow(work, balance);
  }
}

/** So often a balance is read anew that somebody posts to meanwhile. */
const MOST_READS = 5;

/** What is posted while its rows are added up is in one of the two alone: then both are read again. */
async function isWrong(work: ProofWork, balance: LedgerBalance): Promise<boolean> {
  const { ledger, attempt } = work;
  let stated: LedgerBalance | undefined = balance;
  for (let reads = 0; stated !== undefined && reads < MOST_READS; reads += 1) {
    const sum = await ledger.turnoversAt(stated.balanceId, WITHOUT_END, attempt.signal);
    attempt.succeeded();
    if (sum === undefined || isSame(stated, sum)) return false;
    const now = await statedNow(work, stated);
    if (isSame(stated, now)) return true;
    stated = now;
  }
  sayNotRecounted(work, balance);
  return false;
}

function sayNotRecounted({ log, sync }: ProofWork, { balanceId }: LedgerBalance): void {
  const { syncId, instanceId } = sync;
  log.error({ syncId, instanceId, balanceId }, 'ledger.not_recounted');
}

async function statedNow(
  { ledger, attempt }: ProofWork,
  { name, balanceId }: LedgerBalance,
): Promise<LedgerBalance | undefined> {
  const all = await ledger.turnoversOf([name], attempt.signal);
  return all.find((one) => one.balanceId === balanceId);
}

function namesOf({ from, to, payer }: Ends, own: BalanceNames): string[] {
  if (from !== null && to !== null) return [from, to];
  return [own.source, payer === null ? own.guest : balanceOf(payer, own)];
}
