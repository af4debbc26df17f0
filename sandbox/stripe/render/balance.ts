/** The JSON of the balance: the part of pay-ins and payouts, and beside it each other that ever moved. */
import type { Account } from '../account';
import { wireAmount } from '../amount';
import { PAYMENTS, type Amounts } from '../balance';

export function renderBalance(account: Account, livemode: boolean): Record<string, unknown> {
  const { balance, balanceView, clock } = account;
  const at = clock.nowSeconds() - (balanceView.lagSeconds ?? 0);
  const { available, pending } = balance.at(PAYMENTS, at);
  const currencies = [...new Set(['usd', ...available.keys(), ...pending.keys()])].filter(
    (currency) => {
      const isZero = !available.get(currency) && !pending.get(currency);
      const isOmitted = balanceView.omits?.includes(currency) === true;
      return !isOmitted && !(isZero && balanceView.omitsZero === true);
    },
  );
  const shown = (sums: Amounts) =>
    currencies.map((currency) => ({
      amount: amountIn(sums, currency),
      currency,
      source_types: { card: amountIn(sums, currency) },
    }));

  const part = (name: string) => {
    const { available: free, pending: waiting } = balance.at(name, at);
    if (free.size === 0) return undefined;
    const listed = (sums: Amounts) =>
      [...sums.keys()].map((currency) => ({ amount: amountIn(sums, currency), currency }));
    return { available: listed(free), pending: listed(waiting) };
  };
  const reserved = part('connect_reserved');
  const issuing = part('issuing');
  const prefunding = part('refund_and_dispute_prefunding');
  const risk = part('risk_reserved');
  return {
    object: 'balance',
    available: shown(available),
    ...(reserved && { connect_reserved: reserved.available }),
    ...(issuing && { issuing: { available: issuing.available } }),
    livemode,
    pending: shown(pending),
    ...(prefunding && { refund_and_dispute_prefunding: prefunding }),
    ...(risk && { risk_reserved: { available: risk.available } }),
  };
}

function amountIn(sums: Amounts, currency: string): number | bigint {
  return wireAmount((sums.get(currency) ?? 0n).toString());
}
