import { filesUnder, readText } from '../support/source-files';

/** Names as they stand in the sources; what follows a `${` depends on the run. */
const names = filesUnder('bench')
  .filter((file) => file.endsWith('.ts'))
  .flatMap((file) => [...readText(file).matchAll(/figure\(\s*['`]([a-z0-9._]+)/g)])
  .map(([, name]) => name!);

test('every figure is explained in docs/performance.md', () => {
  const doc = readText('docs/performance.md');
  expect(names.length).toBeGreaterThan(15);
  expect(names.filter((name) => !doc.includes(`\`${name}`))).toEqual([]);
});
