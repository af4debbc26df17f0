/** Answers about balances that must not be believed: each becomes an error of ours, never a smaller truth. */
import { createCloudBalances } from '../../src/blnk/cloud-balances';
import { createCoreBalances } from '../../src/blnk/core-balances';
import { createCoreRows } from '../../src/blnk/core-rows';
import type { BlnkAnswer, BlnkRequest } from '../../src/blnk/http';
import { SyncError } from '../../src/domain/errors';

const never = new AbortController().signal;
const NOW = new Date('2026-03-01T12:00:00Z');

type Step = Partial<BlnkAnswer> | SyncError;

/** Both forms, with these answers one after the other, the last one for ever; and what they were asked. */
function both(...steps: readonly Step[]) {
  const asked: BlnkRequest[] = [];
  const http = {
    exchange: (request: BlnkRequest): Promise<BlnkAnswer> => {
      asked.push(request);
      const step = steps[Math.min(asked.length, steps.length) - 1] ?? {};
      if (step instanceof Error) return Promise.reject(step);
      return Promise.resolve({ status: 200, code: '', body: [], ...step });
    },
  };
  const core = { ...createCoreBalances(http), ...createCoreRows(http) };
  const cloud = createCloudBalances(http, { instance_id: 'inst_1' });
  return { core, cloud, asked };
}

const badAnswer = (field: string) => ({ code: 'BLNK_BAD_ANSWER', details: { field } });

const BALANCE = {
  ...{ balance_id: 'bln_1', indicator: '@stripe', currency: 'USD' },
  ...{ balance: -5, debit_balance: 7, credit_balance: '2' },
};
const ROW = {
  ...{ transaction_id: 'txn_1', reference: 'r', status: 'APPLIED', source: 'bln_1' },
  ...{ precise_amount: 5, created_at: '2026-03-01T12:00:00.000001Z' },
};

test('turnovers may be numbers or text, and are nothing else', async () => {
  const exact = { debits: 7n, credits: 2n, balance: -5n };
  const { core } = both({ body: [BALANCE] });
  expect(await core.turnoversOf(['@stripe'], never)).toMatchObject([exact]);
  const { cloud } = both({ body: { data: [BALANCE], total: 1 } });
  expect(await cloud.turnoversOf(['@stripe'], never)).toMatchObject([exact]);
});

test.each([
  ['missing', { debit_balance: undefined }, 'debit_balance'],
  ['null', { credit_balance: null }, 'credit_balance'],
  ['a fraction', { balance: -5.5 }, 'balance'],
  ['written in major units', { debit_balance: '7.00' }, 'debit_balance'],
  ['rounded', { debit_balance: 1e20 }, 'debit_balance'],
])('turnovers of which one is %s are refused', async (_what, change, field) => {
  const row = { ...BALANCE, ...change };
  const { core } = both({ body: [row] });
  await expect(core.turnoversOf(['@stripe'], never)).rejects.toMatchObject(badAnswer(`0.${field}`));
  const { cloud } = both({ body: { data: [row], total: 1 } });
  await expect(cloud.turnoversOf(['@stripe'], never)).rejects.toMatchObject(
    badAnswer(`data.0.${field}`),
  );
});

test('balances that nobody asked for tell that the filter was not understood', async () => {
  const row = { ...BALANCE, indicator: '@cus_1' };
  const { core } = both({ body: [row] });
  await expect(core.turnoversOf(['@stripe'], never)).rejects.toMatchObject(badAnswer('indicator'));
  const { cloud } = both({ body: { data: [row], total: 1 } });
  await expect(cloud.turnoversOf(['@stripe'], never)).rejects.toMatchObject(badAnswer('indicator'));
});

test('a server that gives the same page for ever is not read for ever', async () => {
  const page = Array.from({ length: 1_000 }, (_, at) => ({ ...BALANCE, balance_id: `bln_${at}` }));
  const { core, asked } = both({ body: page });
  await expect(core.turnoversOf(['@stripe'], never)).rejects.toMatchObject(badAnswer('offset'));
  expect(asked).toHaveLength(2);
  const { cloud } = both({ body: { data: [BALANCE], total: 2 } });
  await expect(cloud.turnoversOf(['@stripe'], never)).rejects.toMatchObject(badAnswer('total'));
  const rows = both({ body: { data: [ROW], total: 2 } }).cloud;
  await expect(rows.rowsWith('key', 'value', never)).rejects.toMatchObject(badAnswer('total'));
});

test('a page of Cloud that is empty before its total is refused', async () => {
  const { cloud } = both({ body: { data: [ROW], total: 2 } }, { body: { data: null, total: 2 } });
  const { next } = await cloud.linesOn('bln_1', NOW, never);
  await expect(cloud.linesOn('bln_1', next!, never)).rejects.toMatchObject(badAnswer('total'));
});

test('a key that may neither query nor filter balances is told the lesser right', async () => {
  const refused = (right: string) => new SyncError('BLNK_PERMISSION_MISSING', { right });
  const { core } = both(refused('balances:read'), refused('balances:write'));
  await expect(core.turnoversOf(['@stripe'], never)).rejects.toMatchObject({
    details: { right: 'balances:read' },
  });
  const other = both(refused('balances:read'), { body: [BALANCE] });
  expect(await other.core.turnoversOf(['@stripe'], never)).toHaveLength(1);
  const down = both(refused('balances:read'), new SyncError('BLNK_UNAVAILABLE'));
  await expect(down.core.turnoversOf(['@stripe'], never)).rejects.toMatchObject({
    code: 'BLNK_UNAVAILABLE',
  });
});

test('a refused read is an error, and no empty list', async () => {
  const refused = both({ status: 400 });
  for (const ledger of [refused.core, refused.cloud]) {
    await expect(ledger.turnoversOf(['@stripe'], never)).rejects.toMatchObject({
      ...{ code: 'BLNK_REFUSED', retryable: false, details: { status: 400 } },
    });
  }
});

test('a balance at a time is believed only if it was counted from the rows', async () => {
  const balance = { debit_balance: '7', credit_balance: 2 };
  const counted = both({ body: { balance, from_source: true } });
  const ignored = both({ body: { balance, from_source: false } });
  for (const form of ['core', 'cloud'] as const) {
    expect(await counted[form].turnoversAt('bln_1', NOW, never)).toEqual({
      debits: 7n,
      credits: 2n,
    });
    await expect(ignored[form].turnoversAt('bln_1', NOW, never)).rejects.toMatchObject(
      badAnswer('from_source'),
    );
  }
  for (const { query } of counted.asked) expect(query).toMatchObject({ from_source: 'true' });
});

test('only by its code is a 404 a balance that is not there; otherwise the path is not', async () => {
  const unknown = both({ status: 404, code: 'BAL_NOT_FOUND' });
  const elsewhere = both({ status: 404 });
  for (const form of ['core', 'cloud'] as const) {
    expect(await unknown[form].turnoversAt('bln_1', NOW, never)).toBeUndefined();
    await expect(elsewhere[form].turnoversAt('bln_1', NOW, never)).rejects.toMatchObject({
      code: 'BLNK_REFUSED',
    });
  }
});

test('a line that is on neither side of the balance is refused', async () => {
  const row = { ...ROW, source: 'bln_2', destination: 'bln_3' };
  const { core } = both({ body: [row] });
  await expect(core.linesOn('bln_1', NOW, never)).rejects.toMatchObject(badAnswer('source'));
  const { cloud } = both({ body: { data: [row], total: 1 } });
  await expect(cloud.linesOn('bln_1', NOW, never)).rejects.toMatchObject(badAnswer('source'));
});

test('a line keeps what a person needs, and what is missing is null', async () => {
  const row = { ...ROW, source: 'bln_2', destination: 'bln_1', description: '', meta_data: [1] };
  const { core } = both({ body: [row] });
  expect((await core.linesOn('bln_1', NOW, never)).lines).toEqual([
    {
      ...{ transactionId: 'txn_1', reference: 'r', status: 'APPLIED', amount: 5n },
      ...{ precision: null, currency: null, source: 'bln_2', destination: 'bln_1' },
      ...{ description: null, effectiveAt: null, metadata: {}, direction: 'credit' },
      bookedAt: new Date('2026-03-01T12:00:00.000Z'),
    },
  ]);
});

test.each([undefined, 'yesterday', '2026-03-01T13:00:00.000001+01:00'])(
  'a full page whose rows were taken at %p cannot be gone on from',
  async (created_at) => {
    const { core } = both({ body: Array<object>(100).fill({ ...ROW, created_at }) });
    await expect(core.linesOn('bln_1', NOW, never)).rejects.toMatchObject(badAnswer('created_at'));
  },
);

test('a Core that does not turn the page is not read for ever', async () => {
  const page = Array.from({ length: 100 }, (_, at) => ({
    ...{ ...ROW, transaction_id: `txn_${at}` },
    created_at: `2026-03-01T12:00:${String(at % 60).padStart(2, '0')}Z`,
  }));
  const { core } = both({ body: page });
  const { next } = await core.linesOn('bln_1', NOW, never);
  await expect(core.linesOn('bln_1', next!, never)).rejects.toMatchObject(badAnswer('created_at'));
  await expect(core.rowsWith('key', 'value', never)).rejects.toMatchObject(badAnswer('offset'));
});

test('the end of a page of a Core is none of Cloud', async () => {
  const { cloud } = both();
  await expect(cloud.linesOn('bln_1', 'gte 2026-03-01T12:00:00Z 0', never)).rejects.toThrow(
    'Not the end of a page of Blnk Cloud',
  );
});

test('metadata that was not taken is an error', async () => {
  const gone = both({ status: 404, code: 'META_ENTITY_NOT_FOUND' });
  for (const ledger of [gone.core, gone.cloud]) {
    await expect(ledger.annotate('txn_1', { note: 'x' }, never)).rejects.toMatchObject({
      code: 'BLNK_REFUSED',
    });
  }
  const taken = both({ body: { meta_data: {} } });
  await taken.core.recount('bln_1', never);
  await taken.cloud.recount('bln_1', never);
  expect(taken.asked).toMatchObject([
    { path: '/bln_1/metadata', body: { meta_data: { BLNK_RUN_RECONCILIATION: 'SOURCE' } } },
    { path: '/proxy/bln_1/metadata', body: { meta_data: { BLNK_RUN_RECONCILIATION: 'SOURCE' } } },
  ]);
});
