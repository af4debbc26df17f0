/** What rows since a cut-over come to, and which of them are near a reading. */
import { gatherRows, rowsAroundReading } from '../../src/domain/opening/opening-rows';
import { EDGE } from '../../src/domain/proof/reading-judgement';
import { aBalanceTransaction, MOMENT } from '../support/worlds/a-balance-transaction';
import { CHART } from '../support/worlds/legs-of-row';

const charge = (id: string, paymentIntentId: string | null, status = 'succeeded') =>
  aBalanceTransaction({
    ...{ id, type: 'charge', category: 'charge', amount: 100n },
    source: {
      ...{ object: 'charge', id: `ch_${id}`, paymentIntentId, customer: null, status },
      ...{ amountCaptured: 100n, currency: 'usd' },
    },
  });

test('rows are summed by kind and currency; those before the cut-over or of other balances are left out', () => {
  const rows = gatherRows(CHART);
  const payout = { type: 'payout', category: 'payout' } as const;
  rows.add([
    aBalanceTransaction({ id: 'txn_1', ...payout, amount: -70n }),
    aBalanceTransaction({ id: 'txn_2', ...payout, amount: -30n, currency: 'USD' }),
  ]);
  rows.add([
    aBalanceTransaction({ id: 'txn_3', ...payout, amount: -5n, currency: 'eur' }),
    aBalanceTransaction({ id: 'txn_4', ...payout, amount: 1n, created: CHART.cutOver - 1 }),
    aBalanceTransaction({ id: 'txn_5', ...payout, amount: 1n, balanceType: 'issuing' }),
  ]);
  expect(rows.gathered().kinds).toEqual([
    { currency: 'EUR', kind: 'payout', count: 1, net: -5n },
    { currency: 'USD', kind: 'payout', count: 2, net: -100n },
  ]);
  expect(rows.nets()).toEqual(
    new Map([
      ['USD', -100n],
      ['EUR', -5n],
    ]),
  );
});

test('a payment is charged since if a charge of it has a row that has not failed, as early as that is', () => {
  const rows = gatherRows(CHART);
  rows.add([
    charge('txn_1', 'pi_done'),
    { ...charge('txn_6', 'pi_done'), created: MOMENT - 1 },
    charge('txn_2', 'pi_pending', 'pending'),
    charge('txn_3', 'pi_failed', 'failed'),
    charge('txn_4', null),
    { ...charge('txn_5', 'pi_before'), created: CHART.cutOver - 1 },
  ]);
  expect([...rows.gathered().charged]).toEqual([
    ['pi_done', MOMENT - 1],
    ['pi_pending', MOMENT],
  ]);
});

test('rows around a reading are parted as those that are kept, oldest first', () => {
  const at = (created: number, amount: bigint, currency = 'usd') =>
    aBalanceTransaction({ id: `txn_${created}`, created, amount, currency });
  const newestFirst = [
    at(MOMENT + EDGE + 1, 1n),
    at(MOMENT + EDGE, 2n),
    at(MOMENT, 4n),
    at(MOMENT, 8n, 'eur'),
    at(MOMENT - EDGE, 16n),
    at(MOMENT - EDGE - 1, 32n),
  ];
  expect(rowsAroundReading(MOMENT, 'USD', 1_000n, newestFirst)).toEqual({
    before: 1_032n,
    near: [
      { created: MOMENT - EDGE, net: 16n },
      { created: MOMENT, net: 4n },
      { created: MOMENT + EDGE, net: 2n },
    ],
    after: { count: 1, net: 1n },
  });
});
