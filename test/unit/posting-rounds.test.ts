import { postInRounds, type Rounds } from '../../src/activities/posting-rounds';
import { SyncError, type ErrorCode } from '../../src/domain/errors';
import { aPosting } from '../support/a-posting';

const posting = (reference: string) => aPosting({ reference });

const answered = (code: ErrorCode, status: number) => new SyncError(code, { status });
const failed = () => answered('BLNK_UNAVAILABLE', 500);
const refused = () => answered('BLNK_REFUSED', 400);
const locked = () => answered('BLNK_LOCKED', 423);
const silent = () => new SyncError('BLNK_UNAVAILABLE', { cause: 'ECONNREFUSED' });

/** Runs postings named 0, 1, 2, …; `fault` tells what the nth attempt of each comes to. */
async function run(
  count: number,
  fault: (name: number, nth: number) => Error | undefined,
  options: Partial<Rounds> = {},
) {
  const attempts: number[] = [];
  const posted: number[] = [];
  const setAside: Record<number, string> = {};
  const postings = Array.from({ length: count }, (_, index) => posting(String(index)));
  const thrown = await postInRounds(postings, {
    attempt: async ({ reference }) => {
      const name = Number(reference);
      attempts.push(name);
      const error = fault(name, attempts.filter((other) => other === name).length);
      if (error) throw error;
      posted.push(name);
    },
    giveUp: ({ reference }, reason) => void (setAside[Number(reference)] = reason),
    signOfLife: () => Promise.resolve(),
    waitsMs: [1, 1],
    concurrency: 4,
    mayBlameLedger: true,
    signal: new AbortController().signal,
    ...options,
  }).catch((error: unknown) => error);
  return { attempts, posted: posted.sort((a, b) => a - b), setAside, thrown };
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

test('what succeeds is attempted once', async () => {
  const { attempts, posted, setAside, thrown } = await run(10, () => undefined);
  expect([attempts, posted, setAside, thrown]).toEqual([upTo(10), upTo(10), {}, undefined]);
});

test('a passing fault of some is over in the next round', async () => {
  const run1 = await run(10, (name, nth) => (name % 3 === 0 && nth === 1 ? failed() : undefined));
  expect(run1).toMatchObject({ posted: upTo(10), setAside: {}, thrown: undefined });
});

test('what fails while others get through is set aside after all rounds, and nothing else', async () => {
  const { attempts, posted, setAside, thrown } = await run(10, (name) =>
    name === 3 ? failed() : undefined,
  );
  expect(setAside).toEqual({ 3: 'BLNK_FAILED' });
  expect(posted).toEqual(upTo(10).filter((name) => name !== 3));
  expect(attempts.filter((name) => name === 3)).toHaveLength(3 + 1);
  expect(thrown).toBeUndefined();
});

test('a refusal is set aside as a refusal', async () => {
  const { setAside } = await run(10, (name) => (name === 9 ? refused() : undefined));
  expect(setAside).toEqual({ 9: 'BLNK_REFUSED' });
});

test('what fails like everything else is the ledger’s: nothing is set aside', async () => {
  const { thrown, setAside, posted } = await run(10, failed);
  expect(thrown).toMatchObject({ code: 'BLNK_UNAVAILABLE' });
  expect([setAside, posted]).toEqual([{}, []]);
});

test('a ledger that fails in several ways in turn is still the ledger', async () => {
  const ways = [failed, locked, silent, () => answered('BLNK_RATE_LIMITED', 429)];
  const { thrown, setAside } = await run(12, (name, nth) => ways[(name + nth) % 4]?.());
  expect(thrown).toBeInstanceOf(SyncError);
  expect(setAside).toEqual({});
});

test('a ledger that dies in the middle of the page is the ledger, whatever it did before', async () => {
  const { thrown, setAside, posted } = await run(20, (name) => (name >= 8 ? silent() : undefined));
  expect(thrown).toMatchObject({ code: 'BLNK_UNAVAILABLE' });
  expect([setAside, posted]).toEqual([{}, upTo(8)]);
});

test('a ledger that comes and goes is the ledger: nothing is blamed unless it lives before and after', async () => {
  for (const lives of [0, 1]) {
    let signs = 0;
    const signOfLife = () => (signs++ < lives ? Promise.resolve() : Promise.reject(silent()));
    const fault = (name: number) => (name < 6 ? silent() : undefined);
    const { posted, setAside, thrown } = await run(10, fault, { signOfLife });
    expect(thrown).toMatchObject({ code: 'BLNK_UNAVAILABLE' });
    expect([setAside, posted]).toEqual([{}, [6, 7, 8, 9]]);
  }
});

test('what gets through between the signs of life is posted', async () => {
  const back = (name: number, nth: number) => (name < 6 && nth <= 3 ? silent() : undefined);
  const { posted, setAside, thrown } = await run(10, back, { concurrency: 10 });
  expect([posted, setAside, thrown]).toEqual([upTo(10), {}, undefined]);
});

test('a ledger that comes back in the middle of the last round leaves nobody behind', async () => {
  let attempts = 0;
  // 12 in each of three rounds: in the last one the first seven attempts still fail.
  const { posted, setAside, thrown } = await run(12, () => {
    attempts += 1;
    return attempts <= 31 ? failed() : undefined;
  });
  expect(posted).toEqual(upTo(12));
  expect([setAside, thrown]).toEqual([{}, undefined]);
});

test('after a full row of silence the rest of the round is not waited for', async () => {
  const { attempts } = await run(100, silent);
  expect(attempts).toHaveLength(3 * 4);
});

test('what a round did not come to goes first in the next one', async () => {
  // One balance is locked: the first eight postings all touch it, the others do not.
  const { posted, thrown } = await run(20, (name) => (name < 8 ? locked() : undefined));
  expect(posted).toEqual(upTo(20).filter((name) => name >= 8));
  expect(thrown).toBeUndefined();
});

test('sick postings at the head of a page do not hide the healthy ones behind them', async () => {
  for (const mayBlameLedger of [true, false]) {
    const { posted, setAside, thrown } = await run(
      100,
      (name) => (name < 60 ? refused() : undefined),
      { mayBlameLedger },
    );
    expect(posted).toEqual(upTo(100).slice(60));
    expect(Object.keys(setAside)).toHaveLength(60);
    expect(thrown).toBeUndefined();
  }
});

test('nothing is set aside that was never tried while the ledger may be to blame', async () => {
  const { attempts, setAside, thrown } = await run(
    100,
    // One gets through in the second round; then there is silence again.
    (name, nth) => (name === 4 && nth === 1 ? undefined : silent()),
  );
  expect(thrown).toMatchObject({ code: 'BLNK_UNAVAILABLE' });
  expect(setAside).toEqual({});
  expect(new Set(attempts).size).toBeLessThan(100);
});

test('one posting alone is to blame if the ledger has looked at it', async () => {
  expect((await run(1, failed)).setAside).toEqual({ 0: 'BLNK_FAILED' });
  expect((await run(1, refused)).setAside).toEqual({ 0: 'BLNK_REFUSED' });
});

test.each<[what: string, fault: () => SyncError]>([
  ['unreachable', silent],
  ['locked, as for five minutes after a crash of Blnk', locked],
  ['limiting its rate', () => answered('BLNK_RATE_LIMITED', 429)],
])('one posting alone is not to blame for a ledger that is %s', async (_what, fault) => {
  const { thrown, setAside } = await run(1, fault);
  expect(thrown).toBeInstanceOf(SyncError);
  expect(setAside).toEqual({});
});

test('pay-ins that failed before never count as a sick ledger', async () => {
  const { thrown, setAside } = await run(2, failed, { mayBlameLedger: false });
  expect(thrown).toBeUndefined();
  expect(setAside).toEqual({ 0: 'BLNK_FAILED', 1: 'BLNK_FAILED' });
});

test.each<[what: string, fatal: Error]>([
  ['a refused key', answered('BLNK_KEY_REJECTED', 401)],
  ['a lost lease', new SyncError('SYNC_NOT_OPEN')],
  ['a broken database', new SyncError('STORE_UNAVAILABLE')],
  ['a fault of our own', new TypeError('x')],
])('%s ends the page at once', async (_what, fatal) => {
  const { attempts, thrown, setAside } = await run(100, (name) => (name === 1 ? fatal : undefined));
  expect(thrown).toBe(fatal);
  expect(attempts.length).toBeLessThanOrEqual(5);
  expect(setAside).toEqual({});
});

test('between rounds it waits as long as it was told', async () => {
  const started = Date.now();
  await run(1, failed, { waitsMs: [30, 60] });
  expect(Date.now() - started).toBeGreaterThanOrEqual(88);
});

test('a cancelled sync does not wait for the next round', async () => {
  const cancel = new AbortController();
  setTimeout(() => cancel.abort(), 20);
  const started = Date.now();
  const { thrown, setAside } = await run(1, failed, { waitsMs: [20_000], signal: cancel.signal });
  expect(thrown).toMatchObject({ name: 'AbortError' });
  expect(setAside).toEqual({});
  expect(Date.now() - started).toBeLessThan(5_000);
});

test('no more postings are in flight than it was told', async () => {
  let inFlight = 0;
  let most = 0;
  await postInRounds(
    upTo(50).map((name) => posting(String(name))),
    {
      attempt: async () => {
        most = Math.max(most, ++inFlight);
        await new Promise((resolve) => setImmediate(resolve));
        inFlight -= 1;
      },
      giveUp: () => undefined,
      signOfLife: () => Promise.resolve(),
      waitsMs: [],
      concurrency: 4,
      mayBlameLedger: true,
      signal: new AbortController().signal,
    },
  );
  expect(most).toBe(4);
});
