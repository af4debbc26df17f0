/**
 * What the product relies on at Blnk Cloud, as far as Blnk's public guide for apps tells it. No Blnk
 * Cloud can be run beside a test, so this part always speaks to the stand-in.
 */
import { SANDBOX_BLNK_INSTANCE, SANDBOX_BLNK_KEY, sandboxKeys } from '../../sandbox/blnk/keys';
import { startBlnkStandIn, type BlnkStandIn } from '../../sandbox/blnk/start';
import { coreError, readAnswer, say } from './support';

const READER = 'blnk_may_read';
const WRITER = 'blnk_may_write';
const ALERTER = 'blnk_may_alert';
const NEIGHBOUR = 'blnk_of_another_instance';
let cloud: BlnkStandIn;
beforeAll(async () => {
  say('Ledger contract, Cloud part: on the stand-in only, whatever BLNK_CORE_URL says.');
  const keys = sandboxKeys();
  const instanceId = SANDBOX_BLNK_INSTANCE;
  keys.cloud.set(READER, { instanceId, permissions: ['data:read'] });
  keys.cloud.set(WRITER, { instanceId, permissions: ['data:write'] });
  keys.cloud.set(ALERTER, { instanceId, permissions: ['alerts:write'] });
  const everything = ['data:read', 'data:write', 'alerts:read', 'alerts:write'] as const;
  keys.cloud.set(NEIGHBOUR, { instanceId: 'inst_other', permissions: everything });
  cloud = await startBlnkStandIn({ keys });
});
afterAll(() => cloud.close());

const ask = async (
  method: string,
  path: string,
  { body, key = SANDBOX_BLNK_KEY }: { body?: unknown; key?: string | null } = {},
) =>
  readAnswer(
    await fetch(cloud.url + path, {
      method,
      headers: key === null ? {} : { Authorization: `Bearer ${key}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }),
  );
const instance = `instance_id=${SANDBOX_BLNK_INSTANCE}`;
const proxyPost = (body: unknown, key = SANDBOX_BLNK_KEY) =>
  ask('POST', `/proxy/transactions?${instance}`, { body, key });
const payIn = (reference: string, changes: Record<string, unknown> = {}) => ({
  precise_amount: 2000,
  precision: 100,
  currency: 'USD',
  reference,
  source: '@stripe',
  destination: '@cus_1',
  description: 'Imported pay-in from Stripe',
  effective_date: '2024-03-01T10:00:00Z',
  allow_overdraft: true,
  skip_queue: true,
  ...changes,
});

test('a posting through the proxy is applied, and repeated it is answered with the 409 of Core', async () => {
  const first = await proxyPost(payIn('pi_1'));
  const second = await proxyPost(payIn('pi_1'));
  expect([first.status, second.status]).toEqual([201, 409]);
  expect(first.json).toMatchObject({ status: 'APPLIED', reference: 'pi_1' });
  expect(second.json).toEqual(coreError('TXN_DUPLICATE_REFERENCE'));
});

test('the proxy puts in precision 100 and a random reference where they are missing', async () => {
  const answer = await proxyPost(payIn('unused', { precision: undefined, reference: undefined }));
  expect(answer.json).toMatchObject({
    precision: 100,
    reference: expect.stringMatching(/^ref_/) as string,
  });
});

test('a read by references gives full rows with their total, and nothing of absent ones', async () => {
  await proxyPost(payIn('pi_read'));
  const answer = await ask('GET', `/data/transactions?${instance}&reference_in=pi_read,pi_absent`);
  expect(answer.json).toMatchObject({
    data: [{ reference: 'pi_read', precision: 100, effective_date: '2024-03-01T10:00:00Z' }],
    total: 1,
  });
});

test('a page holds at most 50 rows, whatever page size is asked for', async () => {
  const references = Array.from({ length: 60 }, (_, at) => `pi_p${at}`);
  for (const reference of references) await proxyPost(payIn(reference));
  const path = `/data/transactions?${instance}&reference_in=${references.join(',')}&pageSize=100`;
  const pages = [await ask('GET', `${path}&page=1`), await ask('GET', `${path}&page=2`)];
  expect(pages.map(({ json }) => json)).toMatchObject([{ total: 60 }, { total: 60 }]);
  const found = pages.flatMap(({ json }) => (json as { data: { reference: string }[] }).data);
  expect(found).toHaveLength(60);
  expect(new Set(found.map(({ reference }) => reference))).toEqual(new Set(references));
});

test('balances are read by their ids, as the rows of transactions name them', async () => {
  const posted = await proxyPost(payIn('pi_named', { destination: '@cus_named' }));
  const { source, destination } = posted.json as { source: string; destination: string };
  const path = `/data/balances?${instance}&balance_id_in=${source},${destination},bln_none`;
  const answer = await ask('GET', path);
  expect(answer.json).toMatchObject({ total: 2 });
  const { data } = answer.json as { data: { balance_id: string; indicator: string }[] };
  expect(new Map(data.map((row) => [row.balance_id, row.indicator]))).toEqual(
    new Map([
      [source, '@stripe'],
      [destination, '@cus_named'],
    ]),
  );
});

describe('what the proof reads', () => {
  const own = '@stripe-proof';
  let balanceId: string;
  beforeAll(async () => {
    await proxyPost(payIn('pi_proof', { source: own }));
    await proxyPost(payIn('pi_proof_eur', { source: own, currency: 'EUR' }));
    const back = { source: '@cus_1', destination: own, precise_amount: 500 };
    const meta_data = { stripe_balance_transaction_id: 'txn_proof' };
    const posted = await proxyPost(payIn('pi_proof_back', { ...back, meta_data }));
    balanceId = (posted.json as { destination: string }).destination;
  });

  test('balances are read by names, with the turnovers that Core has for them', async () => {
    const answer = await ask('GET', `/data/balances?${instance}&indicator_in=${own},@none`);
    expect(answer.json).toMatchObject({
      total: 2,
      data: expect.arrayContaining([
        expect.objectContaining({
          ...{ balance_id: balanceId, indicator: own, currency: 'USD' },
          ...{ debit_balance: 2000, credit_balance: 500, balance: -1500 },
        }),
      ]) as unknown,
    });
  });

  test('transactions are read by a balance and a time, and by a key of their metadata', async () => {
    const of = `${instance}&balance_id_eq=${balanceId}&status_eq=APPLIED`;
    const all = await ask('GET', `/data/transactions?${of}&created_at_gte=2020-01-01T00:00:00Z`);
    expect(all.json).toMatchObject({
      total: 2,
      data: [{ reference: 'pi_proof_back' }, { reference: 'pi_proof' }],
    });
    const none = await ask('GET', `/data/transactions?${of}&created_at_gte=2100-01-01T00:00:00Z`);
    expect(none.json).toEqual({ data: [], total: 0 });
    const key = 'meta_data.stripe_balance_transaction_id_eq=txn_proof';
    const found = await ask('GET', `/data/transactions?${instance}&${key}`);
    expect(found.json).toMatchObject({ total: 1, data: [{ reference: 'pi_proof_back' }] });
  });

  test('the proxy gives a balance at a time, and takes metadata', async () => {
    const at = `/proxy/balances/${balanceId}/at?${instance}&from_source=true`;
    const answer = await ask('GET', `${at}&timestamp=2024-03-01T10:00:00Z`);
    expect(answer.json).toMatchObject({
      balance: { debit_balance: 2000, credit_balance: 500 },
      from_source: true,
    });
    const path = `/proxy/${balanceId}/metadata?${instance}`;
    const body = { meta_data: { BLNK_RUN_RECONCILIATION: 'SOURCE' } };
    const statuses = [
      await ask('POST', path, { body, key: WRITER }),
      await ask('POST', path, { body, key: READER }),
      await ask('GET', at, { key: WRITER }),
    ].map(({ status }) => status);
    expect(statuses).toEqual([200, 403, 403]);
  });
});

test('a list of references longer than 1,000 characters is refused', async () => {
  const answer = await ask(
    'GET',
    `/data/transactions?${instance}&reference_in=${'x'.repeat(1001)}`,
  );
  expect(answer.status).toBe(400);
});

test('a key reaches its own instance only, and every call names it', async () => {
  const missing = await ask('GET', '/data/transactions');
  const other = await ask('GET', '/data/transactions?instance_id=inst_other');
  const otherPost = await ask('POST', '/proxy/transactions?instance_id=inst_other', {
    body: payIn('pi_other'),
  });
  expect([missing.status, other.status, otherPost.status]).toEqual([400, 403, 403]);
  expect(other.json).toEqual({ error: expect.any(String) as string });
});

test('without a key, or with an unknown one, everything is answered 401', async () => {
  const without = await ask('GET', `/data/transactions?${instance}`, { key: null });
  const unknown = await ask('GET', `/data/transactions?${instance}`, { key: 'blnk_wrong' });
  expect([without.status, unknown.status]).toEqual([401, 401]);
  expect(unknown.json).toEqual({ error: expect.any(String) as string });
});

test('the permission to read does not post, and the permission to write does not read', async () => {
  const read = `/data/transactions?${instance}&reference_in=pi_none`;
  const statuses = [
    await ask('GET', read, { key: READER }),
    await proxyPost(payIn('pi_reader'), READER),
    await ask('GET', read, { key: WRITER }),
    await proxyPost(payIn('pi_writer'), WRITER),
  ].map(({ status }) => status);
  expect(statuses).toEqual([200, 403, 403, 201]);
});

test('posting an empty body tells a key that may post from one that may not', async () => {
  const path = `/proxy/transactions?${instance}`;
  const mayPost = await ask('POST', path, { key: WRITER });
  const mayNot = await ask('POST', path, { key: READER });
  expect([mayPost.status, mayNot.status]).toEqual([400, 403]);
  expect(mayPost.json).toEqual(coreError('GEN_MALFORMED_REQUEST'));
});

describe('alerts', () => {
  /** Posts a pay-in and gives its id and the id of the balance that it came from. */
  const booked = async (reference: string) => {
    const { json } = await proxyPost(payIn(reference));
    const { transaction_id } = json as { transaction_id: string };
    const found = await ask('GET', `/data/balances?${instance}&indicator_eq=%40stripe`);
    const { data } = found.json as { data: { balance_id: string; indicator: string }[] };
    expect(data[0]!.indicator).toBe('@stripe');
    return { transactionId: transaction_id, balanceId: data[0]!.balance_id };
  };
  const flag = (id: string, body: unknown, key = ALERTER) =>
    ask('POST', `/alerts/flag/${id}`, { body, key });
  const text = { title: 'Something is wrong', description: 'Look at it.' };

  test('flag a balance or a transaction, without naming an instance', async () => {
    const { transactionId, balanceId } = await booked('pi_alert_1');
    const onBalance = await flag(balanceId, text);
    const onTransaction = await flag(transactionId, text);
    expect([onBalance.status, onTransaction.status]).toEqual([201, 201]);
    expect(onBalance.json).toMatchObject({
      ...{ ...text, type: 'Balance', status: 'FLAGGED', affected_balances: [balanceId] },
      anomaly_id: expect.stringMatching(/^ano_/) as string,
    });
    expect(onTransaction.json).toMatchObject({ affected_transactions: [transactionId] });
  });

  test('are raised anew by the same call: nothing tells that it was made before', async () => {
    const { transactionId } = await booked('pi_alert_2');
    const ids = [await flag(transactionId, text), await flag(transactionId, text)].map(
      ({ json }) => (json as { anomaly_id: string }).anomaly_id,
    );
    expect(ids[0]).not.toBe(ids[1]);
  });

  test('are updated in title, description and status by their own id', async () => {
    const { transactionId } = await booked('pi_alert_3');
    const { json } = await flag(transactionId, text);
    const { anomaly_id: id } = json as { anomaly_id: string };
    const path = `/alerts/flag/${id}`;
    const changed = { title: 'Something is wrong - Resolved', description: 'It is over.' };
    const answer = await ask('PUT', path, { body: changed, key: ALERTER });
    expect(answer).toMatchObject({ status: 200, json: { anomaly_id: id, ...changed } });
    expect((await ask('GET', `/alerts/${id}`)).json).toMatchObject(changed);
    const unknown = await ask('PUT', '/alerts/flag/ano_none', { body: changed, key: ALERTER });
    expect(unknown.status).toBe(404);
  });

  test('need something to flag, and a description', async () => {
    const { transactionId } = await booked('pi_alert_4');
    const statuses = [
      await flag('bln_none', text),
      await flag('@stripe', text),
      await flag(transactionId, { title: 'No description' }),
    ].map(({ status }) => status);
    expect(statuses).toEqual([404, 404, 400]);
  });

  test('need their own permissions, and are seen by their own instance only', async () => {
    const { transactionId } = await booked('pi_alert_5');
    const { json } = await flag(transactionId, text);
    const { anomaly_id: id } = json as { anomaly_id: string };
    const statuses = [
      await flag(transactionId, text, WRITER),
      await ask('PUT', `/alerts/flag/${id}`, { body: text, key: WRITER }),
      await ask('GET', '/alerts', { key: ALERTER }),
      await ask('GET', '/alerts'),
      await ask('GET', `/alerts/${id}`, { key: NEIGHBOUR }),
      await ask('GET', '/alerts', { key: null }),
    ].map(({ status }) => status);
    expect(statuses).toEqual([403, 403, 403, 200, 404, 401]);
    expect(cloud.alerts.list('inst_other')).toEqual([]);
  });
});
