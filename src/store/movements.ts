/** The rows of `movements` after staging: outcomes, quarantine, and what is known of one payment. */
import type { IN_LEDGER } from '../domain/outcomes';
import type { PayIn, PayInState } from '../domain/pay-in';
import { REASONS, retryDelaySeconds, type ReasonCode, type ReasonKind } from '../domain/reasons';
import type { Db } from './db';
import { freezeInstance, type InstanceSettings } from './instances';
import { IN_LEDGER_STATES } from './outcome-columns';
import { assertOpen } from './syncs';

/** What has become of one of them. */
export type MovementOutcome =
  | {
      readonly kind: (typeof IN_LEDGER)[number];
      readonly movementId: string;
      readonly reference: string;
      readonly transactionId: string;
      /** By the ledger's own clock; null: it did not say. */
      readonly bookedAt: Date | null;
      /** Names of the balances that it was found between; null: the ledger did not say. Absent: we have posted it. */
      readonly between?: Readonly<Record<'from' | 'to', string | null>>;
      /** Unix seconds, as it was posted with; null: the ledger did not say. Absent: we have posted it. */
      readonly succeededAt?: number | null;
    }
  | { readonly kind: 'before_since'; readonly movementId: string }
  | { readonly kind: 'quarantined'; readonly movementId: string; readonly reason: ReasonCode };

export interface PayInRow extends PayIn {
  readonly kind: 'pay_in';
  readonly state: PayInState;
  readonly syncId: string;
  readonly reference: string | null;
  readonly transactionId: string | null;
  /** When we posted it; null: never, or it was there already. */
  readonly postedAt: Date | null;
  readonly reason: ReasonCode | null;
  /** Syncs that have tried it in vain. */
  readonly attempts: number;
  /** The last of them. */
  readonly triedBy: string | null;
  /** The sync that set it aside first; null: it never was. */
  readonly quarantinedBy: string | null;
  readonly retryAt: Date | null;
  readonly updatedAt: Date;
  readonly closedAt: Date | null;
  readonly closedBy: string | null;
  readonly closedNote: string | null;
}

interface StoredPayIn extends Omit<PayInRow, 'amount'> {
  readonly amount: string | null;
}

const COLUMNS = `movement_id as id, kind, amount::text as amount, currency, payer,
  payer_alias as "payerAlias", closed_at as "closedAt", closed_by as "closedBy", closed_note as "closedNote",
  created_s as created, succeeded_s as "succeededAt", charged_s as "chargedAt", charge_id as "chargeId", livemode, fault, state, sync_id as "syncId",
  reference, blnk_transaction_id as "transactionId", posted_at as "postedAt", reason, attempts, retry_at as "retryAt",
  tried_by as "triedBy", quarantined_by as "quarantinedBy", updated_at as "updatedAt"`;

/** As parameter $1 names the instance. */
export const OF_CURRENT_SOURCE = `source_id =
  (select c.source_id from sources c where c.instance_id = $1 and c.is_current)`;

/** A page whose pay-ins get their outcomes. */
export interface PageOfSource {
  readonly syncId: string;
  readonly instanceId: string;
  /** The index of staged rows begins with it. */
  readonly sourceId: string;
  readonly pageId: string;
}

/** The pay-ins of a page that have no outcome yet; its legs: src/store/legs.ts. */
export async function stagedPayIns(
  db: Db,
  { sourceId, pageId }: Pick<PageOfSource, 'sourceId' | 'pageId'>,
): Promise<PayInRow[]> {
  const rows = await db.query<StoredPayIn>(
    `select ${COLUMNS} from movements where source_id = $1 and page_id = $2 and state = 'staged' and kind = 'pay_in'
     order by movement_id`,
    [sourceId, pageId],
  );
  return rows.map(toPayIn);
}

/** Whether an outcome counts as one more sync that has tried in vain. */
const COUNTS = `o.state = 'quarantined' and p.tried_by is distinct from $2`;

/**
 * Writes outcomes as they are known. A row that another page took over meanwhile is left alone, and so is
 * one that has its outcome: a second attempt of the page may know less, after the first was counted.
 * @param fixed settings that bind from now on: the ledger holds something that was posted with them
 */
export async function writeOutcomes(
  db: Db,
  page: PageOfSource,
  outcomes: readonly MovementOutcome[],
  fixed?: InstanceSettings,
): Promise<void> {
  await db.transaction(async (tx) => {
    await assertOpen(tx, page.syncId);
    if (fixed) await freezeInstance(tx, fixed);
    await tx.query(
      `update movements p set state = o.state, reference = coalesce(o.reference, p.reference),
         blnk_transaction_id = coalesce(o.transaction_id, p.blnk_transaction_id),
         reason = o.reason, updated_at = now(),
         -- Less may be known of a leg by now: posted again, it has the balances that it had.
         from_balance = case when p.leg is not null then coalesce(o.from_balance, p.from_balance) end,
         to_balance = case when p.leg is not null then coalesce(o.to_balance, p.to_balance) end,
         -- When a listing finds it again, it is still ours of back then.
         posted_at = case when o.state = 'posted' then now() else p.posted_at end,
         -- What the ledger has lost and holds again was there before.
         first_booked_at = coalesce(p.first_booked_at, p.booked_at, p.posted_at),
         booked_at = coalesce(o.booked_at, case when o.state = 'posted' then now() else p.booked_at end),
         -- Before SYNC_SINCE no posting is dated (\`datedAt\` of domain/kinds/pay-in.ts).
         dated_s = case when p.leg is not null then p.dated_s when o.state in ${IN_LEDGER_STATES} and i.sync_since ~ '^-?[0-9]+$'
           and p.created_s < i.sync_since::bigint then coalesce(p.succeeded_s, o.succeeded_s) end,
         -- After a lost database: an opening balance counts a pay-in or does not by what was known when it was posted.
         succeeded_s = case when p.leg is null then coalesce(p.succeeded_s, o.succeeded_s) end,
         -- A sync counts once, also when it had tried in vain before it set it aside.
         attempts = p.attempts + (${COUNTS})::int,
         tried_by = case when o.state = 'quarantined' then $2 else p.tried_by end,
         -- One that was closed and is open again for another reason is news; what needs nobody is none.
         quarantined_by = case when o.state = 'quarantined' and not o.nobody then
           case when p.closed_by is not null and o.reason is distinct from p.reason then $2
             else coalesce(p.quarantined_by, $2) end end,
         closed_at = case when o.nobody then coalesce(p.closed_at, now())
           when o.reason is not distinct from p.reason then p.closed_at end,
         -- Found in the ledger it is one as any other, and posted again if the ledger loses it.
         closed_by = case when o.state <> 'already_posted' then p.closed_by end,
         retry_at = case
           when o.passing and (p.closed_at is null or o.reason is distinct from p.reason)
           then now() + make_interval(secs => o.delays[least(p.attempts + (${COUNTS})::int, 12)]) end
       from (select r.*, $9::float8[] as delays
             from unnest($4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $10::boolean[],
                 $12::timestamptz[], $13::boolean[], $14::text[], $15::text[], $16::bigint[])
               as r(id, state, reference, transaction_id, reason, passing, booked_at, nobody, from_balance,
                 to_balance, succeeded_s)) o,
         instances i
       where p.instance_id = $1 and i.instance_id = $1 and p.movement_id = o.id and p.page_id = $3
         and p.source_id = $11 and p.state = 'staged'`,
      [
        page.instanceId,
        page.syncId,
        page.pageId,
        outcomes.map((outcome) => outcome.movementId),
        outcomes.map((outcome) => outcome.kind),
        outcomes.map((outcome) => ('reference' in outcome ? outcome.reference : null)),
        outcomes.map((outcome) => ('transactionId' in outcome ? outcome.transactionId : null)),
        outcomes.map((outcome) => ('reason' in outcome ? outcome.reason : null)),
        Array.from({ length: 12 }, (_, index) => retryDelaySeconds(index + 1)),
        outcomes.map((outcome) => isOfKind(outcome, 'passing')),
        page.sourceId,
        outcomes.map((outcome) =>
          'bookedAt' in outcome ? (outcome.bookedAt?.toISOString() ?? null) : null,
        ),
        outcomes.map((outcome) => isOfKind(outcome, 'nobody')),
        outcomes.map((outcome) => ('between' in outcome ? outcome.between.from : null)),
        outcomes.map((outcome) => ('between' in outcome ? outcome.between.to : null)),
        outcomes.map((outcome) => ('succeededAt' in outcome ? outcome.succeededAt : null)),
      ],
    );
  });
}

function isOfKind(outcome: MovementOutcome, kind: ReasonKind): boolean {
  return 'reason' in outcome && REASONS[outcome.reason].kind === kind;
}

/** Notes that this sync has tried them in vain: the next one no longer lets them speak for the ledger. */
export async function noteTried(
  db: Db,
  page: PageOfSource,
  movementIds: readonly string[],
): Promise<void> {
  if (movementIds.length === 0) return;
  await db.transaction(async (tx) => {
    await assertOpen(tx, page.syncId);
    await tx.query(
      `update movements set attempts = attempts + 1, tried_by = $2, updated_at = now()
       where instance_id = $1 and movement_id = any($3) and page_id = $4 and source_id = $5
         and state = 'staged' and tried_by is distinct from $2`,
      [page.instanceId, page.syncId, movementIds, page.pageId, page.sourceId],
    );
  });
}

export async function findPayIn(
  db: Db,
  instanceId: string,
  movementId: string,
): Promise<PayInRow | undefined> {
  const [row] = await db.query<StoredPayIn>(
    `select ${COLUMNS} from movements
     where instance_id = $1 and movement_id = $2 and kind = 'pay_in'`,
    [instanceId, movementId],
  );
  return row && toPayIn(row);
}

/** `current`: of the source in force. `open`: those of sources that were left too. */
export type Which = 'current' | 'open' | 'closed';

export interface SetAsideRow extends PayInRow {
  /** The Stripe account that was left, empty where its id was never known; null: it is in force. */
  readonly leftAccount: string | null;
}

const WHICH: Record<Which, string> = {
  current: `closed_at is null and ${OF_CURRENT_SOURCE}`,
  open: 'closed_at is null',
  closed: 'closed_at is not null',
};

/** Set aside longest ago first; of closed ones the newest first. */
export async function listQuarantine(
  db: Db,
  instanceId: string,
  limit: number,
  which: Which = 'current',
): Promise<SetAsideRow[]> {
  const rows = await db.query<StoredPayIn & Pick<SetAsideRow, 'leftAccount'>>(
    `select ${COLUMNS},
       (select case when not s.is_current then coalesce(s.stripe_account, '') end
        from sources s where s.source_id = movements.source_id) as "leftAccount"
     from movements
     where instance_id = $1 and kind = 'pay_in' and state = 'quarantined' and ${WHICH[which]}
     order by ${which === 'closed' ? 'closed_at desc' : 'updated_at'}, movement_id limit $2`,
    [instanceId, limit],
  );
  return rows.map((row) => ({ ...toPayIn(row), leftAccount: row.leftAccount }));
}

function toPayIn(row: StoredPayIn): PayInRow {
  return { ...row, amount: row.amount === null ? null : BigInt(row.amount) };
}
