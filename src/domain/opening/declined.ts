/** Why a new instance carries over pay-ins alone although nobody has said so, in words. */
import { rfc3339 } from '../posting';

/** Something stood on the source balance before its first sync. */
export const SOURCE_BALANCE_USED = 'SOURCE_BALANCE_USED';

/** The ledger did not say what stands on it: most often its key may not read balances. */
export const SOURCE_BALANCE_UNREAD = 'SOURCE_BALANCE_UNREAD';

/** Movements of another Stripe account, or of the other mode, stood on it. */
export const OTHER_ACCOUNT = 'OTHER_ACCOUNT';

const OTHER_BEGINNING = 'OTHER_BEGINNING';

/**
 * Movements of this account stood on it, which began otherwise than SYNC_SINCE says.
 * @param cutOvers Unix seconds, of the opening balances that the ledger holds; none: it holds none
 */
export function otherBeginning(cutOvers: readonly number[]): string {
  const times = [...new Set(cutOvers)].sort((a, b) => a - b).map(rfc3339);
  return [OTHER_BEGINNING, ...times].join(' ');
}

export function isOtherBeginning(lacking: string): boolean {
  return lacking.split(' ')[0] === OTHER_BEGINNING;
}

/** @param lacking as `lackingText` takes it, of the first sync */
export function declinedText(lacking: readonly string[]): string {
  const found = lackingText(lacking);
  return `not begun by itself with the first sync, which has found: ${found}; to do: ${nextOf(lacking)}`;
}

/** @param lacking one of the above; or rights by Stripe's names, some with the code of an answer that was no clear one */
export function lackingText(lacking: readonly string[]): string {
  if (lacking.includes(SOURCE_BALANCE_USED)) return 'the source balance is in use already';
  if (lacking.includes(OTHER_ACCOUNT)) {
    return 'movements of another Stripe account, or of the other mode, stand on the source balance';
  }
  const other = lacking.find(isOtherBeginning);
  if (other !== undefined) {
    const [, ...times] = other.split(' ');
    const began = times.length > 0 ? `from ${times.join(' and ')} on` : 'on another day';
    return `the ledger holds movements of this account that began ${began}, which SYNC_SINCE does not go with`;
  }
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

function nextOf(lacking: readonly string[]): string {
  return lacking.some(isOtherBeginning)
    ? 'begin anew with an empty database and the SYNC_SINCE that it had'
    : 'see `movements status` for what the key lacks now, `movements plan` for what it would begin with, then ' +
        '`movements enable`';
}
