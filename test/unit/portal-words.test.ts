/** What the portal says is said to an owner, who has neither the settings nor the command line. */
import { csvOf } from '../../src/portal/csv';
import { itemWords, PROOF_STATE } from '../../src/portal/proof-words';
import { tellError, tellFailure, tellReason } from '../../src/portal/words';
import { ERRORS } from '../../src/domain/error-table';
import { describeError, type ErrorCode } from '../../src/domain/errors';
import { PROOF_STATES } from '../../src/domain/proof/proof';
import { PROOF_ITEMS, type ItemKind } from '../../src/domain/proof/proof-items';
import { REASONS } from '../../src/domain/reasons';

const SETTING_OR_COMMAND = /[A-Z]{2,}_[A-Z]|`|npm |--/;

test.each(Object.keys(ERRORS) as ErrorCode[])('%s is told in words of an owner', (code) => {
  const { what, next } = tellError(code);
  expect(`${what}. ${next}`).not.toMatch(SETTING_OR_COMMAND);
  const failure = tellFailure(code, describeError(code, { BLNK_URL: 'is missing' }));
  expect(`${failure.what}. ${failure.next}`).not.toMatch(SETTING_OR_COMMAND);
});

test.each(Object.keys(REASONS))('%s is told in words of an owner', (reason) => {
  const { what, next } = tellReason(reason);
  expect(`${what}. ${next}`).not.toMatch(SETTING_OR_COMMAND);
});

test.each(PROOF_STATES)('a proof that is %s is told in words of an owner', (state) => {
  const { title, says } = PROOF_STATE[state];
  expect(`${title}. ${says}`).not.toMatch(SETTING_OR_COMMAND);
});

test.each(Object.keys(PROOF_ITEMS) as ItemKind[])(
  'what a proof names as %s is told in words of an owner',
  (kind) => {
    const { what, next } = itemWords(kind);
    expect(`${what}. ${next}`).not.toMatch(SETTING_OR_COMMAND);
    expect(what).toMatch(/^[A-Z]/);
  },
);

test('a table for a spreadsheet holds no formula, and quotes what would end a cell', () => {
  expect(
    csvOf(
      ['a', 'b'],
      [
        ['=1+1', '-5.00'],
        ['x,"y"', null],
        ['@cmd', 7],
      ],
    ),
  ).toBe(`a,b\r\n'=1+1,-5.00\r\n"x,""y""",\r\n'@cmd,7\r\n`);
});
