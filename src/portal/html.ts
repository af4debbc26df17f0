/**
 * Pages as templates that escape whatever is put into them, in texts and in quoted attributes alike: ids
 * and notes come from outside, and a forged install may call itself anything.
 */

const MARKUP = Symbol('markup');

/** Markup that is safe to send; only `html` makes it. */
export interface Html {
  readonly [MARKUP]: string;
}

/** What may stand in a template. Nothing is shown for null, undefined and false. */
export type Part = Html | string | number | bigint | null | undefined | false | readonly Part[];

/** Attributes are always quoted: an unquoted one would end at a space. */
export function html(texts: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const pieces = texts.map((text, at) => (at === 0 ? text : markupOf(parts[at - 1]) + text));
  return { [MARKUP]: pieces.join('') };
}

export function render(page: Html): string {
  return `<!doctype html>\n${page[MARKUP]}\n`;
}

/** A part of a page, for a script that puts it in its place. */
export function renderFragment(fragment: Html): string {
  return fragment[MARKUP];
}

function markupOf(part: Part): string {
  if (part === null || part === undefined || part === false) return '';
  if (isList(part)) return part.map(markupOf).join('');
  if (typeof part === 'object') return part[MARKUP];
  return String(part).replace(/[&<>"'`]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

function isList(part: Part): part is readonly Part[] {
  return Array.isArray(part);
}
