/** The metadata that Core stores with a posting: what was sent, and what it adds itself. */
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
