import { createPermit } from '../../src/engine/posting/permit';

/** Looks that end only when they are told to. */
function watched() {
  const looks: { readonly allow: () => void; readonly refuse: () => void }[] = [];
  const permit = createPermit(
    () =>
      new Promise((resolve, reject) =>
        looks.push({ allow: resolve, refuse: () => reject(new Error('no more')) }),
      ),
  );
  const seen = { gone: 0, refused: 0 };
  const ask = (count: number) => {
    for (let nth = 0; nth < count; nth += 1) {
      permit().then(
        () => (seen.gone += 1),
        () => (seen.refused += 1),
      );
    }
    return new Promise(setImmediate);
  };
  const after = (step: () => void) => {
    step();
    return new Promise(setImmediate);
  };
  return { looks, seen, ask, after };
}

test('the first posting waits for a look, and the next look is made before anything waits for it', async () => {
  const { looks, seen, ask, after } = watched();
  await ask(1);
  expect([looks.length, seen.gone]).toEqual([1, 0]);
  await after(looks[0]!.allow);
  await ask(18);
  expect([looks.length, seen.gone]).toEqual([1, 19]);
  await ask(1);
  expect([looks.length, seen.gone]).toEqual([2, 20]);
  await after(looks[1]!.allow);
  await ask(19);
  expect([looks.length, seen.gone]).toEqual([2, 39]);
});

test('no more than 25 go from one look on, those that went while it was made among them', async () => {
  const { looks, seen, ask, after } = watched();
  await ask(40);
  await after(looks[0]!.allow);
  expect([looks.length, seen.gone]).toEqual([2, 25]);
  await after(looks[1]!.allow);
  expect([looks.length, seen.gone]).toEqual([3, 40]);
  // Five went while the second look was made, 15 since.
  await ask(10);
  expect([looks.length, seen.gone]).toEqual([3, 45]);
});

test('lets nobody go once the look says no, whoever waits for it', async () => {
  const { looks, seen, ask, after } = watched();
  await ask(1);
  await after(looks[0]!.allow);
  await ask(19);
  await after(looks[1]!.refuse);
  // Five might have gone if nothing had been said.
  await ask(8);
  expect([looks.length, seen.gone, seen.refused]).toEqual([3, 20, 0]);
  await after(looks[2]!.refuse);
  expect([looks.length, seen.gone, seen.refused]).toEqual([3, 20, 8]);
});

test('asks once more after a look that failed', async () => {
  const { looks, seen, ask, after } = watched();
  await ask(1);
  await after(looks[0]!.refuse);
  await ask(1);
  await after(looks[1]!.allow);
  expect(seen).toEqual({ gone: 1, refused: 1 });
});
