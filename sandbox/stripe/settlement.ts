/**
 * In which currencies the account's balance is kept, and what others are converted at. Every currency
 * settles as itself unless the account is told otherwise; rates move a little from day to day.
 */
import { z } from 'zod';
import { hash32 } from '../random';

export const settlementOptions = z.strictObject({
  /** Those that are not converted. Absent: none is. */
  currencies: z.array(z.string()).optional(),
  /** What the others become. Default usd. */
  into: z.string().optional(),
  /** Rates of the smallest units into `into`, by currency. Default: invented ones. */
  rates: z.record(z.string(), z.string().regex(/^\d+(\.\d+)?$/)).optional(),
});

export type Settlement = z.infer<typeof settlementOptions>;

/** US dollars for one unit; the others cost one dollar. Invented. */
const DOLLARS: Readonly<Record<string, number>> = {
  ...{ aud: 0.65, cad: 0.73, chf: 1.12, eur: 1.08, gbp: 1.27, jpy: 0.0067, kwd: 3.25, sek: 0.095 },
};

const NO_DIGITS = 'bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'.split(' ');
const THREE_DIGITS = ['bhd', 'jod', 'kwd', 'omr', 'tnd'];
const DAY = 24 * 60 * 60;

export interface Settled {
  readonly currency: string;
  readonly amount: bigint;
  /** null: not converted. */
  readonly rate: string | null;
}

/** @param asked the rate to be taken, instead of that of the day */
export function settle(
  settlement: Settlement,
  given: { readonly amount: bigint; readonly currency: string },
  at: number,
  asked?: string,
): Settled {
  const { currencies, into = 'usd', rates = {} } = settlement;
  const { amount, currency } = given;
  if (currencies === undefined || currency === into || currencies.includes(currency)) {
    return { currency, amount, rate: null };
  }
  const rate = asked ?? rates[currency] ?? rateOfDay(currency, into, at);
  return { currency: into, amount: convert(amount, rate), rate };
}

/** Rounded to the next whole unit, halves away from zero. */
function convert(amount: bigint, rate: string): bigint {
  const [whole = '0', fraction = ''] = rate.split('.');
  const scale = 10n ** BigInt(fraction.length);
  const product = amount * BigInt(whole + fraction);
  const half = product < 0n ? -scale / 2n : scale / 2n;
  return (product + half) / scale;
}

function rateOfDay(from: string, into: string, at: number): string {
  const dollars = (DOLLARS[from] ?? 1) / (DOLLARS[into] ?? 1);
  const wobble = 1 + ((hash32(`${from}:${Math.floor(at / DAY)}`) % 400) - 200) / 10_000;
  return (dollars * wobble * 10 ** (digits(into) - digits(from))).toFixed(8);
}

function digits(currency: string): number {
  if (NO_DIGITS.includes(currency)) return 0;
  return THREE_DIGITS.includes(currency) ? 3 : 2;
}
