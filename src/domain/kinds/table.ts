/** Every kind of movement, by the name under which its rows are kept: the chart of accounts as it is booked. */
import type { MovementKind, SettledKindName } from '../movements/movement-kind';
import { charge } from './charge';
import { dispute } from './dispute';
import { failedCharge } from './failed-charge';
import type { SettledKind } from './kind';
import { loneCharge } from './lone-charge';
import { payIn } from './pay-in';
import { plain } from './plain';
import { refund } from './refund';
import { transfer } from './transfer';

export const KINDS = {
  pay_in: payIn,
  opening_balance: { text: 'opening balance' },
  charge,
  lone_charge: loneCharge,
  refund,
  failed_charge: failedCharge,
  dispute,
  fee: plain('fee', 'feesServices'),
  tax: plain('tax on fees', 'feesTax'),
  network_cost: plain('network cost', 'feesNetwork'),
  payout: plain('payout', 'payouts'),
  transfer,
  application_fee: plain('application fee', 'applicationFees'),
  top_up: plain('top-up', 'topUps'),
  reserve: plain('reserve', 'reserve'),
  connect_reserve: plain('reserve for connected accounts', 'connectReserve'),
  connect_loss: plain('loss of a connected account', 'connectLosses'),
  minimum_balance: plain('minimum balance', 'minimumBalance'),
  advance: plain('advance', 'advances'),
  financing: plain('financing', 'financing'),
  contribution: plain('contribution', 'contributions'),
  issuing: plain('issuing', 'issuing'),
  suspense: plain('unknown movement', 'suspense'),
} as const satisfies Record<SettledKindName, SettledKind> &
  Record<MovementKind, { readonly text: string }>;

/** As a person reads it; its name where only another version knows it. */
export function kindText(kind: string): string {
  return Object.hasOwn(KINDS, kind) ? KINDS[kind as MovementKind].text : kind.replaceAll('_', ' ');
}
