/** Puts back into the ledger what it has lost: staged again, and posted under its reference by the backlog. */
import { balanceOf } from '../domain/ids';
import type { BalanceNames } from '../domain/balances';
import { bounded, type ProofItem } from '../domain/proof-items';
import { againstLedger } from '../domain/proof-search';
import type { KeptPosting } from '../store/own-postings';
import { stageAgain } from '../store/proof';
import { orNull, readLedger } from './ledger-side';
import type { ProofWork } from './proof-work';

export interface Healing {
  /** Staged again. */
  readonly staged: readonly ProofItem[];
  /** Only a person can go on with them. */
  readonly left: readonly ProofItem[];
}

/** Movements that are staged again in one transaction. */
const PART = 1_000;

/**
 * Where rows were deleted from the ledger's database, its balances count them still: they are counted again first,
 * or what is posted again would count twice. A key that may not have them counted leaves it to a person.
 */
export async function postAgain(work: ProofWork, gone: readonly KeptPosting[]): Promise<Healing> {
  const { db, log, sync } = work;
  if (gone.length === 0) return { staged: [], left: [] };
  const side = await readLedger(work, true);
  const refused = new Set<string>();
  for (const currency of new Set(side?.corrupt.map((one) => one.currency))) {
    const lost = gone.filter((one) => one.currency === currency);
    if (lost.length > 0 && !(await recountFor(work, currency, lost))) refused.add(currency);
  }
  const again = gone.filter(({ currency }) => !refused.has(currency));
  for (let at = 0; at < again.length; at += PART) {
    const ids = again.slice(at, at + PART).map(({ id }) => id);
    await stageAgain(db, { ...sync, gone: ids, doubtRest: false });
    work.attempt.succeeded();
  }
  const { syncId, instanceId } = sync;
  log.error({ syncId, instanceId, code: 'LEDGER_REWOUND', gone: gone.length }, 'ledger.rewound');
  const missing = (some: readonly KeptPosting[]) => bounded(againstLedger(some, []));
  return {
    staged: missing(again),
    left: missing(gone.filter(({ currency }) => refused.has(currency))),
  };
}

/** @returns whether the ledger has counted both ends of these postings anew */
async function recountFor(
  work: ProofWork,
  currency: string,
  lost: readonly KeptPosting[],
): Promise<boolean> {
  const { ledger, balances, attempt } = work;
  const names = new Set(lost.flatMap((one) => namesOf(one, balances)));
  const refused = new Set(['BLNK_PERMISSION_MISSING']);
  const done = await orNull(work, refused, async () => {
    const all = await ledger.turnoversOf([...names], attempt.signal);
    for (const { balanceId } of all.filter((one) => one.currency === currency)) {
      await ledger.recount(balanceId, attempt.signal);
      attempt.succeeded();
    }
    return true;
  });
  return done ?? false;
}

function namesOf({ from, to, payer }: KeptPosting, own: BalanceNames): string[] {
  if (from !== null && to !== null) return [from, to];
  return [own.source, payer === null ? own.guest : balanceOf(payer, own)];
}
