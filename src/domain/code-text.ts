/** What is said of a code, and to whom. */

/** To the operator, who has the settings and the command line. */
export interface CodeText {
  /** What is the matter, as a sentence without its full stop. */
  readonly what: string;
  /** What to do next. */
  readonly next: string;
  /** Instead of these to an owner in the portal, who has neither. */
  readonly owner?: { readonly what?: string; readonly next?: string };
}

export const OPERATORS_TURN = 'Tell whoever runs this program this code; what was synced is safe.';
export const SOON_AGAIN = 'Try again in a moment. What was synced is safe.';
export const SETTINGS_MISFIT = 'The settings of this program do not fit';

export function saidToOwner({ what, next, owner }: CodeText): { what: string; next: string } {
  return { what, next, ...owner };
}
