/**
 * Lists in pages: which one an address asks for, and the way to the others. A page begins behind a row and
 * not after so many, so that the last one costs what the first does.
 */
import { formatNumber } from '../domain/text';
import { KEYS, type Cut, type Place } from '../store/cut';
import { html, type Html } from './html';

/** Rows of a page, unless a list says otherwise: fewer than fit three screens. */
const ROWS = 50;

export interface PageAsked extends Cut {
  /** Rows of a page. */
  readonly size: number;
  /** Which row of the list its first one is, as far as the way here tells. */
  readonly number: number;
}

export interface ListPage<T> {
  readonly rows: readonly T[];
  readonly number: number;
  readonly size: number;
  /** Where the pages beside it begin; undefined: there is none. */
  readonly earlier: Place | 'first' | undefined;
  readonly further: Place | undefined;
}

/** @param values of the address; what is none of a page is the first */
export function pageAsked(
  kind: keyof typeof KEYS,
  values: {
    readonly after?: string | undefined;
    readonly before?: string | undefined;
    readonly n?: string | undefined;
  },
  size = ROWS,
): PageAsked {
  const place = placeOf(kind, values.after ?? values.before);
  const number = /^[1-9]\d{0,8}$/.test(values.n ?? '') ? Number(values.n) : 1;
  // One more than is shown tells whether there is a page behind.
  if (!place) return { size, limit: size + 1, place: undefined, isBack: false, number: 1 };
  const isBack = values.after === undefined;
  return { size, limit: isBack ? size : size + 1, place, isBack, number };
}

/** @param rows as asked for, in the order of the list */
export function listPage<T>(
  { isBack, place, number, size }: PageAsked,
  rows: readonly T[],
  placeOfRow: (row: T) => Place,
): ListPage<T> {
  const shown = rows.slice(0, size);
  const [first, last] = [shown[0], shown.at(-1)];
  const isMore = isBack || rows.length > size;
  const before = number <= size + 1 || !first ? 'first' : placeOfRow(first);
  return {
    ...{ rows: shown, number, size },
    earlier: place && number > 1 ? before : undefined,
    further: isMore && last ? placeOfRow(last) : undefined,
  };
}

/**
 * @param total undefined: it was not counted; as a text where there are more than are counted
 * @param address of a page by the values of its address
 */
export function pager<T>(
  { rows, number, size, earlier, further }: ListPage<T>,
  total: number | string | undefined,
  what: string,
  address: (values: Readonly<Record<string, string | number | undefined>>) => string,
): Html | null {
  if (rows.length === 0 && earlier === undefined) return null;
  const link = (href: string, text: string, rel: string) =>
    html`<a class="button small" rel="${rel}" href="${href}">${text}</a>`;
  const back =
    earlier === 'first'
      ? address({})
      : earlier && address({ before: textOf(earlier), n: Math.max(1, number - size) });
  const shown = `${formatNumber(number)} to ${formatNumber(number + rows.length - 1)}`;
  const of = typeof total === 'number' ? formatNumber(total) : total;
  return html`<nav class="pager" aria-label="Pages of ${what}">
    <span class="muted"
      >${rows.length === 0 ? 'Nothing on this page' : shown}${of !== undefined && ` of ${of}`}</span
    >
    ${back !== undefined && link(back, 'Earlier in the list', 'prev')}
    ${further && link(address({ after: textOf(further), n: number + rows.length }), 'Further in the list', 'next')}
  </nav>`;
}

/** The query of an address; what is not given is left out. */
export function queryOf(values: Readonly<Record<string, string | number | undefined>>): string {
  const given = Object.entries(values).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [[name, String(value)] as [string, string]],
  );
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
}

function textOf({ key, id }: Place): string {
  return `${key}~${id}`;
}

function placeOf(kind: keyof typeof KEYS, text = ''): Place | undefined {
  const [, key, id] = /^(\w{1,255})~([\w-]{1,255})$/.exec(text) ?? [];
  return key !== undefined && id !== undefined && KEYS[kind].test(key) ? { key, id } : undefined;
}
