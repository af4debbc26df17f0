/** What the opening balance of each currency would be. Writes nothing. */
import { countsOf, legOwnerOf, type Carried, type FoundCounts } from '../../domain/opening/carried';
import { SyncError } from '../../domain/errors';
import { movementsBehind } from '../../domain/ids';
import { openingBalanceLegs } from '../../domain/kinds/opening-balance';
import { openingOf, type Opening, type OpeningChoice } from '../../domain/opening/opening';
import type { PlannedOpening } from '../../domain/opening/opening-text';
import { rfc3339 } from '../../domain/posting';
import type { LedgerPosting } from '../../domain/proof/proof-search';
import type { Db } from '../../store/db';
import { findRetried, hasStaged, type Sums } from '../../store/earlier';
import type { InstanceRow } from '../../store/instances';
import { findOpened } from '../../store/openings';
import { hasOtherSource, type SourceIdentity, type SourceRow } from '../../store/sources';
import type { Connection } from '../deps';
import { instanceOf, sinceOf } from '../instance-settings';
import { readForeign } from '../proof/foreign-postings';
import { earlierIn, readEarlierSums, type EarlierSums } from './earlier-sums';
import { readOpening, type Waiting } from './opening-readings';
import { patiently } from '../reading/patiently';
import { compareSource, readIdentity } from '../source';

export interface OpeningParts extends Waiting {
  readonly db: Db;
  readonly ends: Connection;
}

export interface OpeningAsk {
  /** Unix seconds, of a later cut-over than SYNC_SINCE. */
  readonly since?: number | undefined;
  /** A person has said that postings of others are right as they are. */
  readonly absorb: boolean;
}

export interface OpeningPlan extends PlannedOpening {
  readonly instance: InstanceRow;
  /** undefined: the instance was never synced, and its source begins with this. */
  readonly source: SourceRow | undefined;
  readonly identity: SourceIdentity;
  /** Which pay-ins one that is in the ledger already counts; not known: all that are there. */
  readonly counts: FoundCounts;
  /** PaymentIntents whose charge had a row since the cut-over when it was frozen: they count from there on. */
  readonly charged: ReadonlySet<string>;
}

/**
 * @throws SyncError USAGE, INSTANCE_FROZEN, SYNC_SINCE_REQUIRED, SOURCE_CHANGED, PAY_INS_UNREAD, CUT_OVER_AHEAD,
 * CUT_OVER_FOUND, CUT_OVER_BEFORE_SINCE, OPENING_ROW_UNREAD, OPENING_UNCERTAIN, STRIPE_*, BLNK_*
 */
export async function planOpening(parts: OpeningParts, ask: OpeningAsk): Promise<OpeningPlan> {
  const { db, ends } = parts;
  const { source, identity } = await sourceOf(db, ends);
  const instance = await instanceOf(db, ends.config);
  const { balances, instanceId } = instance;
  const owner = legOwnerOf(identity);
  const place = { instanceId, sourceBalance: balances.source, owner };
  const onBalance = await readForeign(db, ends.ledger, place, parts.show);
  const { carried } = onBalance;
  // Begun by itself: its legs are booked from its cut-over on, and nothing of ours before that.
  const begun = source && (await findOpened(db, source.sourceId));
  const beganAt = begun?.cutOver ?? carried.openings[0]?.cutOver;
  assertNotBeforeSince(instance, beganAt ?? carried.first);
  const cutOver = cutOverOf(instance, ask.since ?? beganAt);
  assertSameCutOver(cutOver, carried, begun?.cutOver);
  const counts = begun ?? countsOf(carried.openings);
  await assertRead(db, instanceId, source, onBalance.foreign);
  const whole = cutOver === null;
  const read = whole ? undefined : await readOpening(ends.stripe, { balances, cutOver }, parts);
  const reading = read?.reading ?? (await patiently(() => ends.stripe.readBalance(NEVER)));
  const charged = chargedBy(read?.charged ?? new Map(), counts.openedAt);
  const rows = read ?? null;
  const own = source && { instanceId, sourceId: source.sourceId };
  const earlier = await readEarlierSums(db, own, { cutOver, counts, rows, charged });
  if (whole && earlier.left.size > 0) {
    const why = 'is needed: the ledger holds postings of an account or key that was left';
    throw new SyncError('USAGE', { '--since': why });
  }
  const found = new Map(carried.openings.map(({ currency, amount }) => [currency, amount]));
  const { foreign } = onBalance;
  const choice = { isWhole: whole, absorb: ask.absorb };
  const openings = openingsOf({ held: read?.held, earlier, found, foreign }, choice);
  const legs = whole
    ? []
    : openings.flatMap(({ currency, amount }) =>
        openingBalanceLegs(
          { stripeAccount: owner.accountKey, currency, cutOver, amount },
          balances,
        ),
      );
  const plan = { cutOver, reading, openings, legs, rows, left: earlier.left };
  const { countedTo, openedAt } = counts;
  const known = { instance, source, identity, counts: { countedTo, openedAt }, charged };
  return { ...known, ...plan, found: new Set(found.keys()) };
}

const NEVER = new AbortController().signal;

interface Found {
  readonly held: Sums | undefined;
  readonly earlier: EarlierSums;
  readonly found: Sums;
  readonly foreign: readonly LedgerPosting[];
}

/** Of every currency in which there is anything. */
function openingsOf({ held, earlier, found, foreign }: Found, choice: OpeningChoice): Opening[] {
  const sums = [held ?? new Map<string, bigint>(), earlier.payIns, earlier.left, found];
  const named = [...sums.flatMap((one) => [...one.keys()]), ...foreign.map((one) => one.currency)];
  return [...new Set(named)].sort().map((currency) =>
    openingOf(
      {
        currency,
        found: found.get(currency),
        held: held?.get(currency) ?? 0n,
        earlier: earlierIn(earlier, currency),
        foreign: foreign.filter((one) => one.currency === currency),
      },
      choice,
    ),
  );
}

/** A row from when it was frozen on says nothing of what it counts. */
function chargedBy(charged: ReadonlyMap<string, number>, openedAt: Date | null): Set<string> {
  const opened = openedAt === null ? Infinity : Math.floor(openedAt.getTime() / 1000);
  return new Set([...charged].flatMap(([id, created]) => (created < opened ? [id] : [])));
}

/** @throws SyncError SOURCE_CHANGED */
async function sourceOf(
  db: Db,
  ends: Connection,
): Promise<{ source: SourceRow | undefined; identity: SourceIdentity }> {
  const { source, error } = await compareSource(db, ends, NEVER);
  if (error) throw error;
  if (source) return { source, identity: source };
  return { source, identity: await patiently(() => readIdentity(ends, NEVER)) };
}

/** @throws SyncError USAGE: what lies before SYNC_SINCE was never booked, so it could not be made whole */
function cutOverOf(instance: InstanceRow, asked: number | undefined): number | null {
  const since = sinceOf(instance);
  if (asked === undefined) return since;
  if (since !== null && asked < since) {
    const why = `must not be before SYNC_SINCE (${rfc3339(since)}): earlier pay-ins are not booked`;
    throw new SyncError('USAGE', { '--since': why });
  }
  return asked;
}

/** @throws SyncError CUT_OVER_BEFORE_SINCE: no cut-over that may be given is the one that it began with */
function assertNotBeforeSince(instance: InstanceRow, beganAt: number | null | undefined): void {
  const since = sinceOf(instance);
  if (since === null || typeof beganAt !== 'number' || beganAt >= since) return;
  const details = { cut_over: rfc3339(beganAt), sync_since: rfc3339(since) };
  throw new SyncError('CUT_OVER_BEFORE_SINCE', details);
}

/**
 * What was carried over before a database was lost stands in the ledger: from another cut-over on, some of it would
 * be counted twice or not at all.
 * @throws SyncError CUT_OVER_FOUND
 */
function assertSameCutOver(
  cutOver: number | null,
  { openings, first }: Carried,
  begun: number | null = null,
): void {
  const kept = begun === null || begun === cutOver ? undefined : begun;
  const other = openings.find((one) => one.cutOver !== cutOver)?.cutOver;
  const missed = cutOver !== null && first !== null && first < cutOver ? first : undefined;
  const at = kept ?? other ?? missed;
  if (at !== undefined) throw new SyncError('CUT_OVER_FOUND', { cut_over: rfc3339(at) });
}

/**
 * What waits, or is tried again, may be in the ledger, and a reference that no row of ours has yet would pass for
 * somebody else's: what the opening took in of it would count twice once it is found to be ours. Of what
 * another source has booked, the first listing may take some over.
 */
async function assertRead(
  db: Db,
  instanceId: string,
  source: SourceRow | undefined,
  foreign: readonly LedgerPosting[],
) {
  const waits = source !== undefined && (await hasStaged(db, source.sourceId));
  const isUnread = (source?.watermark ?? null) === null;
  const hasOthers = source !== undefined && (await hasOtherSource(db, instanceId, source.sourceId));
  if (waits || (isUnread && (foreign.length > 0 || hasOthers))) {
    throw new SyncError('PAY_INS_UNREAD');
  }
  const ids = foreign.flatMap(({ reference }) => movementsBehind(reference));
  const retried = source && (await findRetried(db, source.sourceId, ids));
  if (retried !== undefined) {
    const next =
      '`quarantine retry` it and `sync`; or `quarantine close` it, if the posting is right.';
    throw new SyncError('PAY_INS_UNREAD', { set_aside: retried }, { next });
  }
}
