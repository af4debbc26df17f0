/**
 * A row of Stripe's list of balance transactions. One that cannot be read becomes one with a fault, under its
 * id: left out, its money would be missing without a trace.
 */
import { z } from 'zod';
import type { BalanceTransaction, FeeDetail } from '../domain/movements/balance-transaction';
import { unreadableRowIdOf } from '../domain/ids';
import { isDescribed } from '../domain/kinds/choice';
import { isDatable } from '../domain/posting';
import type { ReasonCode } from '../domain/reasons';
import { oneLine } from '../domain/text';
import { isLong, minor } from './exact';
import { fieldsOf, idOf } from './rows';
import { code, word } from './schema';
import { sourceOf } from './source-object';

function lenient<Parsed>(schema: z.ZodType<Parsed>) {
  return schema.nullish().catch(null).default(null);
}

const feeDetail = z.object({
  type: lenient(word),
  amount: lenient(minor),
  currency: lenient(code),
});

/** A detail that is none makes the whole list doubtful, and is kept as one of which nothing is known. */
const NO_DETAIL: FeeDetail = { type: null, amount: null, currency: null };

const row = z.object({
  currency: lenient(code),
  amount: lenient(minor),
  fee: lenient(minor),
  net: lenient(minor),
  type: lenient(word),
  reporting_category: lenient(word),
  balance_type: lenient(word),
  created: lenient(z.int().refine(isDatable)),
  available_on: lenient(z.int().refine(isDatable)),
  fee_details: lenient(z.array(feeDetail.catch(NO_DETAIL))),
  exchange_rate: lenient(
    z.union([z.number(), z.string().regex(/^[\d.]{1,40}$/)]).transform(String),
  ),
});

const UNREAD = row.parse({});

/** A total function. */
export function transactionOf(value: unknown): BalanceTransaction {
  const fields = fieldsOf(value);
  const id = fields ? idOf(value) : null;
  const { object = 'balance_transaction' } = fields ?? {};
  if (!fields || id === null || object !== 'balance_transaction') {
    const known = id ?? unreadableRowIdOf(JSON.stringify(value));
    return { ...toTransaction(known, UNREAD, null), fault: 'OBJECT_UNREADABLE' };
  }
  const read = row.parse(fields);
  const told = toTransaction(id, read, fields['source']);
  const words = isDescribed(told) ? descriptionOf(fields['description']) : null;
  return { ...told, ...(words !== null && { description: words }), fault: faultOf(fields, read) };
}

function toTransaction(
  id: string,
  { reporting_category, balance_type, available_on, fee_details, exchange_rate, ...rest }: Read,
  source: unknown,
): Omit<BalanceTransaction, 'fault'> {
  return {
    id,
    ...rest,
    category: reporting_category,
    balanceType: balance_type,
    availableOn: available_on,
    feeDetails: fee_details,
    exchangeRate: exchange_rate,
    source: sourceOf(source),
  };
}

type Read = z.infer<typeof row>;

/** As Stripe's own are at most; characters, not units of UTF-16. */
const LONGEST = 500;

/** For a terminal and a database: one line of text, without what either does not take. */
function descriptionOf(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  const text = oneLine(value);
  return text === '' ? null : Array.from(text).slice(0, LONGEST).join('');
}

/** By what nothing of it can be booked: how much, in what, when, and in which of the balances. */
function faultOf(fields: Readonly<Record<string, unknown>>, read: Read): ReasonCode | null {
  const isOfNone = read.balance_type === null && (fields['balance_type'] ?? null) !== null;
  if (read.currency === null || read.created === null || isOfNone) return 'FIELDS_MALFORMED';
  const isTold = read.amount !== null && (read.net !== null || read.fee !== null);
  if (isTold) return null;
  const isRounded = ['amount', 'fee', 'net'].some(
    (name) => isNumber(fields[name]) && read[name as 'amount' | 'fee' | 'net'] === null,
  );
  return isRounded ? 'AMOUNT_UNSAFE' : 'AMOUNT_MISSING';
}

/** Rounded, or longer than a row keeps. */
function isNumber(value: unknown): boolean {
  return typeof value === 'number' || isLong(value);
}
