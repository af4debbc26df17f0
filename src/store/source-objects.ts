/** The object behind a balance transaction, as columns: what its legs depend on, and nothing else of it. */
import type { SourceObject } from '../domain/movements/balance-transaction';

/** null: this object has none. Money as text. */
export interface SourceColumns {
  readonly source_object: SourceObject['object'];
  readonly source_object_id: string | null;
  readonly payment_intent_id: string | null;
  readonly charge_id: string | null;
  readonly customer: string | null;
  readonly source_status: string | null;
  readonly foreign_amount: string | null;
  readonly foreign_currency: string | null;
  readonly reversal_id: string | null;
  readonly destination: string | null;
}

const NONE = {
  ...{ payment_intent_id: null, charge_id: null, customer: null, source_status: null },
  ...{ foreign_amount: null, foreign_currency: null, reversal_id: null, destination: null },
};

export function sourceColumnsOf(source: SourceObject): SourceColumns {
  const own = { ...NONE, source_object: source.object, source_object_id: source.id };
  switch (source.object) {
    case 'charge':
      return {
        ...own,
        payment_intent_id: source.paymentIntentId,
        charge_id: source.id,
        customer: source.customer,
        source_status: source.status,
        foreign_amount: source.amountCaptured?.toString() ?? null,
        foreign_currency: source.currency,
      };
    case 'refund':
      return { ...own, ...ofPayment(source), customer: source.customer };
    case 'dispute':
      return { ...own, ...ofPayment(source) };
    case 'transfer':
      return { ...own, reversal_id: source.reversalId, destination: source.destination };
    case 'payout':
    case 'other':
      return own;
  }
}

type OfPayment = Extract<SourceObject, { readonly object: 'refund' | 'dispute' }>;

function ofPayment({ paymentIntentId, chargeId, amount, currency }: OfPayment) {
  return {
    payment_intent_id: paymentIntentId,
    charge_id: chargeId,
    foreign_amount: amount?.toString() ?? null,
    foreign_currency: currency,
  };
}

export function toSource(row: SourceColumns): SourceObject {
  const { source_object_id: id, payment_intent_id: paymentIntentId, charge_id: chargeId } = row;
  const { customer, source_status: status, foreign_currency: currency } = row;
  const amount = row.foreign_amount === null ? null : BigInt(row.foreign_amount);
  switch (row.source_object) {
    case 'transfer':
      return { object: 'transfer', id, reversalId: row.reversal_id, destination: row.destination };
    case 'other':
      return { object: 'other', id };
    default:
      if (id === null) return { object: 'other', id };
  }
  switch (row.source_object) {
    case 'charge':
      return {
        object: 'charge',
        id,
        paymentIntentId,
        customer,
        status,
        amountCaptured: amount,
        currency,
      };
    case 'refund':
      return { object: 'refund', id, chargeId, paymentIntentId, customer, amount, currency };
    case 'dispute':
      // When it began is kept with the dispute itself.
      return {
        ...{ object: 'dispute', id, chargeId, paymentIntentId, amount, currency },
        begunAt: null,
      };
    case 'payout':
      return { object: 'payout', id };
  }
}
