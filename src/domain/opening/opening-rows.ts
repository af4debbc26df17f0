/** What Stripe's rows since a cut-over come to, row by row: for the plan of an opening balance. */
import { netOf, type BalanceTransaction } from '../movements/balance-transaction';
import { bookable } from '../movements/bookable';
import { kindOf } from '../kinds/choice';
import type { Chart } from '../movements/leg';
import type { SettledKindName } from '../movements/movement-kind';
import { EDGE, type RowsAround } from '../proof/reading-judgement';

/** Rows of one kind in one currency. */
export interface KindSum {
  /** Upper case. */
  readonly currency: string;
  readonly kind: SettledKindName;
  readonly count: number;
  readonly net: bigint;
}

export interface GatheredRows {
  readonly kinds: readonly KindSum[];
  /** PaymentIntents that have a charge among them which has not failed, with the time of the oldest: Unix seconds. */
  readonly charged: ReadonlyMap<string, number>;
  /** All of them. */
  readonly ids: ReadonlySet<string>;
}

export interface Gathering {
  /** Rows in any order; those that are not booked are left out. */
  add(rows: readonly BalanceTransaction[]): void;
  /** By currency. */
  nets(): ReadonlyMap<string, bigint>;
  gathered(): GatheredRows;
}

export function gatherRows(chart: Chart): Gathering {
  const kinds = new Map<string, KindSum>();
  const charged = new Map<string, number>();
  const ids = new Set<string>();
  return {
    add(rows) {
      for (const bt of bookable(rows, chart)) {
        const { currency, source, created } = bt;
        if (currency === null) continue;
        ids.add(bt.id);
        const kind = kindOf(bt);
        const code = currency.toUpperCase();
        const key = `${code} ${kind}`;
        const known = kinds.get(key) ?? { currency: code, kind, count: 0, net: 0n };
        kinds.set(key, { ...known, count: known.count + 1, net: known.net + (netOf(bt) ?? 0n) });
        if (kind !== 'charge' || source.object !== 'charge' || source.status === 'failed') continue;
        const { paymentIntentId: id } = source;
        if (id !== null) charged.set(id, Math.min(created ?? 0, charged.get(id) ?? Infinity));
      }
    },
    nets() {
      const sums = new Map<string, bigint>();
      for (const { currency, net } of kinds.values()) {
        sums.set(currency, (sums.get(currency) ?? 0n) + net);
      }
      return sums;
    },
    gathered: () => ({
      kinds: [...kinds.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)),
      charged,
      ids,
    }),
  };
}

const keyOf = ({ currency, kind }: KindSum) => `${currency} ${kind}`;

/**
 * The rows around a reading in one currency.
 * @param older net of the rows that all readings are far from
 * @param recent the others, newest first, as Stripe lists them
 */
export function rowsAroundReading(
  at: number,
  currency: string,
  older: bigint,
  recent: readonly BalanceTransaction[],
): RowsAround {
  const near: { created: number; net: bigint }[] = [];
  const after = { count: 0, net: 0n };
  let before = older;
  for (const bt of recent.toReversed()) {
    if (bt.currency?.toUpperCase() !== currency) continue;
    const created = bt.created ?? 0;
    const net = netOf(bt) ?? 0n;
    if (created < at - EDGE) before += net;
    else if (created <= at + EDGE) near.push({ created, net });
    else {
      after.count += 1;
      after.net += net;
    }
  }
  return { before, near, after };
}
