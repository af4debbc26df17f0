/** Why a new instance carries over pay-ins alone although nobody has said so, in words. */

/** Something stood on the source balance before its first sync. */
export const SOURCE_BALANCE_USED = 'SOURCE_BALANCE_USED';

/** The ledger did not say what stands on it: most often its key may not read balances. */
export const SOURCE_BALANCE_UNREAD = 'SOURCE_BALANCE_UNREAD';

/** @param lacking as `lackingText` takes it, of the first sync */
export function declinedText(lacking: readonly string[]): string {
  return (
    `not begun by itself with the first sync, which has found: ${lackingText(lacking)}; to do: see \`movements status\` ` +
    'for what the key lacks now, `movements plan` for what it would begin with, then `movements enable`'
  );
}

/** @param lacking one of the above; or rights by Stripe's names, some with the code of an answer that was no clear one */
export function lackingText(lacking: readonly string[]): string {
  if (lacking.includes(SOURCE_BALANCE_USED)) return 'the source balance is in use already';
  if (lacking.includes(SOURCE_BALANCE_UNREAD)) {
    return 'the ledger does not tell of the source balance (its key needs balances:read, in Blnk Cloud data:read)';
  }
  const rights = lacking.filter((one) => !one.includes(': '));
  const unclear = lacking
    .filter((one) => one.includes(': '))
    .map((one) => one.replace(/: (.*)$/, ' ($1)'));
  return [
    ...(rights.length > 0 ? [`the Stripe key lacks ${rights.join(', ')}`] : []),
    ...(unclear.length > 0 ? [`Stripe does not tell of ${unclear.join(', ')}`] : []),
  ].join('; ');
}
