/** Why a new instance carries over pay-ins alone although nobody has said so, in words. */

/** Something stood on the source balance before its first sync. */
export const SOURCE_BALANCE_USED = 'SOURCE_BALANCE_USED';

/** The ledger did not say what stands on it: most often its key may not read balances. */
export const SOURCE_BALANCE_UNREAD = 'SOURCE_BALANCE_UNREAD';

/** @param lacking one of the above; or rights by Stripe's names, some with the code of an answer that was no clear one */
export function declinedText(lacking: readonly string[]): string {
  return (
    `not begun by itself with the first sync, since ${whyOf(lacking)}; to do: see \`movements status\` for what the key ` +
    'lacks now, `movements plan` for what it would begin with, then `movements enable`'
  );
}

function whyOf(lacking: readonly string[]): string {
  if (lacking.includes(SOURCE_BALANCE_USED)) return 'the source balance was in use already';
  return lacking.includes(SOURCE_BALANCE_UNREAD)
    ? 'the ledger did not tell of the source balance (its key needs balances:read, in Blnk Cloud data:read)'
    : `the Stripe key lacked, or Stripe did not tell of: ${lacking.join(', ')}`;
}
