/**
 * Rows of a list with what they came from in them, as far as the key may read that. Stripe refuses a whole answer
 * for one object that the key may not read: then the rows come without, and what lies between such objects is
 * asked for in parts.
 */
import { SyncError } from '../domain/errors';
import { isMovementRight, MOVEMENT_RIGHTS } from '../domain/movements/stripe-rights';
import { fieldsOf, idOf } from './rows';
import { prefixOf } from './source-object';

/** A stretch of the rows of one answer. */
export interface Part {
  /** The row before it; null: none. */
  readonly after: string | null;
  readonly length: number;
}

export interface Expanded {
  readonly rows: readonly unknown[];
  /** Stripe's names of the rights that the key lacks. */
  readonly missing: readonly string[];
}

/**
 * @param rows without what they came from
 * @param after the row before the first one
 * @param lacking the rights that the key lacks for the same rows with it, by Stripe's names
 * @param ask for a part with it; rows that have appeared since may be among them
 */
export async function expandedOf(
  rows: readonly unknown[],
  after: string | null,
  lacking: readonly string[],
  ask: (part: Part) => Promise<readonly unknown[]>,
): Promise<Expanded> {
  const missing = [...lacking];
  const found = new Map<string, unknown>();
  let from = 0;
  // It ends: each part is behind the one before, or one of the few rights is missing besides.
  for (;;) {
    const stretch = nextStretch(rows, from, missing);
    if (!stretch) break;
    const before = stretch.start === 0 ? after : idOf(rows[stretch.start - 1]);
    const part = { after: before, length: stretch.end - stretch.start };
    const answer = await orMissingRight(ask(part));
    if (typeof answer === 'string' && !missing.includes(answer)) {
      missing.push(answer);
      continue;
    }
    // Refused for what is told already: which row it is cannot be seen.
    from = stretch.end;
    for (const row of typeof answer === 'string' ? [] : answer) found.set(idOf(row) ?? '', row);
  }
  return { rows: rows.map((row) => found.get(idOf(row) ?? '-') ?? row), missing };
}

/** From the first row from there on that may be had to the last one before another that may not. */
function nextStretch(rows: readonly unknown[], from: number, missing: readonly string[]) {
  const start = rows.findIndex(
    (row, at) => at >= from && isWanted(row, missing) && (at === 0 || idOf(rows[at - 1]) !== null),
  );
  if (start === -1) return undefined;
  const hidden = rows.findIndex((row, at) => at > start && isHidden(row, missing));
  const some = rows.slice(0, hidden === -1 ? rows.length : hidden);
  return { start, end: some.findLastIndex((row) => isWanted(row, missing)) + 1 };
}

function isWanted(row: unknown, missing: readonly string[]): boolean {
  return sourceIdOf(row) !== null && !isHidden(row, missing);
}

function isHidden(row: unknown, missing: readonly string[]): boolean {
  const id = sourceIdOf(row);
  return id !== null && missing.some((right) => isOpenedBy(right, prefixOf(id)));
}

/** A right that opens no kind of its own opens them all, as one does that Stripe does not name. */
function isOpenedBy(right: string, prefix: string): boolean {
  const opens: readonly string[] = isMovementRight(right) ? MOVEMENT_RIGHTS[right].opens : [];
  return opens.length === 0 || opens.includes(prefix);
}

function sourceIdOf(row: unknown): string | null {
  return idOf(fieldsOf(row)?.['source']);
}

/** @returns the name of the right that the key lacks for it, as Stripe has it */
export async function orMissingRight<T>(work: Promise<T>): Promise<T | string> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof SyncError && error.code === 'STRIPE_PERMISSION_MISSING')) throw error;
    return String(error.details['permission']);
  }
}
