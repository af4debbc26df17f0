/**
 * A database that notes how it finds the rows of each statement, and then does it. What it is asked is
 * run twice: once explained and rolled back, once for good.
 */
import type { Db, Queries } from '../../../src/store/db';

export interface Scan {
  readonly table: string;
  /** As Postgres names it: `Seq Scan`, `Index Scan`, … */
  readonly how: string;
  /** Rows that were looked at, over all loops; also those that did not fit. */
  readonly rows: number;
}

export interface Plan {
  readonly sql: string;
  readonly scans: readonly Scan[];
}

export interface ExplainingDb extends Db {
  /** Each statement that has been asked since, by its text. */
  readonly plans: ReadonlyMap<string, Plan>;
  /** Without an argument: all. */
  forget(sql?: string): void;
}

export function explainingDb(inner: Db): ExplainingDb {
  const plans = new Map<string, Plan>();

  async function ask<Row>(
    tx: Queries,
    sql: string,
    parameters: readonly unknown[] = [],
  ): Promise<Row[]> {
    await tx.query('savepoint explained');
    const [row] = await tx.query<Record<'QUERY PLAN', [{ Plan: Node }]>>(
      `explain (analyze, costs off, timing off, format json) ${sql}`,
      parameters,
    );
    await tx.query('rollback to savepoint explained');
    const scans = scansOf(row!['QUERY PLAN'][0].Plan);
    const before = plans.get(sql);
    // Of one that is asked often, the dearest.
    if (!before || rowsOf(scans) > rowsOf(before.scans)) plans.set(sql, { sql, scans });
    return tx.query<Row>(sql, parameters);
  }

  return {
    plans,
    forget(sql) {
      if (sql === undefined) plans.clear();
      else plans.delete(sql);
    },
    query: (sql, parameters) => inner.transaction((tx) => ask(tx, sql, parameters)),
    transaction: (work) =>
      inner.transaction((tx) => work({ query: (sql, parameters) => ask(tx, sql, parameters) })),
    close: () => inner.close(),
  };
}

/** A node of a plan, as far as it is of interest here. */
interface Node {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Actual Rows'?: number;
  readonly 'Actual Loops'?: number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Index Recheck'?: number;
  readonly Plans?: readonly Node[];
}

function scansOf(node: Node): Scan[] {
  const below = (node.Plans ?? []).flatMap(scansOf);
  const table = node['Relation Name'] ?? node['Index Name'];
  if (table === undefined || !node['Node Type'].includes('Scan')) return below;
  const looked =
    (node['Actual Rows'] ?? 0) +
    (node['Rows Removed by Filter'] ?? 0) +
    (node['Rows Removed by Index Recheck'] ?? 0);
  const rows = looked * (node['Actual Loops'] ?? 0);
  return [{ table, how: node['Node Type'], rows }, ...below];
}

function rowsOf(scans: readonly Scan[]): number {
  return scans.reduce((sum, { rows }) => sum + rows, 0);
}
