/** `quarantine close` and the lists around it, as a person calls them. */
import { randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import { startWorker } from '../support/worlds/cli-worker';
import { startCliWorld, type CliWorld } from '../support/worlds/cli-world';

let world: CliWorld;

beforeAll(async () => {
  world = await startCliWorld({
    ...{ scenario: 'problems', worker: startWorker },
    instanceId: `cliq_${randomUUID().slice(0, 8)}`,
  });
  await world.cli('sync');
});
afterAll(() => world.close());

interface Listed {
  readonly paymentIntentId: string;
  readonly reason: string;
  readonly closed?: Readonly<Record<string, unknown>>;
}

const listed = async (...options: string[]) =>
  (await world.json('quarantine', 'list', ...options)).data as Listed[];

test('what was dealt with is closed with who, when and why, and listed apart from then on', async () => {
  const open = await listed();
  const one = open.find(({ reason }) => reason === 'AMOUNT_NOT_POSITIVE')?.paymentIntentId ?? '';
  const other = open.find(({ reason }) => reason === 'AMOUNT_UNSAFE')?.paymentIntentId ?? '';
  const reason = 'booked by hand on 3 May';
  const [byUser, byName] = await Promise.all([
    world.cli('quarantine', 'close', one, '--reason', reason),
    world.json('quarantine', 'close', other, '--reason', ` ${reason} `, '--by', 'Ada L.'),
  ]);
  expect(byUser).toMatchObject({ code: 0 });
  expect(byUser.stdout).toContain(`Closed ${one} (AMOUNT_NOT_POSITIVE)`);
  expect(byUser.stdout).toContain(`by ${userInfo().username}: ${reason}`);
  expect(byName).toMatchObject({
    code: 0,
    data: {
      ...{ paymentIntentId: other, changed: true, reason: 'AMOUNT_UNSAFE' },
      closed: { by: 'Ada L.', reason, at: expect.stringMatching(/Z$/) as string },
    },
  });

  const [left, closed, text, status, explained, again] = await Promise.all([
    listed(),
    listed('--closed'),
    world.cli('quarantine', 'list', '--closed'),
    world.json('status'),
    world.cli('explain', one),
    world.json('quarantine', 'close', other, '--reason', 'another'),
  ]);
  expect(left.map(({ paymentIntentId }) => paymentIntentId).sort()).toEqual(
    open
      .map(({ paymentIntentId }) => paymentIntentId)
      .filter((id) => id !== one && id !== other)
      .sort(),
  );
  expect(closed.map(({ reason: why }) => why).sort()).toEqual([
    ...['AMOUNT_NOT_POSITIVE', 'AMOUNT_UNSAFE', 'AMOUNT_ZERO'],
  ]);
  expect(text.stdout).toMatch(/Ada L\. +booked by hand on 3 May/);
  expect(text.stdout).toMatch(/AMOUNT_ZERO .* itself +there was nothing to do/);
  expect(status.data).toMatchObject({ payIns: { posted: 27, quarantined: 2, closed: 3, left: 0 } });
  expect(explained.stdout).toMatch(/Record .*AMOUNT_NOT_POSITIVE, closed /);
  expect(explained.stdout).toMatch(/Verdict +Closed by .*: booked by hand on 3 May\./);
  const asked = await world.cli('sync', '--payment', one);
  expect(asked).toMatchObject({ code: 0 });
  expect(asked.stdout).toContain(`Not posted: ${one} is closed (by ${userInfo().username}).`);
  // What was said first stays.
  expect(again).toMatchObject({ code: 0, data: { changed: false, closed: { reason } } });
});

test.each([
  ['an id that nothing is set aside under', ['pi_nobody', '--reason', 'x'], 3, 'NOT_FOUND'],
  ['no reason', ['pi_nobody'], 2, 'USAGE'],
  ['an empty reason', ['pi_nobody', '--reason', '  '], 2, 'USAGE'],
  ['two lines', ['pi_nobody', '--reason', 'a\nb'], 2, 'USAGE'],
  ['an id that is none', ['cus_1', '--reason', 'x'], 2, 'USAGE'],
])('%s is refused', async (_what, args, code, error) => {
  expect(await world.json('quarantine', 'close', ...args)).toMatchObject({
    code,
    data: { error: { code: error } },
  });
});

test('a retry that fails again says so, in text, JSON and exit code', async () => {
  const [text, json] = [
    await world.cli('quarantine', 'retry', '--of', 'CURRENCY_UNKNOWN'),
    await world.json('quarantine', 'retry', '--of', 'currency_unknown'),
  ];
  expect(text).toMatchObject({ code: 5 });
  expect(text.stdout).toContain(
    'Still set aside: 1 of 1 pay-in tried again (1 x CURRENCY_UNKNOWN)',
  );
  expect(json).toMatchObject({
    code: 5,
    data: {
      status: 'completed',
      retried: {
        ...{ due: 1, throughNow: 0 },
        setAsideAgain: [{ reason: 'CURRENCY_UNKNOWN', count: 1 }],
      },
    },
  });
});

test('what is set aside is closed by reason, and all of it, only when that is said', async () => {
  const close = (...args: string[]) =>
    world.json('quarantine', 'close', ...args, '--reason', 'looked at', '--by', 'Ada');
  expect(await close()).toMatchObject({ code: 2, data: { error: { code: 'USAGE' } } });
  expect(await close('--of', 'NO_REASON')).toMatchObject({ code: 2 });
  expect(await close('--of', 'CURRENCY_UNKNOWN', '--all')).toMatchObject({ code: 2 });
  const all = await listed();
  const unknown = all.find(({ reason }) => reason === 'CURRENCY_UNKNOWN');
  const others = all.filter((one) => one !== unknown);
  expect(others).not.toEqual([]);
  expect(await close('--of', 'CURRENCY_UNKNOWN')).toMatchObject({
    code: 0,
    data: { closed: [unknown?.paymentIntentId], by: 'Ada', reason: 'looked at' },
  });
  expect((await listed()).map(({ paymentIntentId }) => paymentIntentId)).toEqual(
    others.map(({ paymentIntentId }) => paymentIntentId),
  );
  expect(await close('--all')).toMatchObject({ code: 0 });
  expect(await listed()).toEqual([]);
});
