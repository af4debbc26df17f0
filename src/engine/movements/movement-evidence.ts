/**
 * What is known of Stripe's rows behind a payment, refund, dispute, payout or transfer: the rows, what was booked of
 * them or would be, and what the ledger holds of that.
 */
import { isOfPayments, type BalanceTransaction } from '../../domain/movements/balance-transaction';
import { isBefore } from '../../domain/movements/bookable';
import { judge, legsOf } from '../../domain/movements/chart';
import { decide, type Decision, type Found } from '../../domain/decide';
import type { Chart, Leg, LegContext } from '../../domain/movements/leg';
import { may } from '../../domain/permissions';
import { findRow, rowsOfObjects, rowsOfPayments } from '../../store/balance-transactions';
import type { Db } from '../../store/db';
import { findLeg, legsOfRows, type LegRow } from '../../store/legs';
import { findEnabled } from '../../store/openings';
import { currentSource, type SourceRow } from '../../store/sources';
import { findAssignment } from '../../store/suspense';
import type { Connection } from '../deps';
import { instanceSettings, sinceOf } from '../instance-settings';
import { knownOf } from './known-of';
import { lookUpAll } from '../posting/look-up';

export interface MovementEvidence {
  /** Whether movements are carried over. */
  readonly isEnabled: boolean;
  readonly chart: Chart;
  /** Oldest first. */
  readonly rows: readonly RowEvidence[];
}

export interface RowEvidence {
  readonly bt: BalanceTransaction;
  /** False: no sync has listed it, Stripe was asked just now. */
  readonly isKept: boolean;
  /** The opening balance holds it. */
  readonly isBefore: boolean;
  /** It moves the balance that the ledger has, no other one of Stripe's. */
  readonly isOfPayments: boolean;
  readonly legs: readonly LegEvidence[];
  /** What would be booked, of a row of which nothing is yet. */
  readonly wouldBook: readonly Leg[];
}

export interface LegEvidence {
  readonly row: LegRow;
  /** What follows from what the ledger holds; undefined: it cannot be made into a posting, or the key may not look up. */
  readonly decision: Decision | undefined;
}

/** @throws SyncError SYNC_SINCE_REQUIRED, STRIPE_*, BLNK_* */
export async function gatherMovements(
  db: Db,
  connection: Connection,
  id: string,
  signal: AbortSignal,
): Promise<MovementEvidence> {
  const { config, stripe } = connection;
  const settings = instanceSettings(config);
  const source = await currentSource(db, config.id);
  const enabled = source && (await findEnabled(db, source.sourceId));
  const chart = {
    balances: settings.balances,
    cutOver: enabled ? enabled.cutOver : sinceOf(settings),
  };
  const kept = await keptRows(db, config.id, id);
  const asked = kept.length === 0 && isTransactionId(id) ? id : null;
  const there = asked === null ? undefined : await stripe.readTransaction(asked, signal);
  const rows = there ? [there] : kept;
  const all = await legsOfRows(
    db,
    config.id,
    kept.map((row) => row.id),
  );
  const legs = await withoutLeftAssignments(db, config.id, source, all);
  const context = legContextOf(connection, source);
  const found = await lookUpLegs(connection, legs, signal);
  const known = await knownOf(
    db,
    {
      ...{ instanceId: config.id, sourceId: source?.sourceId ?? '', chart },
      openedAt: enabled?.openedAt ?? new Date(),
      countedTo: enabled?.countedTo ?? new Date(),
    },
    rows,
  );
  return {
    isEnabled: enabled !== undefined,
    chart,
    rows: rows.map((bt) => {
      const own = legs.filter(({ btId }) => btId === bt.id);
      return {
        bt,
        isKept: there === undefined,
        isBefore: isBefore(bt, chart),
        isOfPayments: isOfPayments(bt),
        legs: own.map((row) => ({ row, decision: decisionOf(row, found, context) })),
        wouldBook: own.length === 0 ? legsOf(bt, known(bt), chart) : [],
      };
    }),
  };
}

/** What a person has assigned in a ledger that was left is assigned in that one alone, and no sync posts it here. */
async function withoutLeftAssignments(
  db: Db,
  instanceId: string,
  source: SourceRow | undefined,
  legs: readonly LegRow[],
): Promise<LegRow[]> {
  const here: LegRow[] = [];
  for (const leg of legs) {
    const isElsewhere =
      leg.leg === 'assigned' &&
      source !== undefined &&
      !(await findAssignment(db, { instanceId, sourceId: source.sourceId }, leg.reference));
    if (!isElsewhere) here.push(leg);
  }
  return here;
}

/** Of a leg that no row of Stripe's tells of: the opening balance. undefined: our record has none of that name. */
export async function gatherLeg(
  db: Db,
  connection: Connection,
  reference: string,
  signal: AbortSignal,
): Promise<LegEvidence | undefined> {
  const { id } = connection.config;
  const source = await currentSource(db, id);
  const row =
    source && (await findLeg(db, { instanceId: id, sourceId: source.sourceId }, reference));
  if (!row) return undefined;
  const context = legContextOf(connection, source);
  return { row, decision: decisionOf(row, await lookUpLegs(connection, [row], signal), context) };
}

function legContextOf({ stripe }: Connection, source: SourceRow | undefined): LegContext {
  return {
    ...{ syncId: '', livemode: stripe.livemode },
    ...(typeof source?.stripeAccount === 'string' && { stripeAccount: source.stripeAccount }),
  };
}

export function isTransactionId(id: string): boolean {
  return id.startsWith('txn_');
}

async function keptRows(db: Db, instanceId: string, id: string): Promise<BalanceTransaction[]> {
  if (id.startsWith('pi_')) return rowsOfPayments(db, instanceId, [id]);
  if (!isTransactionId(id)) return rowsOfObjects(db, instanceId, [id]);
  const row = await findRow(db, instanceId, id);
  return row ? [row] : [];
}

async function lookUpLegs(
  { ledger, grants }: Connection,
  legs: readonly LegRow[],
  signal: AbortSignal,
): Promise<Found | undefined> {
  if (!may(grants, 'data:read')) return undefined;
  return lookUpAll(
    ledger,
    legs.map(({ reference }) => reference),
    signal,
    legs.map(({ heldAs }) => heldAs),
  );
}

function decisionOf(
  row: LegRow,
  found: Found | undefined,
  context: LegContext,
): Decision | undefined {
  const verdict = judge(row, context);
  return found && verdict.kind === 'post'
    ? decide(verdict.posting, found, '', row.heldAs)
    : undefined;
}
