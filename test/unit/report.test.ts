import { NO_COUNTS } from '../../src/domain/outcomes';
import {
  reportAsMarkdown,
  reportAsText,
  toReport,
  type ReportSource,
} from '../../src/domain/report';

const NONE = { found: '0', posted: '0', alreadyPosted: '0', quarantined: '0', beforeSince: '0' };

const SYNC: ReportSource = {
  syncId: 'sync_1',
  instanceId: 'inst_1',
  status: 'completed_with_problems',
  trigger: 'schedule',
  counts: { found: 1012, posted: 1000, alreadyPosted: 5, quarantined: 3, beforeSince: 4 },
  reasons: { CURRENCY_UNKNOWN: 1, CONFLICT: 2 },
  amounts: {
    EUR: { ...NONE, found: '123456', posted: '123456' },
    JPY: { ...NONE, found: '4400', beforeSince: '4400' },
    USD: {
      ...NONE,
      found: '900719925474099300',
      posted: '900719925474098300',
      alreadyPosted: '500',
      quarantined: '500',
    },
    XTS: { ...NONE, found: '2000', quarantined: '2000' },
  },
  startedAt: new Date('2026-03-01T12:00:00.000Z'),
  completedAt: new Date('2026-03-01T12:00:07.340Z'),
  workflowId: 'stripe-sync:inst_1',
  firstRunId: 'run-1',
  error: null,
  errorDetails: null,
};

const FAILED: ReportSource = {
  ...SYNC,
  status: 'failed',
  counts: NO_COUNTS,
  reasons: {},
  amounts: {},
  completedAt: new Date('2026-03-01T12:15:31.000Z'),
  error: 'STRIPE_PERMISSION_MISSING',
  errorDetails: { permission: 'rak_event_read' },
};

test('the JSON form has exactly the documented fields', () => {
  expect(toReport(SYNC, 'http://ui/run')).toEqual({
    syncId: 'sync_1',
    instanceId: 'inst_1',
    status: 'completed_with_problems',
    trigger: 'schedule',
    recordsFound: 1012,
    recordsPosted: 1000,
    recordsAlreadyPosted: 5,
    recordsQuarantined: 3,
    recordsBeforeSince: 4,
    reasons: SYNC.reasons,
    amounts: SYNC.amounts,
    startedAt: '2026-03-01T12:00:00.000Z',
    completedAt: '2026-03-01T12:00:07.340Z',
    workflowId: 'stripe-sync:inst_1',
    runId: 'run-1',
    webUiUrl: 'http://ui/run',
  });
});

test('a failure is a code and its sentence with what it concerns', () => {
  expect(toReport(FAILED, null)).toMatchObject({
    webUiUrl: null,
    error: {
      code: 'STRIPE_PERMISSION_MISSING',
      message:
        'The Stripe key lacks a permission (permission rak_event_read). Grant the named permission ' +
        '(read) to the restricted key in the Stripe Dashboard, then run `check`.',
    },
  });
});

test('a sync that still runs has no end', () => {
  const report = toReport({ ...SYNC, status: 'running', completedAt: null }, null);
  expect(report.completedAt).toBeNull();
  expect(reportAsText(report).split('\n')[0]).toBe(
    'Sync running: 1,012 pay-ins found, 1,000 posted, 5 already in the ledger, 3 set aside, ' +
      '4 before SYNC_SINCE',
  );
});

test('the text form', () => {
  expect(reportAsText(toReport(SYNC, null))).toBe(
    `
Sync completed in 7.3 s, with pay-ins set aside: 1,012 pay-ins found, 1,000 posted, 5 already in the ledger, 3 set aside, 4 before SYNC_SINCE
  EUR          1,234.56  posted
  JPY             4,400  before SYNC_SINCE
  USD  9,007,199,254,740,993.00  9,007,199,254,740,983.00 posted, 5.00 already there, 5.00 set aside
  XTS             2,000  set aside
  1 x CURRENCY_UNKNOWN: the currency is not in our table of Stripe currencies, so its decimals are unknown
  2 x CONFLICT: Blnk holds this reference with another amount, currency, precision, customer, source, destination or state
`.trim(),
  );
});

test('the text form of a failure and of a single pay-in', () => {
  expect(reportAsText(toReport(FAILED, null))).toBe(
    `
Sync failed in 931 s: 0 pay-ins found
  STRIPE_PERMISSION_MISSING: The Stripe key lacks a permission (permission rak_event_read). Grant the named permission (read) to the restricted key in the Stripe Dashboard, then run \`check\`.
`.trim(),
  );
  const counts = { ...NO_COUNTS, found: 1, posted: 1 };
  const one = { ...FAILED, status: 'completed' as const, error: null, counts };
  expect(reportAsText(toReport(one, null))).toBe(
    'Sync completed in 931 s: 1 pay-in found, 1 posted',
  );
});

test('the Markdown form', () => {
  expect(reportAsMarkdown(toReport(SYNC, null))).toBe(
    `
## Sync sync_1: completed, with pay-ins set aside

1,012 pay-ins found, 1,000 posted, 5 already in the ledger, 3 set aside, 4 before SYNC_SINCE in 7.3 s.

| Currency | Found | Where it is |
| --- | ---: | --- |
| EUR | 1,234.56 | posted |
| JPY | 4,400 | before SYNC_SINCE |
| USD | 9,007,199,254,740,993.00 | 9,007,199,254,740,983.00 posted, 5.00 already there, 5.00 set aside |
| XTS | 2,000 | set aside |

- 1 × \`CURRENCY_UNKNOWN\`: the currency is not in our table of Stripe currencies, so its decimals are unknown
- 2 × \`CONFLICT\`: Blnk holds this reference with another amount, currency, precision, customer, source, destination or state
`.trim(),
  );
});

test('the Markdown form of a failure ends with its code', () => {
  expect(reportAsMarkdown(toReport(FAILED, null)).split('\n').at(-1)).toBe(
    '**STRIPE_PERMISSION_MISSING**: The Stripe key lacks a permission (permission rak_event_read). ' +
      'Grant the named permission (read) to the restricted key in the Stripe Dashboard, then run `check`.',
  );
});

test('a reason of another version is shown by its code', () => {
  expect(reportAsText(toReport({ ...SYNC, reasons: { NEW_ONE: 1_200 } }, null))).toContain(
    '1,200 x NEW_ONE: a reason of another version',
  );
});
