// The balances of the general ledger: made on first use of an "@name", one per name and currency
// (which is case-sensitive), with an id that follows from both, so that it survives a restart.
import { createHash } from 'node:crypto';
import { plainNumber } from './money';
import { writeMoment } from './moment';

export interface Balance {
  id: string;
  indicator: string;
  currency: string;
  debit: bigint;
  credit: bigint;
  createdMicros: number;
}

type Lookup = (nameOrId: string, currency: string, nowMicros: number) => Balance | null;

export interface Balances {
  /** By "@name", made where missing, or by id; null: no such id. */
  resolve: Lookup;
  /** The same, and nothing is made: for dry runs. */
  peek: Lookup;
  find(indicator: string, currency: string): Balance | null;
}

export function createBalances(): Balances {
  const byName = new Map<string, Balance>();
  const byId = new Map<string, Balance>();

  const known = (nameOrId: string, currency: string) =>
    // An id is taken as it is: Core does not compare its currency with the transaction's.
    nameOrId.startsWith('@') ? byName.get(nameOf(nameOrId, currency)) : byId.get(nameOrId);

  const peek: Lookup = (nameOrId, currency, nowMicros) => {
    const balance = known(nameOrId, currency);
    if (balance !== undefined || !nameOrId.startsWith('@')) return balance ?? null;
    return emptyBalance(nameOrId, currency, nowMicros);
  };

  return {
    peek,
    resolve: (nameOrId, currency, nowMicros) => {
      const balance = peek(nameOrId, currency, nowMicros);
      if (balance !== null && !byId.has(balance.id)) {
        byName.set(nameOf(balance.indicator, balance.currency), balance);
        byId.set(balance.id, balance);
      }
      return balance;
    },
    find: (indicator, currency) => byName.get(nameOf(indicator, currency)) ?? null,
  };
}

function nameOf(indicator: string, currency: string): string {
  return `${currency}\n${indicator}`;
}

function emptyBalance(indicator: string, currency: string, createdMicros: number): Balance {
  const id = balanceId(nameOf(indicator, currency));
  return { id, indicator, currency, debit: 0n, credit: 0n, createdMicros };
}

export function move(amount: bigint, source: Balance, destination: Balance): void {
  source.debit += amount;
  destination.credit += amount;
}

export function balanceView(balance: Balance): Record<string, unknown> {
  return {
    balance: plainNumber(balance.credit - balance.debit),
    inflight_balance: 0,
    credit_balance: plainNumber(balance.credit),
    inflight_credit_balance: 0,
    debit_balance: plainNumber(balance.debit),
    inflight_debit_balance: 0,
    ledger_id: 'general_ledger_id',
    identity_id: '',
    balance_id: balance.id,
    indicator: balance.indicator,
    currency: balance.currency,
    created_at: writeMoment(balance.createdMicros),
    meta_data: null,
  };
}

function balanceId(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex');
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
  ];
  return `bln_${parts.join('-')}-${hex.slice(20, 32)}`;
}
