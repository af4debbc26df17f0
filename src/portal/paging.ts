/** Lists in pages: which one an address asks for, and the way to the others. */
import { formatNumber } from '../domain/text';
import { html, type Html } from './html';

/** Rows of a page: fewer than fit three screens. */
export const ROWS = 50;

/** Deeper than anybody turns pages: a search gets there. */
const LAST = 10_000;

/** From 1; what is none is the first. */
export function pageNumber(text: string | undefined): number {
  const number = /^[1-9]\d{0,4}$/.test(text ?? '') ? Number(text) : 1;
  return Math.min(number, LAST);
}

export function windowOf(page: number): { limit: number; offset: number } {
  return { limit: ROWS, offset: (page - 1) * ROWS };
}

/** @param address of a page by its number */
export function pager(
  page: number,
  total: number,
  what: string,
  address: (page: number) => string,
): Html | null {
  if (total === 0) return null;
  const pages = Math.max(1, Math.ceil(total / ROWS));
  const first = (page - 1) * ROWS + 1;
  const last = Math.min(page * ROWS, total);
  const link = (to: number, text: string, rel: string) =>
    to >= 1 &&
    to <= pages &&
    html`<a class="button small" rel="${rel}" href="${address(to)}">${text}</a>`;
  return html`<nav class="pager" aria-label="Pages of ${what}">
    <span class="muted"
      >${first > total ? 'Nothing on this page' : html`${formatNumber(first)} to ${formatNumber(last)}`}
      of ${formatNumber(total)}</span
    >
    ${link(page - 1, 'Earlier in the list', 'prev')}
    ${link(page + 1, 'Further in the list', 'next')}
  </nav>`;
}

/** The query of an address; what is not given is left out. */
export function queryOf(values: Readonly<Record<string, string | number | undefined>>): string {
  const given = Object.entries(values).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [[name, String(value)] as [string, string]],
  );
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
}
