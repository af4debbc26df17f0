/** Cron expressions that some clock has, and those that none has. */
import { isCron } from '../../src/domain/cron';

test.each([
  '*/15 * * * *',
  '0 3 * * *',
  '5/15 0-6,20-23 1,15 * *',
  '0 0 29 2 *',
  '0 0 31 JAN-MAR mon-fri',
  '0 0 ? * 7',
  '  0   12 * dec SUN ',
])('%s is one', (text) => expect(isCron(text)).toBe(true));

test.each([
  '0 0 31 2 *',
  '0 0 30 feb *',
  '0 0 31 4,6,9,11 *',
  '60 * * * *',
  '* 24 * * *',
  '* * 0 * *',
  '* * * 13 *',
  '* * * * 8',
  '*/0 * * * *',
  '5-1 * * * *',
  '1-2-3 * * * *',
  'a b c d e',
  '@daily',
  '* * * *',
  '* * * * * *',
  ', * * * *',
  '- * * * *',
])('%s is none', (text) => expect(isCron(text)).toBe(false));
