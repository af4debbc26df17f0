/** docs/guarantees.md names tests; a name that leads nowhere holds nothing. */
import { itemsOf } from '../support/documents';
import { filesUnder, readText } from '../support/source-files';

const text = readText('docs/guarantees.md');
const tests = filesUnder('test').filter((file) => file.endsWith('.test.ts'));

/** `folder/name` in the document; `*` stands for any. */
const named = [
  ...text.matchAll(/`((?:unit|integration|faults|app|crash|property|replay)\/[\w*-]+)`/g),
];

test.each([...new Set(named.map(([, name]) => name!))])('there is a test file %s', (name) => {
  const pattern = new RegExp(`^test/${name.replaceAll('*', '[\\w-]*')}\\.test\\.ts$`);
  expect(tests.filter((file) => pattern.test(file))).not.toEqual([]);
});

/** `- 9: what goes wrong elsewhere`, with the test below it. */
const landmines = itemsOf(text).flatMap(({ text: item, below: [held = ''] }) => {
  const number = /^(\d+): /.exec(item)?.[1];
  const [, file, title] = /^`([\w/-]+)`: (.+)$/.exec(held) ?? [];
  return number === undefined ? [] : [{ number: Number(number), file: file!, title: title! }];
});

test('every landmine that concerns pay-ins is listed', () => {
  const numbers = new Set(landmines.map(({ number }) => number));
  expect([...numbers]).toEqual([1, 3, 4, 5, 6, 7, 8, 9, 15, 17, 18, 19, 20, 21, 22, 23]);
});

test.each(landmines)('landmine $number is tested: $title', ({ file, title }) => {
  const source = readText(`test/${file}.test.ts`);
  expect(source).toContain(`'${title}'`);
});
