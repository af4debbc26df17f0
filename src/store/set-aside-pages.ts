/** Pay-ins that are set aside, as a person looks through them and deals with many at once. */
import type { PayInState } from '../domain/pay-in';
import { inOrder, keyOfTime, timeOfKey, type Cut } from './cut';
import type { Db } from './db';
import { OF_CURRENT_SOURCE } from './movements';

export interface SetAsideFilter {
  /** undefined: every reason. */
  readonly reason?: string | undefined;
  /** Part of an id. */
  readonly search?: string | undefined;
  readonly closed: boolean;
}

export interface SetAsideLine {
  readonly id: string;
  /** Its place in the list. */
  readonly key: string;
  readonly amount: bigint | null;
  readonly currency: string | null;
  readonly livemode: boolean | null;
  readonly reason: string;
  readonly attempts: number;
  readonly updatedAt: Date;
  readonly retryAt: Date | null;
  readonly closedAt: Date | null;
  readonly closedBy: string | null;
  readonly closedNote: string | null;
}

/** What is open of a reason is sorted as its index has it; a rare one would else be looked for among all. */
const isByReason = ({ reason, closed }: SetAsideFilter) => reason !== undefined && !closed;

/** An id as Stripe makes them, and no part of one. */
const WHOLE_ID = /^pi_\w{20,}$/;

/** Parameters: $1 the instance, $2 the reason, $3 an id or a part of it. */
function conditionOf(filter: SetAsideFilter): string {
  const { closed, search } = filter;
  const ofReason = isByReason(filter)
    ? `and coalesce(reason, 'unknown') = $2 and quarantined_by is not null
       and state in ('quarantined', 'staged')`
    : `and ($2::text is null or coalesce(reason, 'unknown') = $2)`;
  const ofId = WHOLE_ID.test(search ?? '')
    ? 'movement_id = $3'
    : '($3::text is null or position($3 in movement_id) > 0)';
  return `instance_id = $1 and kind = 'pay_in' and state = 'quarantined'
    and closed_at is ${closed ? 'not null' : `null and ${OF_CURRENT_SOURCE}`} ${ofReason} and ${ofId}`;
}

const parametersOf = (instanceId: string, { reason, search }: SetAsideFilter) => [
  instanceId,
  reason ?? null,
  search ?? null,
];

/** Set aside longest ago first; those of a reason by how often they were tried. */
export async function pageOfSetAside(
  db: Db,
  instanceId: string,
  filter: SetAsideFilter,
  cut: Cut,
): Promise<SetAsideLine[]> {
  const [sign, direction] = cut.isBack ? ['<', 'desc'] : ['>', 'asc'];
  const [column, key, place] = isByReason(filter)
    ? ['attempts', 'attempts::text', '$5::bigint']
    : ['updated_at', keyOfTime('updated_at'), timeOfKey('$5')];
  const behind = `and (${column}, movement_id) ${sign} (${place}, $6)`;
  const rows = await db.query<Omit<SetAsideLine, 'amount'> & { amount: string | null }>(
    `select movement_id as id, ${key} as key, amount::text as amount,
       currency, livemode, coalesce(reason, 'unknown') as reason, attempts,
       updated_at as "updatedAt", retry_at as "retryAt", closed_at as "closedAt",
       closed_by as "closedBy", closed_note as "closedNote"
     from movements where ${conditionOf(filter)} ${cut.place ? behind : ''}
     order by ${column} ${direction}, movement_id ${direction} limit $4`,
    [
      ...parametersOf(instanceId, filter),
      cut.limit,
      ...(cut.place ? [cut.place.key, cut.place.id] : []),
    ],
  );
  const lines = rows.map((row) => ({
    ...row,
    amount: row.amount === null ? null : BigInt(row.amount),
  }));
  return inOrder(cut, lines);
}

export interface PaymentLine {
  readonly id: string;
  /** Its place in the list: the page that it was read with. */
  readonly key: string;
  readonly amount: bigint | null;
  readonly currency: string | null;
  readonly state: PayInState;
  readonly reason: string | null;
  readonly closedAt: Date | null;
}

/** Whether the page `g` may have pay-ins that it does not count: what it has tried again in vain. */
const IS_BACKLOG = `(select w.feed from sync_windows w where w.window_id = g.window_id) = 'backlog'`;

/**
 * Pay-ins that a run has handled last, page by page as it has read them: a run may have a million. No
 * plan can join more than the pages that it comes to.
 */
export async function payInsOfSync(db: Db, syncId: string, cut: Cut): Promise<PaymentLine[]> {
  const [sign, direction] = cut.isBack ? ['<', 'desc'] : ['>', 'asc'];
  const pages = cut.place ? `and page_id ${sign}= $3` : '';
  const behind = cut.place ? `and (s.page_id ${sign} $3 or p.movement_id ${sign} $4)` : '';
  const rows = await db.query<Omit<PaymentLine, 'amount'> & { amount: string | null }>(
    `select p.* from (
       select page_id from sync_pages g
       where sync_id = $1 and (found > 0 or state = 'open' or aside or ${IS_BACKLOG}) ${pages} order by page_id ${direction} offset 0
     ) s, lateral (
       select movement_id as id, p.page_id as key, amount::text as amount, currency, p.state,
         p.reason, p.closed_at as "closedAt"
       from movements p where p.page_id = s.page_id and kind = 'pay_in' ${behind}
       order by movement_id ${direction} offset 0
     ) p limit $2`,
    [syncId, cut.limit, ...(cut.place ? [cut.place.key, cut.place.id] : [])],
  );
  const lines = rows.map((row) => ({
    ...row,
    amount: row.amount === null ? null : BigInt(row.amount),
  }));
  return inOrder(cut, lines);
}
