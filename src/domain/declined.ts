/** Why a new instance carries over pay-ins alone although nobody has said so, in words. */

/** Something stood on the source balance before its first sync. */
export const SOURCE_BALANCE_USED = 'SOURCE_BALANCE_USED';

/** @param lacking rights by Stripe's names, some with the code of an answer that was neither yes nor no */
export function declinedText(lacking: readonly string[]): string {
  const why = lacking.includes(SOURCE_BALANCE_USED)
    ? 'the source balance was in use already'
    : `the Stripe key lacked, or Stripe did not tell of: ${lacking.join(', ')}`;
  return (
    `not begun by itself with the first sync, since ${why}; to do: see \`movements status\` for what the key ` +
    'lacks now, `movements plan` for what it would begin with, then `movements enable`'
  );
}
