import { inspect } from 'node:util';
import { pino } from 'pino';
import { Secret } from '../../src/secret';

const KEY = 'rk_live_very_secret';

test('a secret shows itself in no form but the one that asks for it', () => {
  const secret = new Secret(KEY);
  const lines: string[] = [];
  pino({}, { write: (line) => void lines.push(line) }).info({ secret, nested: [secret] }, 'x');
  const shown = [
    String(secret),
    [secret].join(),
    JSON.stringify({ secret }),
    inspect({ secret }, { depth: 9, showHidden: true }),
    Object.keys(secret).join(),
    ...lines,
  ];
  expect(shown.filter((text) => text.includes(KEY))).toEqual([]);
  expect(lines).toHaveLength(1);
  expect(secret.reveal()).toBe(KEY);
});
