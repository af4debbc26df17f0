import { createPermit } from '../../src/engine/permit';

test('looks before the first posting and then after every 8', async () => {
  let looks = 0;
  const permit = createPermit(async () => void (looks += 1));
  const seen: number[] = [];
  for (let at = 0; at < 20; at += 1) {
    await permit();
    seen.push(looks);
  }
  expect(seen.slice(0, 8)).toEqual(Array<number>(8).fill(1));
  expect([seen[8], seen[15], seen[16]]).toEqual([2, 2, 3]);
});

test('many that ask at the same time wait for one look, and no more than 8 go on it', async () => {
  let looks = 0;
  let open: () => void = () => undefined;
  const permit = createPermit(() => {
    looks += 1;
    return new Promise((resolve) => (open = resolve));
  });
  let gone = 0;
  const all = Array.from({ length: 12 }, () => permit().then(() => void (gone += 1)));
  open();
  await new Promise(setImmediate);
  expect({ looks, gone }).toEqual({ looks: 2, gone: 8 });
  open();
  await Promise.all(all);
  expect(gone).toBe(12);
});

test('lets nobody go once the look says no', async () => {
  let allowed = true;
  const permit = createPermit(async () => {
    if (!allowed) throw new Error('no more');
  });
  for (let at = 0; at < 8; at += 1) await permit();
  allowed = false;
  const rest = await Promise.allSettled(Array.from({ length: 8 }, () => permit()));
  expect(rest.map(({ status }) => status)).toEqual(Array<string>(8).fill('rejected'));
});
