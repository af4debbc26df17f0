/** Integers that JSON.parse would round are put in quotes before it sees them; nothing else changes. */
import fc from 'fast-check';
import { quoteLongIntegers } from '../../src/domain/json-text';

test.each([
  ['{"a":9007199254740993}', '{"a":"9007199254740993"}'],
  ['[-100000009007199254740994,1]', '["-100000009007199254740994",1]'],
  [
    '{"a":9007199254740993,"b":[9007199254740995]}',
    '{"a":"9007199254740993","b":["9007199254740995"]}',
  ],
  ['9007199254740993', '"9007199254740993"'],
  ['{"balance":-123,"amount":90071992547409.94}', '{"balance":-123,"amount":90071992547409.94}'],
  ['{"amount":9007199254740993.5}', '{"amount":9007199254740993.5}'],
  ['{"amount":9007199254740993e2}', '{"amount":9007199254740993e2}'],
  ['{"amount":0.9007199254740993}', '{"amount":0.9007199254740993}'],
  [
    '{"text":"9007199254740993 \\" 9007199254740993"}',
    '{"text":"9007199254740993 \\" 9007199254740993"}',
  ],
  ['not JSON - 9007199254740993"', 'not JSON - "9007199254740993""'],
])('%s becomes %s', (text, quoted) => {
  expect(quoteLongIntegers(text)).toBe(quoted);
});

test('what no amount can be is left as it is, and 16 MB of anything are looked at once', () => {
  const digits = '9'.repeat(16_000_000);
  expect(quoteLongIntegers(digits) === digits).toBe(true);
  const numbers = '1,'.repeat(8_000_000);
  expect(quoteLongIntegers(`${numbers}9007199254740993`).slice(-20)).toBe('1,"9007199254740993"');
  const quotes = `"${'\\"'.repeat(8_000_000)}"`;
  expect(quoteLongIntegers(`${quotes}9007199254740993`).slice(-18)).toBe('"9007199254740993"');
});

test('whatever is written, its integers are read to the last digit, and all else as before', () => {
  const leaf = fc.oneof(
    fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }),
    fc.string(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom(null, true, '9007199254740993', '"', '\\"123456789012345678'),
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3 },
      leaf,
      fc.array(tie('tree')),
      fc.dictionary(fc.string(), tie('tree')),
    ),
  }));
  fc.assert(
    fc.property(tree, (value) => {
      expect(exactly(JSON.parse(quoteLongIntegers(write(value))))).toEqual(exactly(read(value)));
    }),
    { numRuns: 500 },
  );
});

/** As a ledger writes it: a bigint is a number. */
function write(value: unknown): string {
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return `[${value.map(write).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(
    ([key, one]) => `${JSON.stringify(key)}: ${write(one)}`,
  );
  return `{${members.join(',')}}`;
}

/** What is to be read: long integers as text. */
function read(value: unknown): unknown {
  if (typeof value === 'bigint') {
    const text = value.toString();
    return text.replace('-', '').length >= 16 ? text : Number(value);
  }
  if (Array.isArray(value)) return value.map(read);
  if (typeof value !== 'object' || value === null) {
    // An integer that is a double by its type is written with all of its digits.
    const isLong = typeof value === 'number' && /^-?\d{16,}$/.test(JSON.stringify(value));
    return isLong ? JSON.stringify(value) : value;
  }
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, read(one)]));
}

/** -0 is written as 0, and so read. */
function exactly(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
