/** Which windows a sync would read if it began now: what `beginSync` plans, without writing anything. */
import { may } from '../domain/permissions';
import type { Scope } from '../domain/sync';
import type { Plan } from '../domain/plan';
import { readsPayIns, type ListingStart, type PayInWindow } from '../domain/window';
import type { Db } from '../store/db';
import type { InstanceRow } from '../store/instances';
import { findEnabled } from '../store/openings';
import { readRowReading, type RowReading } from '../store/row-reading';
import type { SourceRow } from '../store/sources';
import { openWindows } from '../store/windows';
import type { Connection } from './deps';
import { startOfListing } from './reading/listing-start';
import { isNew } from './opening/enabled-by-default';
import { asResumed } from './pause';
import { NOTHING_READ, planReading, type ReadSoFar } from './reading/plan-reading';
import type { JudgedSource } from './posting/posting-context';
import { findNewestGone } from './posting/gone';
import { instanceOf, isPlannedOtherwise, sinceOf, unbound } from './instance-settings';
import { compareSource } from './source';

export interface PlannedWindow extends PayInWindow {
  readonly cursor: string | null;
  /** A full listing that an earlier sync has begun, or this one would. */
  readonly listingId: string | null;
}

export interface DryReading {
  /** The source as far as it is trusted; undefined: everything is listed. */
  readonly trusted?: SourceRow;
  /** Of a trusted one; undefined: its movements are not carried over. */
  readonly movements?: RowReading | undefined;
  /** After a pause: everything was read up to then. null: there was none, or everything is listed. */
  readonly readTo: number | null;
  /** The source of which rows were left over or are due again. */
  readonly backlogOf?: string;
  readonly windows: readonly PlannedWindow[];
  /** What a sync would do with movements besides; nothing is read of these. */
  readonly movementsLeftOut?: Plan['movementsLeftOut'];
  readonly instance: InstanceRow;
  /** The source as the sync would judge by it. */
  readonly judged: JudgedSource;
}

const NEVER = new AbortController().signal;

/** Whoever waits at a terminal is told what a single look-up says. */
const ASKING = { signal: NEVER, waitsMs: [] };

/** The id of a listing that a plan alone would begin: no row carries it. */
const NOT_BEGUN = '';

/** @throws SyncError INSTANCE_FROZEN, SYNC_SINCE_REQUIRED, SOURCE_CHANGED, STRIPE_*, BLNK_* */
export async function readDry(
  db: Db,
  ends: Connection,
  scope: Scope,
  acceptSource: boolean,
): Promise<DryReading> {
  const { source, changed, error } = await compareSource(db, ends, NEVER);
  if (error && !acceptSource) throw error;
  // Another account or mode is not bound by what the first posting of the old one has fixed.
  const isBound = changed === undefined || changed === 'ledger';
  const instance = isBound ? await instanceOf(db, ends.config) : unbound(ends.config);
  const since = sinceOf(instance);
  const same = changed === undefined ? source : undefined;
  const isFull = scope.kind === 'full';
  const found = isFull && same && (await isTrusted(db, ends, same, instance)) ? same : undefined;
  const movements = found && (await readRowReading(db, found.sourceId));
  const trusted = found && (await asResumed(found, movements, ends, NEVER));
  const start =
    isFull && (trusted?.watermark ?? null) === null
      ? await startOfListing(db, ends.stripe, null, NEVER)
      : null;
  const reading = planDry(trusted ?? NOTHING_READ, scope, start, since);
  const underWay = reading.begun ? null : (trusted?.listingId ?? null);
  const open = underWay === null ? [] : await openWindows(db, '', [underWay]);
  return {
    ...(isFull && same && { backlogOf: same.sourceId }),
    ...(trusted && { trusted, movements }),
    readTo: trusted?.readTo ?? null,
    windows: [...reading.windows, ...open.filter(readsPayIns)],
    ...(isFull && (await leftOut(db, ends, { source, same, instance }))),
    instance,
    judged: {
      livemode: ends.stripe.livemode,
      stripeAccount: same?.stripeAccount ?? null,
      listingStartedAt: reading.begun?.startedAt ?? same?.listingStartedAt ?? null,
    },
  };
}

async function leftOut(
  db: Db,
  { config }: Connection,
  {
    source,
    same,
    instance,
  }: Record<'source' | 'same', SourceRow | undefined> & Pick<DryReading, 'instance'>,
): Promise<Pick<DryReading, 'movementsLeftOut'>> {
  if (same && (await findEnabled(db, same.sourceId))) return { movementsLeftOut: 'carried_over' };
  const begin = config.movements && (await isNew(db, source, instance));
  return begin ? { movementsLeftOut: 'begin' } : {};
}

/** What follows a watermark that turns out too old: everything, or what may have succeeded since `readTo`. */
export function listAnew(
  start: ListingStart,
  since: number | null,
  readTo: number | null,
): PlannedWindow[] {
  return planDry({ ...NOTHING_READ, readTo }, { kind: 'full' }, start, since).windows;
}

/** What would be planned from what was read so far; `begun`: a full listing would begin. */
export function planDry(
  read: ReadSoFar,
  scope: Scope,
  start: ListingStart | null,
  since: number | null,
): { windows: PlannedWindow[]; begun: { readonly startedAt: number } | undefined } {
  const facts = { start, since, isFirst: true, listingIdAt: () => NOT_BEGUN };
  const { listing: begun, windows } = planReading(read, scope, facts);
  const of = (plans: readonly PayInWindow[], listingId: string | null) =>
    plans.map((plan) => ({ ...plan, cursor: null, listingId }));
  // The tail first: an event tells the time of success exactly, and a pay-in is judged once.
  return { windows: [...of(windows, null), ...of(begun?.windows ?? [], NOT_BEGUN)], begun };
}

async function isTrusted(
  db: Db,
  { ledger, grants }: Connection,
  source: SourceRow,
  instance: InstanceRow,
): Promise<boolean> {
  if (isPlannedOtherwise(source, instance.syncSince)) return false;
  // A key that may not read cannot see that something is gone.
  if (!may(grants, 'data:read')) return true;
  return (await findNewestGone(db, source.sourceId, ledger, ASKING)).length === 0;
}
