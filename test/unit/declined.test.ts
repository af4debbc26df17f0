/** Why a new instance carries over pay-ins alone, and what to do, in words. */
import {
  declinedText,
  OTHER_ACCOUNT,
  otherBeginning,
  SOURCE_BALANCE_USED,
} from '../../src/domain/opening/declined';

const JUNE = Date.UTC(2026, 5, 1) / 1000;

test.each([
  [[SOURCE_BALANCE_USED], 'the source balance is in use already; to do: see `movements status`'],
  [
    [OTHER_ACCOUNT],
    'movements of another Stripe account, or of the other mode, stand on the source balance; to do: see',
  ],
  [['rak_payout_read'], 'the Stripe key lacks rak_payout_read; to do: see'],
  [
    [otherBeginning([JUNE, JUNE])],
    'movements of this account that began from 2026-06-01T00:00:00Z on, which SYNC_SINCE does not go with; ' +
      'to do: begin anew with an empty database and the SYNC_SINCE that it had',
  ],
  [[otherBeginning([])], 'movements of this account that began on another day, which SYNC_SINCE'],
])('%j', (lacking, text) => {
  expect(declinedText(lacking)).toContain(text);
});
