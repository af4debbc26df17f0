/** What is a problem, from facts alone. */
import type { ErrorCode } from '../../src/domain/errors';
import {
  OVERDUE_MS,
  problemsOf,
  shownProblems,
  type ProblemFacts,
  type SyncFact,
} from '../../src/domain/problems';
import { WELL } from '../support/worlds/well';

const { now } = WELL;
const ago = (ms: number) => new Date(now.getTime() - ms);
const sync = (changes: Partial<SyncFact> = {}): SyncFact => ({
  ...{ status: 'completed', error: null, permission: null, rewound: false },
  ...changes,
});
const failed = (error: SyncFact['error'] = 'STRIPE_UNAVAILABLE') =>
  sync({ status: 'failed', error });
const found = (changes: Partial<ProblemFacts>) =>
  problemsOf({ ...WELL, ...changes }).map(({ problem, subject, codes }) =>
    [problem, ...(subject === '' ? [] : [subject]), ...codes].join(' '),
  );

test('nothing is wrong with an instance that syncs', () => {
  expect(problemsOf(WELL)).toEqual([]);
  expect(found({ grants: null, dueAt: null, syncs: [] })).toEqual([]);
});

test('an install that is held is a problem, also of an instance that was left', () => {
  expect(found({ held: ['INSTALL_HELD', 'INSTALL_HELD', 'INSTALL_UNPROVEN'] })).toEqual([
    'INSTALL_HELD INSTALL_HELD INSTALL_UNPROVEN',
  ]);
  expect(found({ held: ['INSTALL_UNPROVEN'], active: false, setAside: ['CONFLICT'] })).toEqual([
    'INSTALL_HELD INSTALL_UNPROVEN',
  ]);
});

test('each conflict is a problem of its own, all else that is set aside is one', () => {
  expect(
    found({ conflicts: ['pi_1', 'pi_2'], setAside: ['CURRENCY_UNKNOWN', 'CONFLICT'] }),
  ).toEqual([
    'CONFLICT pi_1 CONFLICT',
    'CONFLICT pi_2 CONFLICT',
    'QUARANTINE CURRENCY_UNKNOWN CONFLICT',
  ]);
});

test.each<[string, SyncFact[], string[]]>([
  ['two failures', [failed(), failed(), sync()], []],
  [
    'three in a row',
    [failed(), failed('BLNK_UNAVAILABLE'), failed()],
    ['SYNCS_FAILING STRIPE_UNAVAILABLE BLNK_UNAVAILABLE'],
  ],
  ['three with a success between them', [failed(), sync(), failed(), failed()], []],
  [
    'three with one cancelled and one running',
    [sync({ status: 'running' }), failed(), sync({ status: 'cancelled' }), failed(), failed()],
    ['SYNCS_FAILING STRIPE_UNAVAILABLE'],
  ],
  [
    'three before a success',
    [sync({ status: 'completed_with_problems' }), failed(), failed(), failed()],
    [],
  ],
])('syncs that fail: %s', (_what, syncs, problems) => {
  expect(found({ syncs })).toEqual(problems);
});

test.each<[string, Partial<ProblemFacts>, string[]]>([
  ['a run that was due is late by less than an hour', { dueAt: ago(OVERDUE_MS - 1) }, []],
  ['a run that was due is late by more', { dueAt: ago(OVERDUE_MS + 1) }, ['SYNC_OVERDUE']],
  ['a long sync gets on', { dueAt: ago(OVERDUE_MS + 1), movedAt: ago(60_000) }, []],
  [
    'an open sync stands still',
    { dueAt: ago(OVERDUE_MS + 1), movedAt: ago(OVERDUE_MS + 1) },
    ['SYNC_OVERDUE'],
  ],
  ['no run is due', { dueAt: null }, []],
  [
    'the syncs fail anyway',
    { dueAt: ago(OVERDUE_MS + 1), syncs: [failed(), failed(), failed()] },
    ['SYNCS_FAILING STRIPE_UNAVAILABLE'],
  ],
])('a sync that is overdue: %s', (_what, changes, problems) => {
  expect(found(changes)).toEqual(problems);
});

test.each<[string, Partial<ProblemFacts>, string[]]>([
  ['none to read', { grants: ['data:write'] }, ['PERMISSION_MISSING data:read']],
  ['none to write', { grants: ['data:read'] }, ['PERMISSION_MISSING data:write']],
  ['none for alerts, which the owner may not want', { grants: ['data:read', 'data:write'] }, []],
  [
    'one that the newest sync ran into',
    {
      syncs: [
        sync({
          status: 'failed',
          error: 'STRIPE_PERMISSION_MISSING',
          permission: 'rak_event_read',
        }),
        sync(),
      ],
    },
    ['PERMISSION_MISSING rak_event_read'],
  ],
  ['one that an older sync ran into', { syncs: [sync(), failed('BLNK_PERMISSION_MISSING')] }, []],
  [
    'one that the schedule is paused for',
    { pausedFor: 'BLNK_PERMISSION_MISSING' },
    ['PERMISSION_MISSING BLNK_PERMISSION_MISSING'],
  ],
])('a missing permission: %s', (_what, changes, problems) => {
  expect(found(changes)).toEqual(problems);
});

test('a pause of ours is a problem with its code', () => {
  expect(found({ pausedFor: 'STRIPE_KEY_REJECTED' })).toEqual([
    'SCHEDULE_PAUSED STRIPE_KEY_REJECTED',
  ]);
});

test('a ledger that was set back is a problem until a sync completes that finds all in place', () => {
  const rewound = sync({ rewound: true });
  const problem = ['LEDGER_REWOUND LEDGER_REWOUND'];
  expect(found({ syncs: [rewound, sync()] })).toEqual(problem);
  expect(found({ syncs: [failed(), sync({ status: 'running', rewound: true }), sync()] })).toEqual(
    problem,
  );
  expect(found({ syncs: [failed(), rewound, sync()] })).toEqual(problem);
  expect(found({ syncs: [sync(), rewound, sync()] })).toEqual([]);
});

test('an instance that was left has no problem any more', () => {
  const everything = {
    conflicts: ['pi_1'],
    setAside: ['CONFLICT'],
    grants: [],
    dueAt: ago(2 * OVERDUE_MS),
  };
  expect(found({ ...everything, active: false })).toEqual([]);
});

test('a single failure, and a step that is tried again, are shown to whoever looks and told to nobody', () => {
  const shown = (changes: Partial<ProblemFacts>, waits: ErrorCode[] = []) =>
    shownProblems({ ...WELL, ...changes }, waits).map(({ problem, codes }) => [problem, ...codes]);
  expect(shown({})).toEqual([]);
  expect(shown({ syncs: [failed(), sync()] })).toEqual([['SYNC_FAILED', 'STRIPE_UNAVAILABLE']]);
  expect(found({ syncs: [failed(), sync()] })).toEqual([]);
  expect(shown({ syncs: [sync({ status: 'running' }), failed()] })).toHaveLength(1);
  expect(shown({ syncs: [sync(), failed()] })).toEqual([]);
  // What says more covers it.
  expect(shown({ syncs: [failed(), failed(), failed()] })).toEqual([
    ['SYNCS_FAILING', 'STRIPE_UNAVAILABLE'],
  ]);
  expect(shown({ syncs: [failed('BLNK_KEY_REJECTED')], pausedFor: 'BLNK_KEY_REJECTED' })).toEqual([
    ['SCHEDULE_PAUSED', 'BLNK_KEY_REJECTED'],
  ]);
  expect(shown({}, ['BLNK_UNAVAILABLE', 'BLNK_UNAVAILABLE'])).toEqual([
    ['SYNC_WAITING', 'BLNK_UNAVAILABLE'],
  ]);
  expect(shown({ active: false, syncs: [failed()] }, ['BLNK_UNAVAILABLE'])).toEqual([]);
});
