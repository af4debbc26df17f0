import { choiceOf, nounOf } from '../../src/commands/quarantine-choice';

test.each([
  ['pi_3Abc', 'pay-in'],
  ['pi_3Abc.fx1', 'movement'],
  ['pi_3Abc.diff', 'movement'],
  ['txn_3Abc.fee', 'movement'],
  ['opening.acct_1.USD.2026-11-01', 'movement'],
])('%s is a %s', (reference, noun) => {
  expect(nounOf(choiceOf(reference, {}))).toBe(noun);
});

test('of a reason, or of all, pay-ins are tried again', () => {
  expect(nounOf(choiceOf(undefined, { of: 'conflict' }))).toBe('pay-in');
  expect(nounOf(choiceOf(undefined, {}))).toBe('pay-in');
});
