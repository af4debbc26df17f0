// What the product relies on at Blnk Cloud, as far as Blnk's public guide for apps tells it. No Blnk
// Cloud can be run beside a test, so this part always speaks to the stand-in.
import { SANDBOX_BLNK_INSTANCE, SANDBOX_BLNK_KEY, sandboxKeys } from '../../src/sandbox/blnk/keys';
import { startBlnkStandIn } from '../../src/sandbox/blnk/start';
import type { BlnkStandIn } from '../../src/sandbox/blnk/start';
import { coreError, readAnswer, say } from './support';

const READER = 'blnk_may_read';
const WRITER = 'blnk_may_write';
let cloud: BlnkStandIn;
beforeAll(async () => {
  say('Ledger contract, Cloud part: on the stand-in only, whatever BLNK_CORE_URL says.');
  const keys = sandboxKeys();
  const instanceId = SANDBOX_BLNK_INSTANCE;
  keys.cloud.set(READER, { instanceId, permissions: ['data:read'] });
  keys.cloud.set(WRITER, { instanceId, permissions: ['data:write'] });
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
