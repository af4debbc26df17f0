import { inBatches } from '../../src/blnk/batches';
import { SyncError } from '../../src/domain/errors';
import type { Ledger } from '../../src/domain/ledger';
import { findGone } from '../../src/engine/posting/gone';
import { atOnce } from '../../src/at-once';

const { signal } = new AbortController();
const FAULT = new SyncError('STRIPE_RATE_LIMITED');
const numbers = Array.from({ length: 20 }, (_, index) => index);

/** As HTTP does: its answer never comes once it is called off. */
function untilCalledOff(within: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    within.addEventListener('abort', () => reject(within.reason as Error));
  });
}

test('gives what came of each, in their order, with no more under way than may be', async () => {
  let [underWay, most] = [0, 0];
  const doubled = await atOnce(numbers, 3, signal, async (one) => {
    most = Math.max(most, ++underWay);
    await Promise.resolve();
    underWay -= 1;
    return one * 2;
  });
  expect(doubled).toEqual(numbers.map((one) => one * 2));
  expect(most).toBe(3);
});

test('a first failure calls off what is under way, waits for it, and begins nothing more', async () => {
  const begun: number[] = [];
  const ended: number[] = [];
  const work = async (one: number, within: AbortSignal) => {
    begun.push(one);
    try {
      if (one === 4) throw FAULT;
      if (one >= 2) await untilCalledOff(within);
    } finally {
      await new Promise(setImmediate);
      ended.push(one);
    }
  };
  await expect(atOnce(numbers, 5, signal, work)).rejects.toBe(FAULT);
  const before = [...begun];
  expect(before.length).toBeLessThan(8);
  expect([...ended].sort()).toEqual(before);
  await new Promise(setImmediate);
  expect(begun).toEqual(before);
});

test('ends with the signal that it was given', async () => {
  const ending = new AbortController();
  const all = atOnce(numbers, 5, ending.signal, (_one, within) => untilCalledOff(within));
  await Promise.resolve();
  ending.abort(FAULT);
  await expect(all).rejects.toBe(FAULT);
});

test('a look-up of which one request fails asks no more', async () => {
  let asked = 0;
  const references = numbers.map(String);
  const read = (_batch: readonly string[], within: AbortSignal) => {
    asked += 1;
    return asked === 2 ? Promise.reject(FAULT) : untilCalledOff(within);
  };
  const limits = { count: 1, characters: 100 };
  await expect(inBatches(references, limits, signal, read)).rejects.toBe(FAULT);
  await new Promise(setImmediate);
  expect(asked).toBe(4);
});

test('nor does whoever asks for all that the ledger should hold', async () => {
  let asked = 0;
  const lookUp: Ledger['lookUp'] = (_references, within) => {
    asked += 1;
    return asked === 2 ? Promise.reject(FAULT) : untilCalledOff(within);
  };
  const postings = Array.from({ length: 2_000 }, (_, index) => {
    const reference = `pi_${index}`;
    return { id: reference, reference };
  });
  const asking = { signal, waitsMs: [] };
  await expect(findGone({ lookUp } as Ledger, postings, asking)).rejects.toBe(FAULT);
  await new Promise(setImmediate);
  expect(asked).toBe(8);
});
