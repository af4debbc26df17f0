/** JSON that is nested without end is told before it is parsed. */
import { isTooDeep } from '../../src/domain/answer-limits';

test('the depth of brackets and braces counts, whatever stands between quotes', () => {
  expect(isTooDeep('[[{"a":[1]}]]', 4)).toBe(false);
  expect(isTooDeep('[[{"a":[[1]]}]]', 4)).toBe(true);
  expect(isTooDeep(`{"text":"${'['.repeat(500)}\\"${'{'.repeat(500)}"}`)).toBe(false);
  expect(isTooDeep('[1],'.repeat(500))).toBe(false);
  expect(isTooDeep('"never closed [[[[', 2)).toBe(false);
});

test('14 MB of brackets are told from their first hundred', () => {
  expect(isTooDeep('['.repeat(14_000_000))).toBe(true);
});
