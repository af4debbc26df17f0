/** `reconcile --wait`: syncs follow each other until one tells whether ledger and Stripe agree. */
import { untilDecided } from '../../src/commands/reconcile';

/** @param states of the proofs, one after the other: whether each waits, with its exit code */
async function ends(rounds: number, states: readonly (readonly [boolean, number])[]) {
  const last: boolean[] = [];
  let pauses = 0;
  const exitCode = await untilDecided(
    (isLast) => {
      const [isWaiting, code] = states[last.length]!;
      last.push(isLast);
      return Promise.resolve({ isWaiting, exitCode: code });
    },
    rounds,
    () => Promise.resolve(void (pauses += 1)),
  );
  return { exitCode, pauses, last };
}

test.each<[what: string, rounds: number, states: [boolean, number][], end: object]>([
  ['that is decided at once is the only one', 6, [[false, 0]], { exitCode: 0, pauses: 0 }],
  [
    'that waits is followed by another, which decides',
    6,
    [
      [true, 1],
      [false, 5],
    ],
    { exitCode: 5, pauses: 1, last: [false, false] },
  ],
  [
    'that waits to the end says so',
    3,
    [
      [true, 1],
      [true, 1],
      [true, 1],
    ],
    { exitCode: 1, pauses: 2, last: [false, false, true] },
  ],
  ['without the option is the only one', 1, [[true, 1]], { exitCode: 1, pauses: 0, last: [true] }],
])('a proof %s', async (_what, rounds, states, end) => {
  expect(await ends(rounds, states)).toMatchObject(end);
});
