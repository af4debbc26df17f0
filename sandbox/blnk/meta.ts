/** The metadata that Core stores with a posting: what was sent, what it adds itself, what is added later. */
import type { Posting } from './posting';

export function metaText(
  { metaData, allowOverdraft }: Pick<Posting, 'metaData' | 'allowOverdraft'>,
  added: Record<string, unknown> = {},
): string | null {
  // Nothing is added to nothing.
  if (metaData === null && !allowOverdraft) return null;
  const overdraft = allowOverdraft ? { allow_overdraft: true } : {};
  return JSON.stringify({ ...metaData, ...overdraft, ...added });
}

/** At the top level only: what is nested is replaced as a whole. */
export function mergeJson(stored: string | null, added: string): string {
  const before = JSON.parse(stored ?? '{}') as Record<string, unknown>;
  return JSON.stringify({ ...before, ...(JSON.parse(added) as Record<string, unknown>) });
}
