/** What a sync notes of rows that it has not read, and what its proof says of them. */
import { SyncError } from '../../src/domain/errors';
import {
  noteOfUnread,
  unreadFor,
  unreadOfNotes,
  unreadText,
} from '../../src/domain/proof/unread-rows';

const LIST = 'rak_balance_transaction_source_read';
const lacking = (permission: string) =>
  unreadFor(new SyncError('STRIPE_PERMISSION_MISSING', { permission }));

test('a right that is missing is named as Stripe names it, else that which opens the list', () => {
  expect(lacking('rak_charge_read').right).toBe('rak_charge_read');
  expect(lacking('not named by Stripe').right).toBe(LIST);
  expect(unreadFor(new SyncError('STRIPE_BAD_ANSWER', { permission: LIST }))).toEqual({
    ...{ code: 'STRIPE_BAD_ANSWER', right: null },
  });
});

test.each([
  [lacking('rak_charge_read'), 'ROWS_NOT_READ STRIPE_PERMISSION_MISSING rak_charge_read'],
  [{ code: 'TIMED_OUT', right: null }, 'ROWS_NOT_READ TIMED_OUT'],
])('a note tells it whole (%#)', (unread, note) => {
  expect(noteOfUnread(unread)).toBe(note);
  expect(unreadOfNotes(['LEDGER_REWOUND', note])).toEqual(unread);
});

test('without a note there is nothing to tell', () => {
  expect(unreadOfNotes([])).toBeNull();
  expect(unreadOfNotes(['FOLLOW_UPS_NOT_READ'])).toBeNull();
});

test('each cause is told with what to do, and none as if nothing were to be done', () => {
  expect(unreadText(lacking('rak_charge_read'))).toMatch(
    /lacks rak_charge_read; grant it \(read\)/,
  );
  const bad = unreadText({ code: 'STRIPE_BAD_ANSWER', right: null });
  expect(bad).toMatch(/not read to the end \(STRIPE_BAD_ANSWER: Stripe answered .*if it stays so$/);
  // Of another version, or of a run that an earlier one began.
  expect(unreadText({ code: 'LATER_CODE', right: null })).toContain('(LATER_CODE); the next sync');
  expect(unreadText({ code: null, right: null })).toContain('to the end; the next sync');
});
