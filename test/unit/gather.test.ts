import { gather } from '../../src/store/gather';

/** Writes when it is told to. */
function writer() {
  const batches: { items: readonly string[]; end: (error?: Error) => void }[] = [];
  const write = (items: readonly string[]) =>
    new Promise<string[]>((resolve, reject) => {
      const end = (error?: Error) =>
        error ? reject(error) : resolve(items.map((item) => `${item}!`));
      batches.push({ items, end });
    });
  return { batches, add: gather(write, (item) => [item.slice(0, 1)]) };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('one alone goes at once; what comes meanwhile goes together, each with its own outcome', async () => {
  const { batches, add } = writer();
  const all = Promise.all([add('a'), add('b'), add('c')]);
  expect(batches.map(({ items }) => items)).toEqual([['a']]);
  batches[0]!.end();
  await settled();
  expect(batches[1]!.items).toEqual(['b', 'c']);
  batches[1]!.end();
  expect(await all).toEqual(['a!', 'b!', 'c!']);
});

test('two of one key never come together, and keep their order', async () => {
  const { batches, add } = writer();
  const all = Promise.all([add('a'), add('b1'), add('b2'), add('c'), add('b3')]);
  for (let at = 0; at < 4; at += 1) {
    batches[at]!.end();
    await settled();
  }
  await all;
  expect(batches.map(({ items }) => items)).toEqual([['a'], ['b1', 'c'], ['b2'], ['b3']]);
});

test('when a statement fails, so do those in it, and the next ones go on', async () => {
  const { batches, add } = writer();
  const first = add('a');
  const second = add('b');
  batches[0]!.end(new Error('away'));
  await expect(first).rejects.toThrow('away');
  await settled();
  batches[1]!.end();
  expect(await second).toBe('b!');
});

test('a long line is cut', async () => {
  const { batches, add } = writer();
  const all = Promise.all(
    Array.from({ length: 151 }, (_, at) => add(String.fromCharCode(1_000 + at))),
  );
  for (let at = 0; at < 3; at += 1) {
    batches[at]!.end();
    await settled();
  }
  await all;
  expect(batches.map(({ items }) => items.length)).toEqual([1, 100, 50]);
});
