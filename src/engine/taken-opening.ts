/**
 * The opening balance that the ledger holds already, as after a lost database. It was certain once, so one balance of
 * Stripe's is enough that it agrees with, in every currency: else it is not frozen, and a person looks at it.
 */
import { currenciesOf, heldIn, totalOf, type BalanceReading } from '../domain/balance-reading';
import { accountKeyOf } from '../domain/ids';
import { agreesAtCutOver, openingOf, type HeldOpening } from '../domain/opening';
import type { OpeningWait } from '../domain/opening-wait';
import { readCounted } from '../store/earlier';
import { readRowReading } from '../store/row-reading';
import { rowsAround } from '../store/rows-around';
import { settledSums } from '../store/settled-sums';
import type { SourceRow } from '../store/sources';
import { openingsIn } from './carried-before';
import { NOT_READ, orNull } from './ledger-side';
import type { ProofWork } from './proof-work';

/** @returns with the pay-ins that each counts; none: what it began with is frozen, or the ledger holds none of it */
export async function findHeldOpenings(
  work: ProofWork,
  { stripeAccount, keyFingerprint, livemode }: SourceRow,
): Promise<HeldOpening[]> {
  const { db, sync, ledger, balances, attempt, enabled } = work;
  const { awaits, cutOver } = enabled;
  if (awaits === null || cutOver === null) return [];
  const accountKey = accountKeyOf(stripeAccount, keyFingerprint);
  const owner = { account: stripeAccount, accountKey, livemode };
  const found = await orNull(work, NOT_READ, () =>
    openingsIn(ledger, { balances, owner }, attempt.signal),
  );
  const own = (found ?? []).filter((one) => one.cutOver === cutOver);
  if (own.length === 0) return [];
  const earlier = await readCounted(db, sync, { ...enabled, cutOver });
  const inLedger = new Map(own.map((one) => [one.currency, one]));
  return [...new Set([...inLedger.keys(), ...earlier.keys()])].map((currency) => {
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
}

/** @returns null: Stripe's balance agrees with all of them, and leaves nothing in any other currency */
export async function waitOf(
  { db, sync: { sourceId }, listedTo, isGivenUp, heldOpenings: held }: ProofWork,
  readings: readonly BalanceReading[],
): Promise<OpeningWait | null> {
  if (isGivenUp || listedTo === null || readings.length === 0) return 'uncertain';
  // Until all rows are listed once, what does not add up may be what is not read.
  const isListed = ((await readRowReading(db, sourceId))?.watermark ?? null) !== null;
  const sums = await settledSums(db, sourceId);
  const named = [...sums, ...held].map(({ currency }) => currency);
  const currencies = new Set(readings.flatMap((reading) => currenciesOf(reading, named)));
  const waits: (boolean | null)[] = [];
  for (const currency of [...currencies].filter((one) => one !== '')) {
    const judged = [];
    for (const reading of readings) {
      const total = totalOf(heldIn(reading, currency));
      const rows = await rowsAround(db, sourceId, currency, reading.at, 0n);
      judged.push({ at: reading.at, total, rows, listedTo });
    }
    const own = held.find((one) => one.currency === currency);
    waits.push(agreesAtCutOver(own?.held ?? 0n, judged));
  }
  if (waits.every((agrees) => agrees === true)) return null;
  return isListed && waits.includes(false) ? 'differs' : 'uncertain';
}
