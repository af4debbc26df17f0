/** What the product relies on when it posts to Blnk Core: applied at once, once, and unchanged. */
import { coreError, lookUp, openCore, payIn, type Core } from './support';

let core: Core;
beforeAll(async () => void (core = await openCore()));
afterAll(() => core.close());

const post = (name: string, changes: Record<string, unknown> = {}) =>
  core.post('/transactions', payIn(core, name, changes));

test('a posting with skip_queue and allow_overdraft is applied at once, as one row under exactly its reference', async () => {
  const answer = await post('applied');
  expect(answer.status).toBe(201);
  expect(answer.json).toMatchObject({ status: 'APPLIED', reference: `${core.run}_applied` });
  const rows = await lookUp(core, 'applied', 'applied_q');
  expect(Object.keys(rows)).toEqual(['applied']);
  expect(rows['applied']).toMatchObject({ status: 'APPLIED', parent_transaction: '' });
});

test('a reference that is there already is answered 409 and not posted again', async () => {
  const first = await post('twice');
  const second = await post('twice');
  expect([first.status, second.status]).toEqual([201, 409]);
  expect(second.json).toEqual(coreError('TXN_DUPLICATE_REFERENCE'));
});

test('the same reference with another amount is answered 409 and changes nothing', async () => {
  await post('changed', { precise_amount: 500 });
  const second = await post('changed', { precise_amount: 999, currency: 'EUR' });
  expect(second.status).toBe(409);
  const { changed } = await lookUp(core, 'changed');
  expect(changed).toMatchObject({ precise_amount: 500, currency: 'USD' });
});

test('of twenty postings of one reference at the same time exactly one is applied', async () => {
  const destination = `@cus_${core.run}parallel`;
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => post('parallel', { destination })),
  );
  const statuses = answers.map(({ status }) => status).sort();
  expect(statuses).toEqual([201, ...Array<number>(19).fill(409)]);
  const balance = await core.get(`/balances/indicator/${destination}/currency/USD`);
  expect(balance.json).toMatchObject({ credit_balance: 2000 });
});

test('without allow_overdraft an empty source is refused and the reference stays free', async () => {
  const source = `@contract-${core.run}-empty`;
  const refused = await post('no-overdraft', { source, allow_overdraft: false });
  expect(refused.status).toBe(400);
  expect(refused.json).toEqual(coreError('TXN_INSUFFICIENT_FUNDS'));
  expect(await lookUp(core, 'no-overdraft')).toEqual({});
  expect((await post('no-overdraft', { source })).status).toBe(201);
});

test('a name with an @ becomes a balance on first use, and holds what was posted to it', async () => {
  const [source, destination] = [`@contract-${core.run}-new`, `@cus_${core.run}New9`];
  await post('names-1', { source, destination, precise_amount: 700 });
  await post('names-2', { source, destination, precise_amount: 25 });
  const paid = await core.get(`/balances/indicator/${destination}/currency/USD`);
  const spent = await core.get(`/balances/indicator/${source}/currency/USD`);
  expect(paid.json).toMatchObject({ indicator: destination, balance: 725 });
  expect(spent.json).toMatchObject({ indicator: source, balance: -725 });
});

test('the case of a currency is kept, and makes another balance', async () => {
  const destination = `@cus_${core.run}case`;
  await post('upper', { destination });
  await post('lower', { destination, currency: 'usd' });
  const { upper, lower } = await lookUp(core, 'upper', 'lower');
  expect([upper?.['currency'], lower?.['currency']]).toEqual(['USD', 'usd']);
  expect(upper?.['destination']).not.toBe(lower?.['destination']);
});

test.each([1, 100, 1000])('a precision of %d is kept', async (precision) => {
  await post(`precision-${precision}`, { precision, precise_amount: 12345 });
  const rows = await lookUp(core, `precision-${precision}`);
  expect(rows[`precision-${precision}`]).toMatchObject({ precision, precise_amount: 12345 });
});

test('a missing precision is 1', async () => {
  await post('no-precision', { precision: undefined });
  expect((await lookUp(core, 'no-precision'))['no-precision']).toMatchObject({ precision: 1 });
});

test.each([
  ['zero', 0],
  ['negative', -5],
])('an amount that is %s is refused', async (name, precise_amount) => {
  const answer = await post(name, { precise_amount });
  expect(answer.status).toBe(400);
  expect(answer.json).toEqual(coreError('TXN_VALIDATION_ERROR'));
  expect(await lookUp(core, name)).toEqual({});
});

test.each(['"2000"', '20.5', '2000.0', '2e3'])(
  'an amount that is written %s is refused as malformed',
  async (written) => {
    const body = JSON.stringify(payIn(core, 'written')).replace(':2000,', `:${written},`);
    const answer = await core.post('/transactions', body);
    expect(answer.status).toBe(400);
    expect(answer.json).toEqual(coreError('GEN_MALFORMED_REQUEST'));
  },
);

test('the largest safe integer is stored exactly', async () => {
  await post('large', { precise_amount: Number.MAX_SAFE_INTEGER });
  const { large } = await lookUp(core, 'large');
  expect(large).toMatchObject({ precise_amount: Number.MAX_SAFE_INTEGER });
});

test('an amount above the safe integers is stored to the last digit', async () => {
  const body = JSON.stringify(payIn(core, 'huge')).replace(':2000,', ':9007199254740993,');
  const posted = await core.post('/transactions', body);
  const read = await core.get(`/transactions?reference_eq=${core.run}_huge`);
  expect(posted.text).toContain('"precise_amount":9007199254740993,');
  expect(read.text).toContain('"precise_amount":9007199254740993,');
});

test('an effective date with an offset is kept as the same moment', async () => {
  await post('dated', { effective_date: '2021-07-04T23:30:00+05:30' });
  const { dated } = await lookUp(core, 'dated');
  expect(dated).toMatchObject({ effective_date: '2021-07-04T18:00:00Z' });
});

test.each(['2024-03-01', 1709287200])('the effective date %p is malformed', async (date) => {
  const answer = await post('bad-date', { effective_date: date });
  expect(answer.json).toEqual(coreError('GEN_MALFORMED_REQUEST'));
});

test('metadata is kept with what is nested in it, and Core adds allow_overdraft', async () => {
  const meta_data = {
    stripe_payment_intent_id: 'pi_1',
    stripe_sync: { account: 'acct_1', livemode: false, list: [1, { deep: null }] },
  };
  await post('meta', { meta_data });
  const { meta } = await lookUp(core, 'meta');
  expect(meta?.['meta_data']).toEqual({ ...meta_data, allow_overdraft: true });
});

test('a source that is the destination is never applied', async () => {
  const answer = await post('self', { source: '@same', destination: '@same' });
  expect(answer.status).not.toBe(201);
  expect(await lookUp(core, 'self')).toEqual({});
});

test('a balance id that does not exist is answered 404', async () => {
  const answer = await post('no-balance', { destination: 'bln_00000000-none' });
  expect(answer.status).toBe(404);
  expect(answer.json).toEqual(coreError('TXN_NOT_FOUND'));
});

test('missing fields are named together under "errors"', async () => {
  const answer = await core.post('/transactions', { precise_amount: 5, skip_queue: true });
  expect(answer.status).toBe(400);
  const named =
    'currency: cannot be blank; description: cannot be blank; destination: either destination or ' +
    'destinations is required, not both; reference: cannot be blank; source: either source or ' +
    'sources is required, not both.';
  expect(answer.json).toEqual({
    errors: named,
    error_detail: { code: 'TXN_VALIDATION_ERROR', message: named },
  });
});
