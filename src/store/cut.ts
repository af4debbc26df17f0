/** A piece of a list: so many rows behind or before one of them, found by an index at whatever depth. */

/** A row of a list by what the list is sorted by. */
export interface Place {
  readonly key: string;
  readonly id: string;
}

/** What keys look like: they may come from the address of a page. */
export const KEYS = {
  /** Microseconds since 1970. */
  time: /^\d{1,16}$/,
  /** As rows are numbered. */
  number: /^\d{1,15}$/,
  /** Of a page that was read. */
  page: /^\w{1,255}$/,
} as const;

export interface Cut {
  readonly limit: number;
  /** undefined: from the beginning. */
  readonly place: Place | undefined;
  /** Those before the place, nearest last. */
  readonly isBack: boolean;
}

/** A time as a key, and back without a loss. */
export const keyOfTime = (column: string) =>
  `(extract(epoch from ${column}) * 1000000)::bigint::text`;
export const timeOfKey = (parameter: string) =>
  `'epoch'::timestamptz + ${parameter}::bigint * interval '1 microsecond'`;

/** Rows that were read backwards, in the order of the list. */
export function inOrder<T>({ isBack }: Pick<Cut, 'isBack'>, rows: readonly T[]): T[] {
  return isBack ? [...rows].reverse() : [...rows];
}
