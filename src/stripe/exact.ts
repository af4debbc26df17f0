/**
 * Amounts above 2^53, which JSON.parse would round: in the text of an answer they are put in quotes before it is
 * parsed. The balance of a currency with small units is the sum of everything, and a proof needs it to the unit.
 */
import { z } from 'zod';

/** Where a key ends in a quote that is no part of a text: in texts each quote has a backslash before it. */
const LONG_AMOUNT = /("(?:amount|amount_captured|fee|net)"\s*:\s*)(-?\d{16,40})(?=\s*[,}])/g;

export function keepExact(text: string): string {
  return /:\s*-?\d{16}/.test(text) ? text.replace(LONG_AMOUNT, '$1"$2"') : text;
}

/** What a long amount has become. */
const LONG = /^-?\d{16,40}$/;

export function isLong(value: unknown): boolean {
  return typeof value === 'string' && LONG.test(value);
}

/** Minor units. A number that is none exactly is refused, and so is one that no row keeps. */
export const minor = z.union([z.int(), z.string().regex(/^-?\d{16,18}$/)]).transform(BigInt);

/** The same of a sum, which may be longer than all that it is of. */
export const total = z.union([z.int(), z.string().regex(LONG)]).transform(BigInt);
