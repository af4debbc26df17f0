/** In one sentence where an instance stands, and what its owner has to do: the head of the overview. */
import { errorInfo } from '../domain/errors';
import type { InstanceView } from '../instances/view';
import type { Standing } from '../store/standing';
import { count } from '../domain/text';
import { pauseCode, type ScheduleState } from '../temporal/schedules';
import type { StepWait } from '../domain/waits';
import type { Progress } from './progress';
import type { ProofStanding } from './proof-standing';
import { rowsTexts } from './proof-words';
import type { Page } from './visit';
import { tellCode, tellError, type Tone } from './words';

export interface Facts {
  readonly view: Pick<InstanceView, 'standing' | 'problem'>;
  readonly standing: Pick<Standing, 'last' | 'listing' | 'syncedUntil'>;
  readonly progress: Pick<Progress, 'state'> & { readonly waiting?: StepWait | undefined };
  /** null: there is none; undefined: Temporal cannot be asked. */
  readonly schedule: ScheduleState | null | undefined;
  readonly setAside: number;
  /** Why the sync that runs does not get on, in codes; undefined: it does. */
  readonly stalled?: readonly string[] | undefined;
  /** undefined: nothing is proven. */
  readonly proof?: Pick<ProofStanding, 'newest'> | undefined;
}

export interface State {
  readonly tone: Tone;
  readonly title: string;
  readonly text: string;
  /** Of what is told, for whoever is told it. */
  readonly code?: string | undefined;
  /** Where its owner goes from here. */
  readonly link?: { readonly page: Page; readonly text: string };
}

/** The worst first: what keeps everything from syncing is said before what keeps one pay-in. */
export function stateOf(facts: Facts): State {
  return accessState(facts) ?? scheduleState(facts) ?? syncState(facts);
}

function accessState({ view }: Facts): State | undefined {
  switch (view.standing) {
    case 'ready':
      return undefined;
    case 'needs_stripe':
      return {
        tone: 'warn',
        title: 'Connect a Stripe account',
        text: 'Nothing is synced yet. The app gets access to Stripe only from you: make a restricted key there and give it to this instance.',
        link: { page: 'stripe', text: 'Connect Stripe' },
      };
    case 'needs_write':
      return {
        tone: 'bad',
        title: 'The app may not post to Blnk',
        text: 'The right data:write was not granted, so nothing can be synced. Rights are fixed at the install: uninstall the app and install it again with this right.',
        link: { page: 'permissions', text: 'See the permissions' },
      };
    case 'needs_approval':
      return {
        tone: 'warn',
        title: 'Waiting for the operator',
        text: 'Whoever runs this program has set a Stripe account aside for this instance and has to approve the install first. You can also connect a Stripe account of your own.',
        link: { page: 'stripe', text: 'Connect Stripe' },
      };
    case 'checking':
    case 'held':
    case 'refused':
    case 'inactive':
      return {
        tone: 'warn',
        title: 'The install is not in force',
        text: view.problem === null ? 'Its key is being tried.' : tellError(view.problem).what,
      };
  }
}

function scheduleState({ schedule, progress }: Facts): State | undefined {
  if (!schedule?.paused || progress.state !== 'idle') return undefined;
  const link = { page: 'schedule', text: 'Go to the schedule' } as const;
  const title = 'The schedule is paused';
  if (!schedule.pausedByUs) {
    const note = schedule.note === '' ? '' : ` The reason given: ${schedule.note}.`;
    return {
      tone: 'warn',
      title,
      text: `Nothing syncs by itself until it is resumed.${note}`,
      link,
    };
  }
  const code = pauseCode(schedule);
  const told = code && tellError(code);
  return {
    tone: 'bad',
    title,
    text: told ? `${told.what}. ${told.next}` : schedule.note,
    code,
    link:
      code && errorInfo(code).side === 'stripe' ? { page: 'stripe', text: 'Go to Stripe' } : link,
  };
}

function syncState({ standing, progress, setAside, stalled, proof }: Facts): State {
  const { last, listing, syncedUntil } = standing;
  if (progress.state !== 'idle' && stalled) {
    const told = tellCode(stalled[0]);
    return {
      tone: 'bad',
      title: 'The sync stands still',
      text: `Nothing was done for a while${told ? `: ${told.what}` : ''}. What was synced is safe; it goes on once that is over, or whoever runs this program ends it.`,
      code: stalled[0],
      link: { page: 'runs', text: 'See the runs' },
    };
  }
  if (progress.waiting) {
    return {
      tone: 'warn',
      title: 'The sync waits',
      text: `${tellError(progress.waiting.code).what}. It is tried again by itself until that is over; nothing is lost.`,
    };
  }
  if (progress.state === 'starting') {
    return {
      tone: 'busy',
      title: 'A sync is about to start',
      text: 'It begins as soon as a worker takes it up.',
    };
  }
  if (progress.state !== 'idle') {
    return {
      tone: 'busy',
      title: 'Syncing',
      text: listing
        ? 'Everything that Stripe has is being read once. Later syncs only read what is new.'
        : 'What is new in Stripe is being carried into Blnk.',
    };
  }
  if (last?.status === 'failed' && last.error !== null) {
    const { what, next } = tellError(last.error);
    const link = { page: 'runs', text: 'See the runs' } as const;
    const text = `${what}. ${next}`;
    return { tone: 'bad', title: 'The last sync failed', text, code: last.error, link };
  }
  if (last === undefined || syncedUntil === null) {
    const text =
      'The first sync reads everything that Stripe has. It starts with the schedule, or now.';
    return { tone: 'quiet', title: 'Ready for the first sync', text };
  }
  // Of a broken proof nobody knows what is in the ledger; of what is set aside its reason.
  if (proof?.newest?.proof.state === 'broken') {
    return {
      tone: 'bad',
      title: 'Synced, but not proven',
      text: 'What Stripe showed was handled, but the ledger does not hold what Stripe holds. The proof names what was found.',
      link: { page: 'proof', text: 'See the proof' },
    };
  }
  const [unread] = proof?.newest ? rowsTexts(proof.newest.proof) : [];
  if (unread !== undefined) {
    return {
      tone: 'warn',
      title: 'Pay-ins synced, other movements not',
      text: unread,
      link: { page: 'proof', text: 'See the proof' },
    };
  }
  if (setAside > 0) {
    return {
      tone: 'warn',
      title: `${count(setAside, 'pay-in')} set aside`,
      text: 'All others are in the ledger. Each one that is set aside has its reason and what to do about it.',
      link: { page: 'quarantine', text: 'See the reasons' },
    };
  }
  return {
    tone: 'good',
    title: 'Up to date',
    text: 'Every pay-in that Stripe showed when the last sync began is in the ledger.',
  };
}
