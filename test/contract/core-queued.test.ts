/**
 * What Blnk Core does with postings of its queued mode, its default and the one of Blnk's guide. The
 * product never posts so, but meets what others have posted so.
 */
import { coreError, eventually, guidePayIn, lookUp, openCore, payIn, type Core } from './support';

let core: Core;
beforeAll(async () => void (core = await openCore()));
afterAll(() => core.close());

const post = (body: unknown) => core.post('/transactions', body);

async function outcomeOf(name: string) {
  return eventually(async () => (await lookUp(core, `${name}_q`))[`${name}_q`]);
}

test('the payload of the guide is acknowledged as QUEUED and then rejected in a second row', async () => {
  const posted = await post(guidePayIn(core, 'guide'));
  expect(posted.status).toBe(201);
  expect(posted.json).toMatchObject({ status: 'QUEUED', reference: `${core.run}_guide` });

  const outcome = await outcomeOf('guide');
  const { guide } = await lookUp(core, 'guide');
  expect(guide).toMatchObject({ status: 'QUEUED' });
  expect(outcome).toMatchObject({
    status: 'REJECTED',
    parent_transaction: guide?.['transaction_id'],
    precise_amount: 2000,
    meta_data: { blnk_rejection_reason: expect.stringContaining('insufficient funds') as string },
  });
});

test('both references of a rejected posting are burnt for good', async () => {
  await post(guidePayIn(core, 'burnt'));
  await outcomeOf('burnt');
  const plain = await post(payIn(core, 'burnt'));
  const outcome = await post(payIn(core, 'burnt_q'));
  expect([plain.status, outcome.status]).toEqual([409, 409]);
  expect(plain.json).toEqual(coreError('TXN_DUPLICATE_REFERENCE'));
});

test('the reference with .r2 after a burnt one is applied', async () => {
  await post(guidePayIn(core, 'healed'));
  await outcomeOf('healed');
  const answer = await post(payIn(core, 'healed.r2'));
  expect(answer.status).toBe(201);
  expect((await lookUp(core, 'healed.r2'))['healed.r2']).toMatchObject({ status: 'APPLIED' });
});

test('with allow_overdraft the second row is APPLIED, and the first one stays QUEUED', async () => {
  await post(guidePayIn(core, 'overdraft', { allow_overdraft: true }));
  const outcome = await outcomeOf('overdraft');
  const { overdraft } = await lookUp(core, 'overdraft');
  expect(overdraft).toMatchObject({ status: 'QUEUED' });
  expect(outcome).toMatchObject({
    status: 'APPLIED',
    parent_transaction: overdraft?.['transaction_id'],
    precise_amount: 2000,
    currency: 'USD',
    precision: 100,
  });
});

test('a queued posting of a used reference is acknowledged, with an id that never exists', async () => {
  await post(payIn(core, 'phantom', { precise_amount: 700 }));
  const again = await post(guidePayIn(core, 'phantom', { allow_overdraft: true }));
  expect(again.status).toBe(201);
  const { transaction_id: id } = again.json as { transaction_id: string };
  // Another queued posting behind it has its outcome: the phantom has been dealt with too.
  await post(guidePayIn(core, 'behind', { allow_overdraft: true }));
  await outcomeOf('behind');
  expect((await core.get(`/transactions/${id}`)).status).toBe(404);
  const rows = await lookUp(core, 'phantom', 'phantom_q');
  expect(Object.keys(rows)).toEqual(['phantom']);
  expect(rows['phantom']).toMatchObject({ precise_amount: 700, status: 'APPLIED' });
});
