import { isPressure, postInRounds, type Rounds } from '../../src/engine/posting/posting-rounds';
import { NOT_SENT, SyncError, type ErrorCode } from '../../src/domain/errors';
import { aPosting } from '../support/worlds/a-posting';

const posting = (reference: string) => aPosting({ reference });

const answered = (code: ErrorCode, status: number) => new SyncError(code, { status });
const failed = () => answered('BLNK_UNAVAILABLE', 500);
const refused = () => answered('BLNK_REFUSED', 400);
const locked = () => answered('BLNK_LOCKED', 423);
const limited = () => answered('BLNK_RATE_LIMITED', 429);
const silent = () => new SyncError('BLNK_UNAVAILABLE', { cause: 'ECONNREFUSED' });
/** A ledger that answers nothing at all. */
const DEAD: Partial<Rounds> = { signOfLife: () => Promise.reject(silent()) };

/** A ledger that answers look-ups, and to which nobody else posts. */
const QUIET = {
  signOfLife: () => Promise.resolve(),
  faulted: () => undefined,
  gotThrough: () => Promise.resolve(false),
  wasTried: () => false,
  hasWaitedLongEnough: () => Promise.resolve(false),
  signal: new AbortController().signal,
};

/** Runs postings named 0, 1, 2, …; `fault` tells what the nth attempt of each comes to. */
async function run(
  count: number,
  fault: (name: number, nth: number) => Error | undefined,
  options: Partial<Rounds> = {},
) {
  const attempts: number[] = [];
  const posted: number[] = [];
  const setAside: Record<number, string> = {};
  let left: Record<number, 'tried' | 'untried'> = {};
  const postings = Array.from({ length: count }, (_, index) => posting(String(index)));
  const thrown: unknown = await postInRounds(postings, {
    attempt: async ({ reference }) => {
      const name = Number(reference);
      attempts.push(name);
      const error = fault(name, attempts.filter((other) => other === name).length);
      if (error) throw error;
      posted.push(name);
    },
    giveUp: ({ reference }, reason) => void (setAside[Number(reference)] = reason),
    ...QUIET,
    waitsMs: [1, 1],
    concurrency: 4,
    ...options,
  }).then(
    (all) => {
      left = Object.fromEntries(
        all.map(({ posting: { reference }, tried }) => [
          Number(reference),
          tried ? ('tried' as const) : ('untried' as const),
        ]),
      );
    },
    (error: unknown) => error,
  );
  return { attempts, posted: posted.sort((a, b) => a - b), setAside, left, thrown };
}

/** `what` for each of so many names. */
const all = <What>(count: number, what: What) =>
  Object.fromEntries(upTo(count).map((name) => [name, what]));

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

test('a first round that takes minutes leaves those that failed their further rounds', async () => {
  let now = 0;
  const clock = jest.spyOn(performance, 'now').mockImplementation(() => now);
  // A passing fault at a ledger that takes a second for each of a page's postings.
  const { posted, attempts } = await run(500, (name, nth) => {
    if (nth === 1) now += 1_000;
    return name === 499 && nth < 3 ? locked() : undefined;
  });
  clock.mockRestore();
  expect([posted.length, attempts.filter((name) => name === 499)]).toEqual([500, [499, 499, 499]]);
});

test('one sick posting has the 499 others of its page sent no second time', async () => {
  const { attempts, posted, setAside } = await run(500, (name) =>
    name === 3 ? failed() : undefined,
  );
  expect([posted.length, setAside]).toEqual([499, { 3: 'BLNK_FAILED' }]);
  expect(attempts.filter((name) => name !== 3)).toHaveLength(499);
});

test('a refusal is set aside as a refusal', async () => {
  const { setAside } = await run(10, (name) => (name === 9 ? refused() : undefined));
  expect(setAside).toEqual({ 9: 'BLNK_REFUSED' });
});

test('refusals are their own, all of a page or one alone, as soon as anything else is answered', async () => {
  for (const count of [1, 10]) {
    const { thrown, setAside, left } = await run(count, refused);
    expect([thrown, setAside, left]).toEqual([undefined, all(count, 'BLNK_REFUSED'), {}]);
    const dead = await run(count, refused, DEAD);
    expect([dead.thrown, dead.setAside]).toEqual([silent(), {}]);
  }
});

test('what fails like everything else of a page is left for later', async () => {
  const { thrown, setAside, posted, left } = await run(10, failed);
  expect([thrown, setAside, posted, left]).toEqual([undefined, {}, [], all(10, 'tried')]);
});

test('it is set aside if others get through elsewhere meanwhile', async () => {
  const elsewhere = { gotThrough: () => Promise.resolve(true) };
  const { attempts, setAside, left } = await run(2, failed, elsewhere);
  expect([setAside, left]).toEqual([all(2, 'BLNK_FAILED'), {}]);
  // Each once more, between two signs of life.
  expect(attempts).toHaveLength(2 * (3 + 1));
});

test('or if an earlier sync has tried it in vain, which each is asked of by itself', async () => {
  const wasTried: Rounds['wasTried'] = ({ reference }) => Number(reference) < 2;
  const { setAside, left } = await run(4, failed, { wasTried });
  expect(setAside).toEqual(all(2, 'BLNK_FAILED'));
  expect(left).toEqual({ 2: 'tried', 3: 'tried' });
});

test('a ledger that answers nothing is to blame for whatever fails', async () => {
  const options = { ...DEAD, wasTried: () => true, gotThrough: () => Promise.resolve(true) };
  for (const fault of [failed, silent, locked, limited]) {
    expect(await run(10, fault, options)).toMatchObject({ thrown: silent(), setAside: {} });
  }
});

test.each([
  ['no answer', silent],
  ['a lock', locked],
  ['a rate limit', limited],
  ['a service without time', () => answered('BLNK_UNAVAILABLE', 503)],
  ['a gateway that has waited', () => answered('BLNK_UNAVAILABLE', 504)],
])('%s sets nothing aside while anything gets through', async (_what, fault) => {
  expect(isPressure(fault())).toBe(true);
  const options = { wasTried: () => true, hasWaitedLongEnough: () => Promise.resolve(true) };
  const some = (name: number) => (name < 3 ? fault() : undefined);
  expect(await run(10, some, options)).toMatchObject({ setAside: {}, left: all(3, 'tried') });
  const elsewhere = { ...options, gotThrough: () => Promise.resolve(true) };
  expect(await run(2, fault, elsewhere)).toMatchObject({ setAside: {}, left: all(2, 'tried') });
});

test('what only waits is set aside once it was tried before, has waited long enough and is alone', async () => {
  const long = { hasWaitedLongEnough: () => Promise.resolve(true) };
  expect(await run(2, silent, long)).toMatchObject({ setAside: {}, left: all(2, 'tried') });
  const tried = { wasTried: () => true };
  expect(await run(2, silent, tried)).toMatchObject({ setAside: {}, left: all(2, 'tried') });
  expect((await run(2, silent, { ...tried, ...long })).setAside).toEqual(all(2, 'BLNK_FAILED'));
});

test('a ledger that dies in the middle of the page is the ledger, whatever it did before', async () => {
  const dying = (name: number) => (name >= 8 ? silent() : undefined);
  const { thrown, setAside, posted } = await run(20, dying, DEAD);
  expect(thrown).toMatchObject({ code: 'BLNK_UNAVAILABLE' });
  expect([setAside, posted]).toEqual([{}, upTo(8)]);
});

test('a ledger that comes and goes is the ledger: nothing is blamed unless it lives before and after', async () => {
  for (const lives of [0, 1]) {
    let signs = 0;
    const signOfLife = () => (signs++ < lives ? Promise.resolve() : Promise.reject(silent()));
    const fault = (name: number) => (name < 6 ? failed() : undefined);
    const { posted, setAside, thrown } = await run(10, fault, { signOfLife });
    expect(thrown).toMatchObject({ code: 'BLNK_UNAVAILABLE' });
    expect([setAside, posted]).toEqual([{}, [6, 7, 8, 9]]);
  }
});

test('what gets through between the signs of life is posted', async () => {
  const back = (name: number, nth: number) => (name < 6 && nth <= 3 ? failed() : undefined);
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
  const head = (name: number) => (name < 60 ? refused() : undefined);
  const { posted, setAside, thrown } = await run(100, head);
  expect(posted).toEqual(upTo(100).slice(60));
  expect(Object.keys(setAside)).toHaveLength(60);
  expect(thrown).toBeUndefined();
});

test('nothing is set aside that was never tried', async () => {
  const options = {
    wasTried: () => true,
    hasWaitedLongEnough: () => Promise.resolve(true),
    gotThrough: () => Promise.resolve(false),
  };
  const { attempts, setAside, left } = await run(100, silent, options);
  const tried = [...new Set(attempts)];
  expect(tried.length).toBeLessThan(100);
  expect(Object.keys(setAside).map(Number)).toEqual(tried.sort((a, b) => a - b));
  expect(Object.values(left)).toEqual(Array(100 - tried.length).fill('untried'));
});

test('nor what only waited for its turn', async () => {
  const unsent = () => new SyncError('BLNK_UNAVAILABLE', { cause: NOT_SENT });
  const options = { wasTried: () => true, hasWaitedLongEnough: () => Promise.resolve(true) };
  expect(await run(3, unsent, options)).toMatchObject({ setAside: {}, left: all(3, 'untried') });
});

test('one posting alone is to blame if the ledger has looked at it', async () => {
  expect((await run(1, failed)).setAside).toEqual({ 0: 'BLNK_FAILED' });
  expect((await run(1, refused)).setAside).toEqual({ 0: 'BLNK_REFUSED' });
});

test.each<[what: string, fault: () => SyncError]>([
  ['unreachable', silent],
  ['locked, as for five minutes after a crash of Blnk', locked],
  ['limiting its rate', limited],
])('one posting alone is not to blame for a ledger that is %s', async (_what, fault) => {
  const { left, setAside } = await run(1, fault);
  expect([left, setAside]).toEqual([all(1, 'tried'), {}]);
});

test('fewer scouts see as well that nothing gets through', async () => {
  const { attempts, left } = await run(100, silent, { inVain: 1, concurrency: 1, waitsMs: [] });
  expect(attempts).toEqual([0]);
  expect(Object.values(left).filter((how) => how === 'tried')).toHaveLength(1);
});

test('when the time of the page is up, the rounds end and nobody is left out of the answer', async () => {
  const limit = new AbortController();
  const up = new SyncError('BLNK_UNAVAILABLE', { cause: 'ETIMEDOUT' });
  const { attempts, left, thrown } = await run(
    10,
    (name) => {
      if (name === 3) limit.abort(up);
      return silent();
    },
    { signal: limit.signal, waitsMs: [60_000], concurrency: 1, inVain: 10 },
  );
  expect([attempts, thrown]).toEqual([[0, 1, 2, 3], undefined]);
  const untried = Object.entries(left).filter(([, how]) => how === 'untried');
  expect(untried.map(([name]) => Number(name))).toEqual([4, 5, 6, 7, 8, 9]);
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
  expect(Date.now() - started).toBeLessThan(15_000);
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
      ...QUIET,
      waitsMs: [],
      concurrency: 4,
    },
  );
  expect(most).toBe(4);
});

test('the first round keeps to the places of its turn, which ends when the last of it begins', async () => {
  let [inFlight, begun, turns, most] = [0, 0, 0, 0];
  const endedAt: number[] = [];
  let onPlaces: (places: number) => void = () => undefined;
  await postInRounds(
    upTo(12).map((name) => posting(String(name))),
    {
      attempt: async ({ reference }) => {
        begun += 1;
        most = Math.max(most, ++inFlight);
        // The first four one by one; from then on three at a time.
        if (begun === 4) {
          expect(most).toBe(1);
          onPlaces(3);
        }
        await new Promise((resolve) => setImmediate(resolve));
        inFlight -= 1;
        if (reference === '11' && begun === 12) throw locked();
      },
      giveUp: () => undefined,
      ...QUIET,
      waitsMs: [1],
      concurrency: 8,
      takeTurn: (told) => {
        turns += 1;
        onPlaces = told;
        told(1);
        return () => void endedAt.push(begun);
      },
    },
  );
  expect([most, begun, turns, endedAt]).toEqual([3, 13, 1, [11]]);
});
