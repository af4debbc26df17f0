/** Everything that can be done to the account's money, by the name of its function. */
import { applicationFee, refundApplicationFee } from './application-fees';
import { capture } from './captures';
import { failDebit, finishCharge, reversePayment } from './debits';
import { adjustDispute, closeDispute, dispute, updateDispute } from './disputes';
import { chargeFee } from './fees';
import { failPayout, payPayout, reconcilePayout, reversePayout } from './payout-ends';
import { payout } from './payouts';
import { failRefund, refund, settleRefund } from './refunds';
import { reserve } from './reserves';
import { adjustment, row } from './rows';
import { reverseTopup, topup } from './topups';
import { reverseTransfer, transfer } from './transfers';

export const deeds = {
  ...{ adjustDispute, adjustment, applicationFee, capture, chargeFee, closeDispute, dispute },
  ...{
    failDebit,
    finishCharge,
    failPayout,
    failRefund,
    payout,
    payPayout,
    reconcilePayout,
    refund,
  },
  ...{ refundApplicationFee, reserve, reversePayment, reversePayout, reverseTopup },
  ...{ reverseTransfer, row, settleRefund, topup, transfer, updateDispute },
};

export type Deeds = typeof deeds;
export type DeedName = keyof Deeds;
