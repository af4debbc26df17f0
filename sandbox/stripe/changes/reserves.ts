/** Money that Stripe holds back for a while, in each of the ways in which rows tell of it. */
import { z } from 'zod';
import { amount, asDecimal } from '../amount';
import { PAYMENTS } from '../balance';
import { bookingOptions } from '../objects/balance-transaction';
import { deed } from './deed';
import { begin } from './happening';

interface Way {
  readonly hold: string;
  readonly release: string;
  readonly category: string;
  /** Where it is meanwhile, if that is a part of the balance. */
  readonly part?: string;
  /** Whether that part has rows of its own. */
  readonly isListed?: boolean;
}

const WAYS = {
  /** Two rows, out and later back. */
  risk: { hold: 'reserved_funds', release: 'reserved_funds', category: 'risk_reserved_funds' },
  /** Beside each row one of the balance type `risk_reserved`. */
  reserve: {
    ...{ hold: 'reserve_hold', release: 'reserve_release', category: 'risk_reserved_funds' },
    ...{ part: 'risk_reserved', isListed: true },
  },
  network: {
    hold: 'payment_network_reserve_hold',
    release: 'payment_network_reserve_release',
    category: 'risk_reserved_funds',
  },
  /** For negative balances of connected accounts. */
  connect: {
    ...{ hold: 'reserve_transaction', release: 'reserve_transaction' },
    ...{ category: 'connect_reserved_funds', part: 'connect_reserved' },
  },
} as const satisfies Record<string, Way>;

const ways = ['risk', 'reserve', 'network', 'connect'] as const;

export const reserve = deed(
  'reserves',
  bookingOptions.extend({
    /** Default risk. */
    way: z.enum(ways).optional(),
    /** Positive: held back; negative: given free. */
    amount,
    /** Default usd. */
    currency: z.string().optional(),
  }),
  (account, { way = 'risk', currency = 'usd', ...options }) => {
    const happening = begin(account, options);
    const { hold, release, category, part, isListed }: Way = WAYS[way];
    const given = BigInt(options.amount);
    const source = way === 'connect' ? happening.mint('rsv_1') : null;
    if (source !== null) {
      const described = { amount: asDecimal(-given), currency, description: null };
      happening.put({
        object: 'reserve_transaction',
        id: source,
        created: happening.at,
        ...described,
      });
    }
    const named = { type: given > 0n ? hold : release, category, currency, source };
    const made = happening.book({ ...named, amount: -given, balanceType: PAYMENTS }, options);
    if (part !== undefined && isListed === true) {
      happening.book({ ...named, amount: given, balanceType: part }, options);
    } else if (part !== undefined) {
      const { created, availableOn: availableAt } = made;
      happening.move({ at: created, availableAt, part, currency, amount: given });
    }
    return { happened: happening.done(), made };
  },
);
