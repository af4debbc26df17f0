/** What the product relies on when it looks up what is in Blnk Core already. */
import { coreError, lookUp, openCore, payIn, type Core, type StoredRow } from './support';

let core: Core;
beforeAll(async () => {
  core = await openCore();
  await post('read', {
    meta_data: { stripe_payment_intent_id: `${core.run}_read`, n: { a: [1] } },
  });
  for (let first = 0; first < 101; first += 10) {
    const names = Array.from({ length: Math.min(10, 101 - first) }, (_, at) => `row-${first + at}`);
    await Promise.all(names.map((name) => post(name)));
  }
});
afterAll(() => core.close());

const post = async (name: string, changes: Record<string, unknown> = {}) => {
  const answer = await core.post('/transactions', payIn(core, name, changes));
  if (answer.status !== 201) throw new Error(answer.text);
};
const filter = (body: unknown) => core.post('/transactions/filter', body);
const byReference = (...names: string[]) => ({
  field: 'reference',
  operator: 'in',
  values: names.map((name) => `${core.run}_${name}`),
});
const hundredRows = () => Array.from({ length: 100 }, (_, at) => `row-${at}`);

test('a filter by references gives full rows, and says nothing of references that are absent', async () => {
  const answer = await filter({ filters: [byReference('read', 'absent')], limit: 100 });
  expect(answer.status).toBe(200);
  expect(answer.json).toEqual([
    expect.objectContaining({
      reference: `${core.run}_read`,
      status: 'APPLIED',
      precise_amount: 2000,
      precision: 100,
      currency: 'USD',
      description: 'Imported pay-in from Stripe',
      effective_date: '2024-03-01T10:00:00Z',
      source: expect.stringMatching(/^bln_/) as string,
      destination: expect.stringMatching(/^bln_/) as string,
      transaction_id: expect.stringMatching(/^txn_/) as string,
      meta_data: {
        stripe_payment_intent_id: `${core.run}_read`,
        n: { a: [1] },
        allow_overdraft: true,
      },
    }),
  ]);
});

test('a hundred references are all found by one call', async () => {
  expect(Object.keys(await lookUp(core, ...hundredRows()))).toHaveLength(100);
});

test('a limit of 101 silently becomes 20', async () => {
  const filters = [byReference(...hundredRows(), 'row-100')];
  const hundred = await filter({ filters, limit: 100 });
  const tooMany = await filter({ filters, limit: 101 });
  expect(hundred.json).toHaveLength(100);
  expect(tooMany.status).toBe(200);
  expect(tooMany.json).toHaveLength(20);
});

test('an offset goes on where the limit ended', async () => {
  const filters = [byReference(...hundredRows(), 'row-100')];
  const first = (await filter({ filters, limit: 100 })).json as StoredRow[];
  const rest = (await filter({ filters, limit: 100, offset: 100 })).json as StoredRow[];
  expect(rest).toHaveLength(1);
  expect(new Set([...first, ...rest].map(({ reference }) => reference)).size).toBe(101);
});

test('with include_count the rows come with their total, and an empty answer without one', async () => {
  const some = await filter({ filters: [byReference('read')], include_count: true });
  const none = await filter({ filters: [byReference('absent')], include_count: true });
  expect(some.json).toMatchObject({ data: [{ reference: `${core.run}_read` }], total_count: 1 });
  expect(none.json).toEqual({ data: [] });
});

test('rows are found by a key of their metadata', async () => {
  const answer = await filter({
    filters: [
      { field: 'meta_data.stripe_payment_intent_id', operator: 'eq', value: `${core.run}_read` },
    ],
  });
  expect(answer.json).toMatchObject([{ reference: `${core.run}_read` }]);
});

test('several filters narrow each other', async () => {
  const status = (value: string) => ({ field: 'status', operator: 'eq', value });
  const applied = await filter({ filters: [byReference('read'), status('APPLIED')] });
  const rejected = await filter({ filters: [byReference('read'), status('REJECTED')] });
  expect([applied.json, rejected.json]).toMatchObject([[{ status: 'APPLIED' }], []]);
});

test('a filter on an unknown field is refused', async () => {
  const answer = await filter({ filters: [{ field: 'payer', operator: 'eq', value: 'x' }] });
  expect(answer.status).toBe(400);
  expect(answer.json).toEqual(coreError('GEN_BAD_REQUEST'));
});

test('a filter by no references at all is refused', async () => {
  const answer = await filter({ filters: [byReference()] });
  expect(answer.json).toEqual(coreError('GEN_BAD_REQUEST'));
});

test('reading one reference loses precision and effective date', async () => {
  const answer = await core.get(`/transactions/reference/${core.run}_read`);
  expect(answer.status).toBe(200);
  expect(answer.json).toMatchObject({ precise_amount: 2000, currency: 'USD', precision: 0 });
  expect(answer.json).not.toHaveProperty('effective_date');
});

test('reading one id keeps the precision and loses the effective date', async () => {
  const { read } = await lookUp(core, 'read');
  const answer = await core.get(`/transactions/${String(read?.['transaction_id'])}`);
  expect(answer.json).toMatchObject({ reference: `${core.run}_read`, precision: 100 });
  expect(answer.json).not.toHaveProperty('effective_date');
});

test('an unknown reference is answered 404', async () => {
  const answer = await core.get(`/transactions/reference/${core.run}_absent`);
  expect(answer.status).toBe(404);
  expect(answer.json).toEqual(coreError('TXN_NOT_FOUND'));
});

test('reference_eq in a query gives full rows too', async () => {
  const answer = await core.get(`/transactions?reference_eq=${core.run}_read`);
  expect(answer.json).toMatchObject([{ precision: 100, effective_date: '2024-03-01T10:00:00Z' }]);
});

test('reference_in in a query takes 1,000 characters and no more', async () => {
  const some = `${core.run}_read,`;
  const fits = await core.get(`/transactions?reference_in=${some.padEnd(1000, 'x')}`);
  const tooLong = await core.get(`/transactions?reference_in=${some.padEnd(1001, 'x')}`);
  expect(fits.json).toMatchObject([{ reference: `${core.run}_read` }]);
  expect(tooLong.status).toBe(400);
  expect(tooLong.json).toEqual(coreError('GEN_VALIDATION_ERROR'));
});

test('an unknown balance is answered 404', async () => {
  const answer = await core.get(`/balances/indicator/@contract-${core.run}-none/currency/USD`);
  expect(answer.status).toBe(404);
  expect(answer.json).toEqual(coreError('BAL_NOT_FOUND'));
});
