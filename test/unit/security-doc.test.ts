/** docs/security.md names the test that holds each point; a name that leads nowhere holds nothing. */
import { itemsOf } from '../support/documents';
import { filesUnder, readText } from '../support/source-files';

const text = readText('docs/security.md');
const tests = filesUnder('test').filter((file) => file.endsWith('.test.ts'));
const NAMED = /`((?:unit|integration|faults|app|contract|crash|property|replay|browser)\/[\w-]+)`/g;
const named = [...new Set([...text.matchAll(NAMED)].map(([, name]) => name!))];

test.each(named)('there is a test file %s', (name) => {
  expect(tests).toContain(`test/${name}.test.ts`);
});

const points = itemsOf(text).filter((item) => /^\d+: /.test(item.text));

test('each of the 13 points of Blnk has a test, or a benchmark with its goal', () => {
  expect(points.map((point) => Number.parseInt(point.text, 10))).toEqual(
    Array.from({ length: 13 }, (_, at) => at + 1),
  );
  for (const { below } of points) expect(below.at(-1)).toMatch(NAMED);
});
