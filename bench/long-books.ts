/**
 * Books of a shop that are as long as is asked for: card payments with their fees, each computed from its number alone,
 * so that ledger and database can be filled apart from each other and agree.
 */
import { legReferenceOf } from '../src/domain/ids';
import { accountOf } from '../src/domain/movements/accounts';
import type { Db } from '../src/store/db';

const CURRENCIES = ['usd', 'eur', 'gbp'] as const;
/** Seconds from each payment to the next. */
const APART = 30;
const BALANCES = { source: '@stripe', guest: '@stripe-guest' };
const FEES = accountOf('fees', BALANCES);
const FEE = legReferenceOf('', 'fee');

export interface BookedPosting {
  readonly reference: string;
  readonly currency: string;
  readonly amount: bigint;
  readonly source: string;
  readonly destination: string;
}

/** Of a payment, by its number from 1: its money and its fee. */
export function postingsOf(n: number): readonly [payIn: BookedPosting, fee: BookedPosting] {
  const amount = 500 + ((n * 7919) % 30_000);
  const fee = Math.floor((amount * 29 + 500) / 1_000) + 30;
  const currency = (CURRENCIES[n % CURRENCIES.length] ?? 'usd').toUpperCase();
  const { source } = BALANCES;
  return [
    {
      ...{ reference: payInOf(n), currency, amount: BigInt(amount) },
      ...{ source, destination: `@cus_F${n % 5_000}` },
    },
    {
      ...{ reference: `txn_f${n}${FEE}`, currency, amount: BigInt(fee) },
      ...{ source: FEES, destination: source },
    },
  ];
}

export function payInOf(n: number): string {
  return `pi_f${n}`;
}

/** What Stripe holds when so many have been paid, in minor units by upper-case currency. */
export function heldAfter(payments: number): Map<string, bigint> {
  const held = new Map<string, bigint>();
  for (let n = 1; n <= payments; n += 1) {
    const [payIn, fee] = postingsOf(n);
    const { currency } = payIn;
    held.set(currency, (held.get(currency) ?? 0n) + payIn.amount - fee.amount);
  }
  return held;
}

/** The numbers in SQL, as above. */
const PAYMENTS = `(select n, 500 + (n * 7919) % 30000 as amount, (array['usd', 'eur', 'gbp'])[1 + n % 3] as currency,
    $3::bigint - n * ${APART} as created from generate_series($4::bigint, $5::bigint) n) p,
  lateral (select (p.amount * 29 + 500) / 1000 + 30 as fee) f`;

/** Payments of one statement. */
const PART = 20_000;

/**
 * Everything as syncs have left it: rows of Stripe's, pay-ins and legs that are in the ledger.
 * @param before Unix seconds: all of them are older
 */
export async function fillBooks(
  db: Db,
  { instanceId, sourceId }: { readonly instanceId: string; readonly sourceId: string },
  payments: number,
  before: number,
): Promise<void> {
  for (let from = 1; from <= payments; from += PART) {
    const parameters = [instanceId, sourceId, before, from, Math.min(payments, from + PART - 1)];
    for (const statement of STATEMENTS) await db.query(statement, parameters);
  }
  await db.query('vacuum analyze');
}

const IN_LEDGER = `'posted', to_timestamp(created + 60), to_timestamp(created + 60)`;

const STATEMENTS = [
  `insert into movements (kind, instance_id, movement_id, page_id, sync_id, source_id, amount, currency, payer,
     created_s, succeeded_s, livemode, charge_id, reference, state, posted_at, booked_at)
   select 'pay_in', $1, 'pi_f' || n, 'page_' || $1 || n / 500, 'sync_filled', $2, amount, currency,
     'cus_F' || n % 5000, created, created, false, 'ch_f' || n, 'pi_f' || n, ${IN_LEDGER}
   from ${PAYMENTS}`,
  `insert into movements (kind, leg, bt_id, instance_id, movement_id, page_id, sync_id, source_id, amount, currency,
     moves, from_balance, to_balance, metadata, also, dated_s, reference, state, posted_at, booked_at)
   select 'charge', 'fee', 'txn_f' || n, $1, 'txn_f' || n || '${FEE}', 'page_' || $1 || 'l' || n / 500, 'sync_filled',
     $2, fee, currency, -fee, '${FEES}', '${BALANCES.source}', '{}', '{"from":[],"to":[],"customerIds":[]}', created,
     'txn_f' || n || '${FEE}', ${IN_LEDGER}
   from ${PAYMENTS}`,
  `insert into balance_transactions (instance_id, bt_id, source_id, kind, currency, amount, fee, net, moved, type,
     category, balance_type, created_s, source_object, source_object_id, payment_intent_id, charge_id, source_status,
     is_before, is_pay_in, place)
   select $1, 'txn_f' || n, $2, 'charge', currency, amount, fee, amount - fee, amount - fee, 'charge', 'charge',
     'payments', created, 'charge', 'ch_f' || n, 'pi_f' || n, 'ch_f' || n, 'succeeded', false, true, 1
   from ${PAYMENTS}`,
] as const;
