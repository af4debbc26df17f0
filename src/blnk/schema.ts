/** Blnk's answers as we rely on them; what they hold besides is left out, which is up to ten times as quick to parse. */
import { z } from 'zod';
import { SyncError } from '../domain/errors';
import type { LedgerEntry } from '../domain/ledger';

/** A transaction in a 201; anything but an id and a status is not relied on. */
export const postedTransaction = z.object({
  transaction_id: z.string().min(1),
  status: z.string(),
  created_at: z.unknown().optional(),
});

export const transaction = z.object({
  transaction_id: z.string().min(1),
  reference: z.string(),
  status: z.string(),
  currency: z.string().nullish(),
  precise_amount: z.unknown().optional(),
  precision: z.unknown().optional(),
  created_at: z.unknown().optional(),
  source: z.unknown().optional(),
  destination: z.unknown().optional(),
  meta_data: z
    .object({
      stripe_customer_id: z.unknown().optional(),
      stripe_sync: z
        .object({ sync_id: z.unknown().optional(), succeeded_at: z.unknown().optional() })
        .nullish()
        .catch(null),
    })
    .nullish()
    .catch(null),
});

const balance = z.object({ balance_id: z.string(), indicator: z.string().nullish() });

export const transactions = z.array(transaction);
export const dataPage = z.object({ data: transactions, total: z.int() });
export const balances = z.array(balance);
export const balancesPage = z.object({ data: balances.nullish() });

/** By id; a balance without a name has its id for it. */
export function namesOf(rows: z.infer<typeof balances>): [id: string, name: string][] {
  return rows.map((row) => [row.balance_id, nonEmpty(row.indicator) ?? row.balance_id]);
}

export function parseAnswer<Parsed>(schema: z.ZodType<Parsed>, body: unknown): Parsed {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const field = parsed.error.issues[0]?.path.map(String).join('.') ?? '';
  throw new SyncError('BLNK_BAD_ANSWER', /^[\w.]{1,80}$/.test(field) ? { field } : {});
}

export function toEntry(row: z.infer<typeof transaction>): LedgerEntry {
  return {
    reference: row.reference,
    transactionId: row.transaction_id,
    status: row.status,
    amount: exactInteger(row.precise_amount),
    currency: row.currency ?? null,
    // Some reads leave it out or say 0, which no posting of ours has.
    precision: typeof row.precision === 'number' && row.precision > 0 ? row.precision : null,
    customerId: nonEmpty(row.meta_data?.stripe_customer_id),
    source: nonEmpty(row.source),
    destination: nonEmpty(row.destination),
    syncId: nonEmpty(row.meta_data?.stripe_sync?.sync_id),
    succeededAt: secondsOf(momentOf(row.meta_data?.stripe_sync?.succeeded_at)),
    bookedAt: momentOf(row.created_at),
  };
}

/** null: no time, or one before there was any ledger, as Go writes a time that was never set. */
export function momentOf(value: unknown): Date | null {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\dT/.test(value)) return null;
  const moment = new Date(value);
  return moment.getTime() > 0 ? moment : null;
}

function secondsOf(moment: Date | null): number | null {
  return moment && Math.floor(moment.getTime() / 1000);
}

/** Long integers are text by now (`quoteLongIntegers`); Cloud's Data API may write others as text too. */
export function exactInteger(value: unknown): bigint | null {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  if (typeof value === 'string' && /^-?\d{1,40}$/.test(value)) return BigInt(value);
  return null;
}

export function nonEmpty(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
