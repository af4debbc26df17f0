/** Amounts and times of the Stripe stand-in, as options and journals have them. */
import { z } from 'zod';

/** Minor units as journals keep them: above 2^53 a JSON number would not be exact. */
export const decimal = z.string().regex(/^-?\d+$/);

/** Minor units as they are given; a decimal string for what JSON numbers cannot carry. */
export const amount = z.union([z.int(), z.bigint(), decimal]);

/** Since 1970. */
export const seconds = z.int();

export type Amount = z.infer<typeof amount>;

export function asDecimal(given: Amount): string;
export function asDecimal(given: Amount | null): string | null;
export function asDecimal(given: Amount | null): string | null {
  return given === null ? null : BigInt(given).toString();
}

/** A plain JSON number, whatever its size. */
export function wireAmount(given: string): number | bigint;
export function wireAmount(given: string | null): number | bigint | null;
export function wireAmount(given: string | null): number | bigint | null {
  if (given === null) return null;
  const number = Number(given);
  return Number.isSafeInteger(number) ? number : BigInt(given);
}
