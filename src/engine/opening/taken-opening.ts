/**
 * The opening balance that the ledger holds already, as after a lost database. It was certain once, so one balance of
 * Stripe's is enough that it agrees with, in every currency: else it is not frozen, and a person looks at it.
 */
import { currenciesOf, type BalanceReading } from '../../domain/proof/balance-reading';
import { legOwnerOf } from '../../domain/opening/carried';
import { agreesAtCutOver, openingOf, type HeldOpening } from '../../domain/opening/opening';
import type { OpeningWait } from '../../domain/opening/opening-wait';
import { readCounted } from '../../store/earlier';
import { readRowReading } from '../../store/row-reading';
import { hasUnreadRow } from '../../store/rows-around';
import { settledSums } from '../../store/settled-sums';
import type { SourceRow } from '../../store/sources';
import { openingsIn } from './carried-before';
import { NOT_READ, orNull } from '../proof/ledger-side';
import type { ProofWork } from '../proof/proof-work';
import { readingsOfCurrency } from '../proof/readings-of-currency';

export interface HeldOpenings {
  /** With the pay-ins that each counts. None: what it began with is frozen, or none was found in the ledger. */
  readonly openings: readonly HeldOpening[];
  /** Whether the ledger has told of them. If not, they are what the pay-ins that are counted by one leave open. */
  readonly areTold: boolean;
}

/** @param ledgerTells false: it is not asked */
export async function findHeldOpenings(
  work: ProofWork,
  source: SourceRow,
  ledgerTells: boolean,
): Promise<HeldOpenings> {
  const { db, sync, ledger, balances, attempt, enabled } = work;
  const { awaits, cutOver } = enabled;
  if (awaits === null || cutOver === null) return { openings: [], areTold: ledgerTells };
  const place = { balances, owner: legOwnerOf(source), cutOver };
  const ask = () => openingsIn(ledger, place, attempt.signal);
  const found = ledgerTells ? await orNull(work, NOT_READ, ask) : null;
  const own = found ?? [];
  if (found !== null && own.length === 0) return { openings: [], areTold: true };
  const earlier = await readCounted(db, sync, { ...enabled, cutOver });
  const inLedger = new Map(own.map((one) => [one.currency, one]));
  const openings = [...new Set([...inLedger.keys(), ...earlier.keys()])].map((currency) => {
    const { reference, amount } = inLedger.get(currency) ?? { reference: null, amount: 0n };
    const counted = earlier.get(currency) ?? 0n;
    const facts = {
      currency,
      held: amount + counted,
      earlier: counted,
      found: amount,
      foreign: [],
    };
    return { ...openingOf(facts, { isWhole: false, absorb: false }), reference };
  });
  return { openings, areTold: found !== null };
}

/** @returns null: Stripe's balance agrees with all of them, and leaves nothing in any other currency */
export async function waitOf(
  work: ProofWork,
  readings: readonly BalanceReading[],
): Promise<OpeningWait | null> {
  const { db, attempt, listedTo, unread, heldOpenings: held } = work;
  const { sourceId } = work.sync;
  if (unread !== null || listedTo === null || readings.length === 0) return 'uncertain';
  // What it moves would be taken for a row that is missing, or for nothing.
  if (await hasUnreadRow(db, sourceId)) return 'unread';
  attempt.succeeded();
  // Until all rows are listed once, what does not add up may be what is not read.
  const isListed = ((await readRowReading(db, sourceId))?.watermark ?? null) !== null;
  const sums = await settledSums(db, sourceId);
  const named = [...sums, ...held].map(({ currency }) => currency);
  const currencies = new Set(readings.flatMap((reading) => currenciesOf(reading, named)));
  const waits: (boolean | null)[] = [];
  for (const currency of [...currencies].filter((one) => one !== '')) {
    const judged = await readingsOfCurrency(work, readings, currency, listedTo);
    const own = held.find((one) => one.currency === currency);
    waits.push(agreesAtCutOver(own?.held ?? 0n, judged));
  }
  if (waits.every((agrees) => agrees === true)) return null;
  return isListed && waits.includes(false) ? 'differs' : 'uncertain';
}
