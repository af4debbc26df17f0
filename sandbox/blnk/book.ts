/**
 * The stored rows: in memory with quick lookups, and in the journal before anybody is told.
 * A ledger never deletes a row, nor changes more of it than its metadata, so the journal is simply the rows
 * in their order; what its own database loses, in a failover or a restore, is noted there as forgotten.
 */
import { randomInt } from 'node:crypto';
import type { Journal } from '../journal';
import { createBalances, move, type Balance, type Balances } from './balances';
import { revive, stored, type BalanceName, type BookLine } from './book-lines';
import { mergeJson } from './meta';
import { seqOfId, transactionId, type Row } from './rows';
import { createSnapshots, type Snapshot } from './snapshots';

export interface Book {
  /** Oldest first. */
  readonly rows: readonly Row[];
  /** The seq that the next row will have. */
  nextSeq(): number;
  readonly balances: Balances;
  readonly salt: number;
  /** What is posted: APPLIED rows and their minor units by currency. */
  totals(): { readonly transactions: number; readonly amounts: Record<string, string> };
  byReference(reference: string): Row | null;
  byId(id: string): Row | null;
  store(row: Omit<Row, 'seq'>): Row;
  /**
   * Loses these rows without a word, as if they had never been stored; returns how many.
   * @param rowsOnly the balances still count them, as where a row is deleted from the database
   */
  forget(seqs: readonly number[], rowsOnly?: boolean): number;
  addToRows(seqs: readonly number[], metaJson: string): void;
  change(balance: Balance, to: Partial<Pick<Balance, 'debit' | 'credit' | 'metaJson'>>): void;
  /** Of all balances that have none of this day yet. */
  takeSnapshots(micros: number): void;
  /** The newest one until then; null: none. */
  snapshotOf(balance: Balance, untilMicros: number): Snapshot | null;
  saveClock(offsetSeconds: number): void;
  /** The last clock offset that was saved; null: never. */
  readonly savedClockOffset: number | null;
  /** Resolves when everything stored so far is in the journal; rejects for ever once that failed. */
  settled(): Promise<void>;
}

export function openBook(journal: Journal): Book {
  const rows: Row[] = [];
  const references = new Map<string, Row>();
  const balances = createBalances();
  const shared = new Map<string, string>();
  const amounts = new Map<string, bigint>();
  const snapshots = createSnapshots(balances);
  let applied = 0;
  let nextSeq = 0;
  let salt: number | null = null;
  let savedClockOffset: number | null = null;
  let durable: Promise<void> = Promise.resolve();

  const share = (text: string) => {
    const known = shared.get(text);
    if (known === undefined) shared.set(text, text);
    return known ?? text;
  };

  function keep(row: Row): Row {
    rows.push(row);
    nextSeq = row.seq + 1;
    references.set(row.reference, row);
    if (row.status === 'APPLIED') {
      applied += 1;
      amounts.set(row.currency, (amounts.get(row.currency) ?? 0n) + row.amount);
      move(row.amount, row.source, row.destination);
    }
    return row;
  }

  function lose(seqs: readonly number[], rowsOnly = false): number {
    const lost = new Set(seqs);
    let kept = 0;
    const emptied = new Set<Balance>();
    for (const row of rows) {
      if (!lost.has(row.seq)) {
        rows[kept] = row;
        kept += 1;
        continue;
      }
      references.delete(row.reference);
      if (row.status !== 'APPLIED') continue;
      applied -= 1;
      amounts.set(row.currency, (amounts.get(row.currency) ?? 0n) - row.amount);
      if (rowsOnly) continue;
      move(-row.amount, row.source, row.destination);
      for (const side of [row.source, row.destination]) {
        if (side.debit === 0n && side.credit === 0n) emptied.add(side);
      }
    }
    const count = rows.length - kept;
    rows.length = kept;
    // What is made with its first row is lost with its last one.
    for (const row of emptied.size > 0 ? rows : []) {
      emptied.delete(row.source);
      emptied.delete(row.destination);
    }
    for (const balance of emptied) balances.lose(balance);
    return count;
  }

  /** Where a row with this seq stands, if there is one: some before it may be forgotten. */
  function at(seq: number): Row | undefined {
    let from = 0;
    let to = rows.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((rows[middle]?.seq ?? seq) < seq) from = middle + 1;
      else to = middle;
    }
    const row = rows[from];
    return row?.seq === seq ? row : undefined;
  }

  /** Shallow, as in Core: what is nested is replaced. */
  function addMeta(seqs: readonly number[], metaJson: string) {
    for (const row of seqs.map(at)) {
      if (row === undefined) continue;
      row.metaJson = mergeJson(row.metaJson, metaJson);
    }
  }

  function write(change: BookLine) {
    durable = journal.append(change);
    // Whoever answers next waits for it and gets the failure; nobody may be waiting yet.
    durable.catch(() => undefined);
  }

  /** It may have been lost while a posting waited for its lock. */
  function current(balance: Balance, micros: number): Balance {
    return balances.resolve(balance.indicator, balance.currency, micros) ?? balance;
  }

  function resolveName([currency, indicator]: BalanceName, micros: number): Balance {
    const balance = balances.resolve(indicator, currency, micros);
    if (balance === null) throw new Error(`The journal names a balance "${indicator}".`);
    return balance;
  }

  // Only the ledger writes its journal, so its lines have these shapes.
  for (const change of journal.changes as BookLine[]) {
    switch (change.type) {
      case 'salt':
        salt = change.salt;
        break;
      case 'clock':
        savedClockOffset = change.offsetSeconds;
        break;
      case 'row':
        keep(revive(nextSeq, change.row, { share, resolve: resolveName }));
        break;
      case 'forget':
        lose(change.seqs, change.rowsOnly);
        break;
      case 'row meta':
        addMeta(change.seqs, change.metaJson);
        break;
      case 'balance': {
        const { debit, credit, metaJson } = change;
        const balance = resolveName(change.name, 0);
        Object.assign(balance, { debit: BigInt(debit), credit: BigInt(credit), metaJson });
        break;
      }
      case 'snapshot':
        snapshots.take(change.micros);
        break;
    }
  }
  // A million of them weigh more than the rows that they became.
  journal.changes.length = 0;
  if (salt === null) {
    salt = randomInt(2 ** 31);
    write({ type: 'salt', salt });
  }
  const ownSalt = salt;

  return {
    rows,
    nextSeq: () => nextSeq,
    balances,
    salt: ownSalt,
    savedClockOffset,
    totals: () => ({
      transactions: applied,
      amounts: Object.fromEntries([...amounts].map(([code, sum]) => [code, sum.toString()])),
    }),
    byReference: (reference) => references.get(reference) ?? null,
    byId: (id) => {
      const row = at(seqOfId(id));
      return row !== undefined && transactionId(ownSalt, row.seq) === id ? row : null;
    },
    store: (given) => {
      // Field by field as above: a spread makes rows of twice the size.
      const row = keep({
        seq: nextSeq,
        status: given.status,
        reference: given.reference,
        amount: given.amount,
        precision: given.precision,
        currency: share(given.currency),
        description: share(given.description),
        source: current(given.source, given.createdMicros),
        destination: current(given.destination, given.createdMicros),
        createdMicros: given.createdMicros,
        effectiveMicros: given.effectiveMicros,
        metaJson: given.metaJson,
        parentSeq: given.parentSeq,
      });
      write({ type: 'row', row: stored(row) });
      return row;
    },
    forget: (seqs, rowsOnly = false) => {
      write({ type: 'forget', seqs, rowsOnly });
      return lose(seqs, rowsOnly);
    },
    addToRows: (seqs, metaJson) => {
      write({ type: 'row meta', seqs, metaJson });
      addMeta(seqs, metaJson);
    },
    change: (balance, to) => {
      Object.assign(balance, to);
      const { currency, indicator, debit, credit, metaJson } = balance;
      const turnovers = { debit: debit.toString(), credit: credit.toString() };
      write({ type: 'balance', name: [currency, indicator], ...turnovers, metaJson });
    },
    takeSnapshots: (micros) => {
      write({ type: 'snapshot', micros });
      snapshots.take(micros);
    },
    snapshotOf: (balance, untilMicros) => snapshots.of(balance, untilMicros),
    saveClock: (offsetSeconds) => write({ type: 'clock', offsetSeconds }),
    settled: () => durable,
  };
}
