/** What every document keeps to, so that it is read without a wide window. */
import { readdirSync } from 'node:fs';
import { itemsOf } from '../support/documents';
import { filesUnder, readText, ROOT } from '../support/source-files';

const documents = [
  ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
  ...filesUnder('docs', 'test', '.github').filter((file) => file.endsWith('.md')),
];

test.each(documents)('no line of %s is longer than 160 columns', (file) => {
  const long = readText(file)
    .split('\n')
    .flatMap((line, at) => (line.length > 160 ? [`${at + 1}: ${line}`] : []));
  expect(long).toEqual([]);
});

test('an item of a list is read in one line, with those below it', () => {
  const text =
    'x\n\n## A\n\n- one\n  two\n  - below\n    it\n  - last\n- three\n\nno item\n\n## B\n\n- other\n';
  expect(itemsOf(text, 'A')).toEqual([
    { text: 'one two', below: ['below it', 'last'] },
    { text: 'three', below: [] },
  ]);
  expect(itemsOf(text)).toHaveLength(3);
});
