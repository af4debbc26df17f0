/** The lines of a ledger's journal. A row there names its balances, and has its amount as text. */
import type { Balance } from './balances';
import type { Row } from './rows';

export type BalanceName = readonly [currency: string, indicator: string];

type StoredRow = Omit<
  Row,
  'seq' | 'amount' | 'source' | 'destination' | 'createdMicros' | 'effectiveMicros'
> & {
  readonly amount: string;
  readonly source: BalanceName;
  readonly destination: BalanceName;
  readonly created: number;
  readonly effective: number | null;
};

export type BookLine =
  | { readonly type: 'salt'; readonly salt: number }
  | { readonly type: 'clock'; readonly offsetSeconds: number }
  | { readonly type: 'row'; readonly row: StoredRow }
  /** rowsOnly: the balances still count them. */
  | { readonly type: 'forget'; readonly seqs: readonly number[]; readonly rowsOnly?: boolean }
  | { readonly type: 'row meta'; readonly seqs: readonly number[]; readonly metaJson: string }
  | {
      readonly type: 'balance';
      readonly name: BalanceName;
      readonly debit: string;
      readonly credit: string;
      readonly metaJson: string | null;
    }
  | { readonly type: 'snapshot'; readonly micros: number };

interface Revival {
  /** One copy of texts that many rows have. */
  readonly share: (text: string) => string;
  readonly resolve: (name: BalanceName, micros: number) => Balance;
}

// Field by field: spreading costs seconds over a million rows.
export function revive(seq: number, line: StoredRow, { share, resolve }: Revival): Row {
  return {
    seq,
    status: line.status,
    reference: line.reference,
    amount: BigInt(line.amount),
    precision: line.precision,
    currency: share(line.currency),
    description: share(line.description),
    source: resolve(line.source, line.created),
    destination: resolve(line.destination, line.created),
    createdMicros: line.created,
    effectiveMicros: line.effective,
    metaJson: line.metaJson,
    parentSeq: line.parentSeq,
  };
}

export function stored(row: Row): StoredRow {
  const { source, destination } = row;
  return {
    status: row.status,
    reference: row.reference,
    amount: row.amount.toString(),
    precision: row.precision,
    currency: row.currency,
    description: row.description,
    source: [source.currency, source.indicator],
    destination: [destination.currency, destination.indicator],
    created: row.createdMicros,
    effective: row.effectiveMicros,
    metaJson: row.metaJson,
    parentSeq: row.parentSeq,
  };
}
