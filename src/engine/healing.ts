/** Puts back into the ledger what it has lost: staged again, and posted under its reference by the backlog. */
import { balanceOf } from '../domain/ids';
import type { BalanceNames } from '../domain/balances';
import { bounded, type ProofItem } from '../domain/proof-items';
import { againstLedger } from '../domain/proof-search';
import { postedAgain, type Ends, type KeptPosting } from '../store/own-postings';
import { stageAgain } from '../store/proof';
import { NOT_READ, orNull } from './ledger-side';
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

/**
 * Where rows were deleted from the ledger's database, its balances have counted them still, and count what this sync
 * has posted again twice. Both ends of these are counted anew; a key that may not have that done leaves it named.
 * @returns whether anything was counted
 */
export async function recountPostedAgain(work: ProofWork): Promise<boolean> {
  const { db, ledger, balances, attempt, sync } = work;
  const again = await postedAgain(db, sync.syncId);
  if (again.length === 0) return false;
  const names = new Set(again.flatMap((one) => namesOf(one, balances)));
  const counted = await orNull(work, NOT_READ, async () => {
    for (const { balanceId } of await ledger.turnoversOf([...names], attempt.signal)) {
      await ledger.recount(balanceId, attempt.signal);
      attempt.succeeded();
    }
    return true;
  });
  return counted ?? false;
}

function namesOf({ from, to, payer }: Ends, own: BalanceNames): string[] {
  if (from !== null && to !== null) return [from, to];
  return [own.source, payer === null ? own.guest : balanceOf(payer, own)];
}
