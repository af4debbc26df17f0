/**
 * The balances of the general ledger: made on first use of an "@name", one per name and currency
 * (which is case-sensitive), with an id that follows from both, so that it survives a restart. One that was
 * lost with all of its rows is made anew under another id.
 */
import { createHash } from 'node:crypto';
import { plainNumber } from './money';
import { writeMoment } from './moment';

export interface Balance {
  readonly id: string;
  readonly indicator: string;
  readonly currency: string;
  /** Running, as Core keeps them: what is lost from the rows alone stays in here. */
  debit: bigint;
  credit: bigint;
  readonly createdMicros: number;
  metaJson: string | null;
}

export interface Balances {
  /** By "@name", made where missing, or by id; null: no such id. */
  resolve(nameOrId: string, currency: string, nowMicros: number): Balance | null;
  find(indicator: string, currency: string): Balance | null;
  byId(id: string): Balance | null;
  /** Oldest first. */
  all(): Balance[];
  /** Those of a name in all currencies, oldest first. */
  named(indicator: string): Balance[];
  lose(balance: Balance): void;
}

export function createBalances(): Balances {
  const byName = new Map<string, Balance>();
  const byId = new Map<string, Balance>();
  /** How often a name was lost. */
  const losses = new Map<string, number>();

  return {
    find: (indicator, currency) => byName.get(nameOf(indicator, currency)) ?? null,
    byId: (id) => byId.get(id) ?? null,
    all: () => [...byId.values()],
    named: (indicator) => [...byId.values()].filter((one) => one.indicator === indicator),
    lose: ({ id, indicator, currency }) => {
      const name = nameOf(indicator, currency);
      byId.delete(id);
      byName.delete(name);
      losses.set(name, (losses.get(name) ?? 0) + 1);
    },
    resolve: (nameOrId, currency, createdMicros) => {
      // An id is taken as it is: Core does not compare its currency with the transaction's.
      if (!nameOrId.startsWith('@')) return byId.get(nameOrId) ?? null;
      const name = nameOf(nameOrId, currency);
      const known = byName.get(name);
      if (known !== undefined) return known;
      const empty = { debit: 0n, credit: 0n, createdMicros, metaJson: null };
      const lost = losses.get(name);
      const id = balanceId(lost === undefined ? name : `${name}\n${lost}`);
      const made = { id, indicator: nameOrId, currency, ...empty };
      byName.set(name, made);
      byId.set(made.id, made);
      return made;
    },
  };
}

function nameOf(indicator: string, currency: string): string {
  return `${currency}\n${indicator}`;
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
    meta_data: balance.metaJson === null ? null : (JSON.parse(balance.metaJson) as unknown),
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
