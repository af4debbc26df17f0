/**
 * What the product relies on when it probes a Blnk Core and its key: reach, right to post, right to
 * read. Needs Core's secure mode, and its master key to make the scoped keys.
 */
import { coreError, lookUp, openCore, payIn, type Core } from './support';

let core: Core;
let writer: string;
let reader: string;
beforeAll(async () => {
  core = await openCore();
  writer = await scopedKey('transactions:write');
  reader = await scopedKey('transactions:read');
});
afterAll(() => core.close());

async function scopedKey(scope: string): Promise<string> {
  const answer = await core.post('/api-keys', {
    name: 'contract',
    owner: core.run,
    scopes: [scope],
    expires_at: new Date(Date.now() + 3_600_000).toISOString(),
  });
  if (answer.status !== 201) throw new Error(`No key was made: ${answer.text}`);
  return (answer.json as { key: string }).key;
}

const filters = () => ({
  filters: [{ field: 'reference', operator: 'in', values: [`${core.run}_none`] }],
});

test('health is answered without a key', async () => {
  const answer = await core.get('/health', null);
  expect([answer.status, answer.json]).toEqual([200, { status: 'UP' }]);
});

test('a missing key and a wrong key are answered 401', async () => {
  const missing = await core.post('/transactions', '', null);
  const wrong = await core.post('/transactions', '', 'blnk_wrong');
  expect([missing.status, wrong.status]).toEqual([401, 401]);
  expect(missing.json).toEqual(coreError('AUTH_MISSING_API_KEY'));
  expect(wrong.json).toEqual(coreError('AUTH_INVALID_API_KEY'));
});

test('posting an empty body with a good key is answered 400 as malformed', async () => {
  const answer = await core.post('/transactions', '');
  expect(answer.status).toBe(400);
  expect(answer.json).toEqual(coreError('GEN_MALFORMED_REQUEST'));
});

test('posting an empty body tells a key that may post from one that may not', async () => {
  const mayPost = await core.post('/transactions', '', writer);
  const mayNot = await core.post('/transactions', '', reader);
  expect([mayPost.status, mayNot.status]).toEqual([400, 403]);
  expect(mayNot.json).toEqual(coreError('AUTH_INSUFFICIENT_PERMISSIONS'));
});

test('filtering by a body needs the right to write, although it only reads', async () => {
  const asWriter = await core.post('/transactions/filter', filters(), writer);
  const asReader = await core.post('/transactions/filter', filters(), reader);
  expect([asWriter.status, asReader.status]).toEqual([200, 403]);
});

test('reading a reference or a query needs the right to read', async () => {
  for (const path of [`/transactions/reference/${core.run}_none`, '/transactions?limit=1']) {
    const asWriter = await core.get(path, writer);
    const asReader = await core.get(path, reader);
    expect(asWriter.json).toEqual(coreError('AUTH_INSUFFICIENT_PERMISSIONS'));
    expect(asReader.status).toBe(path.includes('limit') ? 200 : 404);
  }
});

test('a scoped key leaves its id in the metadata and keeps the largest safe integer', async () => {
  const posting = payIn(core, 'scoped', { precise_amount: Number.MAX_SAFE_INTEGER });
  expect((await core.post('/transactions', posting, writer)).status).toBe(201);
  const { scoped } = await lookUp(core, 'scoped');
  expect(scoped).toMatchObject({
    precise_amount: Number.MAX_SAFE_INTEGER,
    meta_data: { BLNK_GENERATED_BY: expect.stringMatching(/^api_key_/) as string },
  });
});

test('a scoped key rounds amounts above the safe integers', async () => {
  const body = JSON.stringify(payIn(core, 'rounded')).replace(':2000,', ':9007199254740993,');
  const answer = await core.post('/transactions', body, writer);
  expect(answer.text).toContain('"precise_amount":9007199254740992,');
});

test('an unknown path is answered 404 in plain text', async () => {
  const answer = await core.get('/nothing-here');
  expect([answer.status, answer.text]).toEqual([404, '404 page not found']);
});
