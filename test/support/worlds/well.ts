/** The facts of an instance with which nothing is wrong, of which a test changes what it is about. */
import type { ProblemFacts } from '../../../src/domain/problems';

export const WELL: ProblemFacts = {
  now: new Date('2026-03-01T12:00:00Z'),
  active: true,
  held: [],
  grants: ['data:read', 'data:write', 'alerts:write'],
  syncs: [
    { status: 'completed', error: null, permission: null, rewound: false },
    { status: 'completed', error: null, permission: null, rewound: false },
  ],
  conflicts: [],
  setAside: [],
  dueAt: new Date('2026-03-01T12:15:00Z'),
  movedAt: null,
  stalledFor: null,
  pausedFor: null,
  proof: null,
};
