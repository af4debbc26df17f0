/** Lets things happen to Stripe's money that can happen to it just now; what cannot, does not. */
import type { AnyObject, Kind, ObjectOf } from '../../sandbox/stripe/objects/any';
import type { StripeStandIn } from '../../sandbox/stripe/start';
import type { MoneyAction } from './money-story';

type Happening = Exclude<
  MoneyAction,
  { readonly do: 'clock' | 'rights' | 'fault' | 'refuse' | 'heal' }
>;

/** Seconds: longer than any story. */
const NEVER = 10 * 365 * 86_400;

/** @returns the payment that came about, if one did */
export async function happen(
  { world, clock }: Pick<StripeStandIn, 'world' | 'clock'>,
  action: Happening,
): Promise<string | undefined> {
  const { money, account } = world;
  const now = clock.nowSeconds();
  const pick = <T>(all: readonly T[], which: number): T | undefined => all[which % all.length];
  const objects = <K extends Kind>(kind: K): ObjectOf<K>[] =>
    account.objects.stored
      .rows()
      .flatMap(({ versions }) => versions.at(-1)?.object ?? [])
      .filter((object: AnyObject): object is ObjectOf<K> => object.object === kind);
  const payments = account.charges.stored
    .rows()
    .map((row) => ({ id: row.charge?.id ?? row.id, amount: amountOf(row) }))
    .filter(({ amount }) => amount > 0n);
  const intentsThat = (status: string) =>
    world.open().filter((id) => world.find(id)?.status === status);

  function amountOf({
    charge,
    intentId,
  }: {
    charge?: { amount: string };
    intentId: string | null;
  }) {
    const intent = intentId === null ? undefined : world.find(intentId);
    return BigInt(charge?.amount ?? intent?.amountReceived ?? intent?.amount ?? 0);
  }

  switch (action.do) {
    case 'pay': {
      const { as, amount, currency, timing, row, left, isUntold } = action;
      const received = Math.max(1, amount - Math.floor((amount * left) / 100));
      const manual = { captureMethod: 'manual', amountReceived: received } as const;
      const { id } = await world.pay({
        ...{ amount, currency, customer: as === 'guest' ? null : 'cus_One' },
        ...(left > 0 && { ...manual, chargeCreatedAt: now }),
        ...(isUntold && { eventLagSeconds: NEVER }),
        settle: { ...timing, never: row === 'never', unlisted: row === 'unlisted' },
      });
      return id;
    }
    case 'debit': {
      const { amount, currency, timing } = action;
      const debit = { status: 'processing', paymentMethodType: 'us_bank_account' } as const;
      const of = { amount, currency, customer: 'cus_Debit', chargeCreatedAt: now };
      await world.create({ ...debit, ...of, settle: timing });
      return;
    }
    case 'authorise': {
      const { amount, currency } = action;
      const manual = { status: 'requires_capture', captureMethod: 'manual' } as const;
      await world.create({ ...manual, amount, currency, customer: 'cus_Captured' });
      return;
    }
    case 'capture': {
      const { isFinal, timing } = action;
      const payment = pick(intentsThat('requires_capture'), action.which);
      const intent = payment === undefined ? undefined : world.find(payment);
      if (!intent) return;
      const left = BigInt(intent.amount ?? 0) - BigInt(intent.amountReceived ?? 0);
      const amount = (left / 2n).toString();
      if (amount === '0') return;
      await money.capture({ ...timing, payment: intent.id, amount, isFinal });
      return;
    }
    case 'end debit': {
      const { how, timing } = action;
      const debits = [...intentsThat('processing'), ...intentsThat('requires_payment_method')];
      const payment = pick(debits, action.which);
      if (payment === undefined) return;
      if (how === 'succeeds') await world.succeed(payment, { settle: timing });
      else if (world.find(payment)?.status === 'processing') {
        const failureFee = how === 'fails' ? {} : { failureFee: 400 };
        const { afterSeconds, lagSeconds } = timing;
        await money.failDebit({ payment, afterSeconds, lagSeconds, ...failureFee });
      }
      return;
    }
    case 'charge': {
      const { amount, currency, status, timing } = action;
      await world.charge({ amount, currency, status, customer: 'cus_Old', settle: timing });
      return;
    }
    case 'end charge': {
      const pending = account.charges.stored
        .rows()
        .flatMap(({ charge }) => (charge?.status === 'pending' ? [charge.id] : []));
      const charge = pick(pending, action.which);
      if (charge === undefined) return;
      if (action.how === 'succeeds') await money.finishCharge({ charge });
      else await money.failDebit({ payment: charge });
      return;
    }
    case 'refund': {
      const { parts, waits, rate, timing } = action;
      const payment = pick(payments, action.which);
      if (!payment) return;
      const amount = (payment.amount / BigInt(parts + 1)).toString();
      const waiting = waits ? ({ waitsFor: 'insufficient_funds' } as const) : {};
      await money.refund({ ...timing, ...waiting, payment: payment.id, amount, rate });
      return;
    }
    case 'end refund': {
      const { as, rate, timing } = action;
      const refund = pick(objects('refund'), action.which);
      if (refund?.status === 'pending') {
        await money.settleRefund({ ...timing, refund: refund.id, rate });
      } else if (refund?.status === 'succeeded' && isWhole(refund)) {
        await money.failRefund({ ...timing, refund: refund.id, rate, as });
      }
      return;
    }
    case 'dispute': {
      const { parts, isInquiry, rate, timing } = action;
      const payment = pick(payments, action.which);
      if (!payment) return;
      const amount = ((payment.amount + BigInt(parts) - 1n) / BigInt(parts)).toString();
      await money.dispute({ ...timing, payment: payment.id, amount, isInquiry, rate });
      return;
    }
    case 'end dispute': {
      const { how, rate, timing } = action;
      const open = objects('dispute').filter(({ status }) => status.endsWith('needs_response'));
      const dispute = pick(open, action.which);
      if (!dispute) return;
      if (dispute.status.startsWith('warning')) {
        await money.closeDispute({ dispute: dispute.id, status: 'warning_closed' });
        return;
      }
      const returned = { partly: { returned: (BigInt(dispute.amount) / 2n).toString() } };
      const status = how === 'won' ? 'won' : 'lost';
      const part = how === 'partly' ? returned.partly : {};
      await money.closeDispute({ ...timing, ...part, dispute: dispute.id, status, rate });
      return;
    }
    case 'appeal': {
      const { rate, timing } = action;
      const lost = objects('dispute').filter(
        ({ status, balanceTransactions }) => status === 'lost' && balanceTransactions.length === 1,
      );
      const dispute = pick(lost, action.which)?.id;
      if (dispute === undefined) return;
      await money.updateDispute({ dispute, status: 'under_review' });
      await money.closeDispute({ ...timing, dispute, status: 'won', rate });
      return;
    }
    case 'adjust dispute': {
      const { amount, timing } = action;
      const dispute = pick(objects('dispute'), action.which);
      if (dispute) await money.adjustDispute({ ...timing, dispute: dispute.id, amount });
      return;
    }
    case 'reverse': {
      const succeeded = account.intents.stored
        .rows()
        .filter(({ versions }) => versions.at(-1)?.intent.status === 'succeeded');
      const alone = account.charges.stored
        .rows()
        .flatMap(({ charge }) => (charge?.status === 'succeeded' ? [{ id: charge.id }] : []));
      const payment = pick([...succeeded, ...alone], action.which);
      if (payment) await money.reversePayment({ ...action.timing, payment: payment.id });
      return;
    }
    case 'payout': {
      const { currency, how, pairs } = action;
      const minimumBalance = pairs > 0 ? { minimumBalance: pairs } : {};
      const advance = how === 'instant' && pairs > 0 ? { advance: pairs } : {};
      const method = how === 'instant' ? 'instant' : 'standard';
      const automatic = how === 'automatic';
      await money.payout({ currency, method, automatic, ...minimumBalance, ...advance });
      return;
    }
    case 'end payout': {
      const payout = pick(objects('payout'), action.which);
      if (payout?.status !== 'in_transit' && payout?.status !== 'paid') return;
      if (action.how === 'paid') await money.payPayout({ payout: payout.id });
      else await money.failPayout({ payout: payout.id });
      return;
    }
    case 'fee': {
      const { kind, amount } = action;
      await money.chargeFee({ kind, amount });
      return;
    }
    case 'transfer': {
      const { amount, timing } = action;
      await money.transfer({ ...timing, amount, destination: 'acct_X' });
      return;
    }
    case 'reverse transfer': {
      const transfer = pick(objects('transfer'), action.which);
      if (transfer) await money.reverseTransfer({ ...action.timing, transfer: transfer.id });
      return;
    }
    case 'earn': {
      const { amount, back } = action;
      const { id } = await money.applicationFee({ amount });
      const applicationFee = { applicationFee: id, amount: Math.min(back, amount) };
      if (back > 0) await money.refundApplicationFee(applicationFee);
      return;
    }
    case 'top up': {
      const { amount, currency } = action;
      await money.topup({ amount, currency });
      return;
    }
    case 'reserve': {
      const { way, amount, timing } = action;
      await money.reserve({ ...timing, way, amount });
      return;
    }
    case 'row': {
      const { type, category, balanceType, source, amount, currency, timing, unlisted } = action;
      const row = { type, category, balanceType, source, amount, currency };
      await money.row({ ...timing, ...row, unlisted });
      return;
    }
  }
}

/** Not the part of an authorisation that nobody captured. */
function isWhole({ balanceTransaction, status }: ObjectOf<'refund'>): boolean {
  return balanceTransaction !== null && status === 'succeeded';
}
