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

/**
 * Where rows were deleted from the ledger's database, its balances have counted them still, and count what was posted
 * again twice. Both ends of these are counted anew; a key that may not have that done leaves it as it is.
 * @param isCorrupt the source balance is not the sum of its postings. Of a leg between two other balances it tells
 *   nothing, nor where a person has had it counted anew
 * @returns whether anything was counted
 */
export async function recountPostedAgain(work: ProofWork, isCorrupt: boolean): Promise<boolean> {
  const { db, ledger, balances, attempt, sync } = work;
  const ends = (await postedAgain(db, sync)).map((one) => namesOf(one, balances));
  const isAll = isCorrupt || new Set(ends.flat()).size <= FEW;
  const asked = new Set(ends.filter((one) => isAll || !one.includes(balances.source)).flat());
  if (asked.size === 0) return false;
  const counted = await orNull(work, NOT_READ, async () => {
    const found = [...(await ledger.turnoversOf([...asked], attempt.signal))];
    // The source balance last: while it is wrong, a repeat looks at the others as well.
    found.sort((a, b) => Number(a.name === balances.source) - Number(b.name === balances.source));
    let any = false;
    for (const balance of found) any = (await recountIfWrong(work, balance)) || any;
    return any;
  });
  return counted ?? false;
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
