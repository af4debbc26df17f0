import { prove } from '../../src/domain/proof/proof';
import { stateOf, type Facts } from '../../src/portal/state';
import type { StoredProof } from '../../src/store/proofs';
import type { SyncRow } from '../../src/store/syncs';
import type { ScheduleState } from '../../src/temporal/schedules';
import { aCurrency } from '../support/books/a-currency';
import { PROOFS } from '../support/worlds/proven-instance';

const schedule: ScheduleState = {
  scheduleId: 'stripe-sync:inst_1',
  instanceId: 'inst_1',
  cron: '*/15 * * * *',
  paused: false,
  note: '',
  pausedByUs: false,
  running: [],
  nextRun: new Date('2026-11-25T10:00:00Z'),
};
/** Of a key that has lost a right. */
const UNREAD = prove(0, null, [
  aCurrency({ unread: { code: 'STRIPE_PERMISSION_MISSING', right: 'rak_x_read' } }),
]);

const ended = (status: SyncRow['status'], error: SyncRow['error'] = null) =>
  ({ status, error }) as SyncRow;

const fine: Facts = {
  view: { standing: 'ready', problem: null },
  standing: { last: ended('completed'), listing: false, syncedUntil: '2026-11-25T09:45:00Z' },
  progress: { state: 'idle' },
  schedule,
  setAside: 0,
};
const paused = (note: string, pausedByUs: boolean): Facts => ({
  ...fine,
  schedule: { ...schedule, paused: true, note, pausedByUs, nextRun: null },
});

test.each<[string, Facts, string, string | undefined]>([
  ['all is well', fine, 'Up to date', undefined],
  [
    'no account is connected',
    { ...fine, view: { standing: 'needs_stripe', problem: null } },
    'Connect a Stripe account',
    'stripe',
  ],
  [
    'it may not write, whatever else is the matter',
    { ...paused('x', false), view: { standing: 'needs_write', problem: null } },
    'The app may not post to Blnk',
    'permissions',
  ],
  ['a person paused it', paused('year-end', false), 'The schedule is paused', 'schedule'],
  [
    'we paused it for Stripe',
    paused('stripe-sync paused: STRIPE_KEY_REJECTED. x', true),
    'The schedule is paused',
    'stripe',
  ],
  [
    'a sync runs beside a paused schedule',
    { ...paused('x', false), progress: { state: 'running' } },
    'Syncing',
    undefined,
  ],
  [
    'a sync waits for Stripe',
    {
      ...fine,
      progress: {
        state: 'running',
        waiting: {
          step: 'fetchPayIns',
          details: {},
          code: 'STRIPE_UNAVAILABLE',
          attempt: 3,
          nextTry: null,
        },
      },
    },
    'The sync waits',
    undefined,
  ],
  [
    'a sync waits for a worker',
    { ...fine, progress: { state: 'starting' } },
    'A sync is about to start',
    undefined,
  ],
  [
    'a sync stands still',
    { ...fine, progress: { state: 'running' }, stalled: ['WORKER_MISSING'] },
    'The sync stands still',
    'runs',
  ],
  [
    'one that stood still is over',
    { ...fine, stalled: ['WORKER_MISSING'] },
    'Up to date',
    undefined,
  ],
  [
    'the last sync failed',
    { ...fine, standing: { ...fine.standing, last: ended('failed', 'BLNK_UNAVAILABLE') } },
    'The last sync failed',
    'runs',
  ],
  [
    'nothing has run yet',
    { ...fine, standing: { last: undefined, listing: false, syncedUntil: null } },
    'Ready for the first sync',
    undefined,
  ],
  [
    'the last proof is broken',
    { ...fine, proof: { newest: { proof: PROOFS.broken(0) } as StoredProof } },
    'Synced, but not proven',
    'proof',
  ],
  [
    'the last proof is broken, and a pay-in set aside',
    { ...fine, setAside: 1, proof: { newest: { proof: PROOFS.broken(0) } as StoredProof } },
    'Synced, but not proven',
    'proof',
  ],
  [
    'the last proof is another one',
    { ...fine, proof: { newest: { proof: PROOFS.waiting(0) } as StoredProof } },
    'Up to date',
    undefined,
  ],
  [
    'what moved Stripe’s balance was not read, and a pay-in set aside',
    { ...fine, setAside: 1, proof: { newest: { proof: UNREAD } as StoredProof } },
    'Pay-ins synced, other movements not',
    'proof',
  ],
  ['something is set aside', { ...fine, setAside: 1 }, '1 pay-in set aside', 'quarantine'],
  ['Temporal is away', { ...fine, schedule: undefined }, 'Up to date', undefined],
])('when %s, the overview says so first', (_what, facts, title, page) => {
  expect(stateOf(facts)).toMatchObject({ title });
  expect(stateOf(facts).link?.page).toBe(page);
});

test('a broken proof is told as red as its card', () => {
  const proof = { newest: { proof: PROOFS.broken(0) } as StoredProof };
  expect(stateOf({ ...fine, proof }).tone).toBe('bad');
});

test('a pause of ours is told in words of the portal, and a note of a person as it is', () => {
  const ours = stateOf(paused('stripe-sync paused: STRIPE_KEY_REJECTED. Set STRIPE_…', true));
  expect(ours.text).toContain('Connect a valid restricted key');
  expect(stateOf(paused('year-end closing', false)).text).toContain('year-end closing');
});
