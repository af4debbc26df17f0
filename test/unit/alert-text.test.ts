/** What people and receivers of ALERT_WEBHOOK_URL get to read: a changed shape breaks somebody's pager. */
import { alertText, webhookBody } from '../../src/alerts/text';
import { PROBLEMS } from '../../src/domain/problems';
import { readText } from '../support/source-files';

type Told = Parameters<typeof webhookBody>[0];

const conflict: Told = {
  instanceId: 'inst_1',
  problem: 'CONFLICT',
  subject: 'pi_1',
  codes: ['CONFLICT'],
  openedAt: new Date('2026-03-01T12:00:00Z'),
  closedAt: null,
};
const overdue: Told = { ...conflict, problem: 'SYNC_OVERDUE', subject: '', codes: [] };
const closedAt = new Date('2026-03-01T13:00:00Z');

test('the message of version 1 has this shape', () => {
  expect(webhookBody(conflict)).toEqual({
    version: 1,
    event: 'problem.opened',
    instanceId: 'inst_1',
    problem: 'CONFLICT',
    subject: 'pi_1',
    codes: ['CONFLICT'],
    what: PROBLEMS.CONFLICT.what,
    next: PROBLEMS.CONFLICT.next,
    openedAt: '2026-03-01T12:00:00.000Z',
    overAt: null,
  });
  expect(webhookBody({ ...overdue, closedAt })).toMatchObject({
    event: 'problem.over',
    subject: null,
    codes: [],
    overAt: '2026-03-01T13:00:00.000Z',
  });
});

test('the documented example is a message of this very shape', () => {
  const [, example = ''] = /```json\n([\s\S]+?)```/.exec(readText('docs/alerts.md')) ?? [];
  expect(JSON.parse(example)).toEqual(webhookBody(conflict));
});

test('an alert names the payment, and says in its title that it is over', () => {
  const open = alertText(conflict);
  expect(open.title).toBe(`Stripe Sync: ${PROBLEMS.CONFLICT.what}`);
  expect(open.description).toContain('(pi_1, CONFLICT). Open since 2026-03-01T12:00:00.000Z');
  expect(open.description).toContain(PROBLEMS.CONFLICT.next);
  const over = alertText({ ...conflict, closedAt });
  expect(over.title).toBe(`${open.title} - Resolved`);
  expect(over.description).toContain('over since 2026-03-01T13:00:00.000Z');
});
