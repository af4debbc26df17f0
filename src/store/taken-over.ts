/**
 * Legs of sources that were left which the first reading of all rows takes over, since Stripe lists them to the key that
 * there is now: another key of the same account, where one of the two does not tell whose it is. They count from the
 * cut-over on, like any others. Nothing here writes.
 */
import { rowsFrom } from '../domain/window';
import type { Queries } from './db';
import {
  AT_ONCE,
  EARLIER,
  parametersOf,
  type Beginning,
  type OpeningPlace,
  type Sum,
} from './earlier';
import { firstTaken } from './left-sums';
import { IN_LEDGER_STATES } from './outcome-columns';

/** What Stripe has listed since the cut-over. */
export interface ListedSince {
  /** Ids of rows. */
  readonly ids: ReadonlySet<string>;
  /** PaymentIntents that have a charge among them. */
  readonly charged: ReadonlySet<string>;
}

interface Left {
  readonly place: OpeningPlace;
  readonly beginning: Beginning;
  /** Ids of the sources that were left. */
  readonly left: readonly string[];
}

/** By currency, in upper case, with more than one sum of each. */
export async function takenOver(db: Queries, of: Left, listed: ListedSince): Promise<Sum[]> {
  const sums = await ofPayInsSince(db, of, listed);
  const ids = [...listed.ids];
  for (let at = 0; at < ids.length; at += AT_ONCE) {
    sums.push(...(await ofRows(db, of, ids.slice(at, at + AT_ONCE))));
  }
  return sums;
}

/** Of legs `l`: those of sources that were left which the opening balance would count. */
const isCounted = (left: string, to: string) =>
  `l.source_id = any(${left}) and l.state in ${IN_LEDGER_STATES} and ${firstTaken('l')} < ${to}`;

/**
 * Of rows since the cut-over. What has followed one as from before a later cut-over (`.opening`) is made no more: of such
 * a row itself nothing was booked.
 */
const IS_MADE = `(l.leg <> 'opening' or exists (select from movements g
  where g.instance_id = l.instance_id and g.bt_id = l.bt_id and g.leg = 'gross' and g.source_id = l.source_id))`;

function ofRows(
  db: Queries,
  { place, beginning, left }: Left,
  ids: readonly string[],
): Promise<Sum[]> {
  return db.query<Sum>(
    `select upper(l.currency) as currency, sum(l.moves)::text as amount from movements l
     where l.instance_id = $1 and l.bt_id = any($2) and ${IS_MADE} and ${isCounted('$3', '$4')}
     group by 1`,
    [place.instanceId, ids, left, beginning.foundAt ?? 'infinity'],
  );
}

/**
 * What has followed rows from before the cut-over, as far back as they are read, whose pay-in counts from there on: it
 * is made again. Few: debits that were under way.
 */
async function ofPayInsSince(
  db: Queries,
  { place, beginning, left }: Left,
  { charged }: ListedSince,
): Promise<Sum[]> {
  const legs = await db.query<Sum & { readonly payment: string; readonly isEarlier: boolean }>(
    `select m.movement_id as payment, coalesce(${EARLIER}, false) as "isEarlier",
       upper(l.currency) as currency, l.moves::text as amount
     from balance_transactions b
     join movements l on l.instance_id = b.instance_id and l.bt_id = b.bt_id
     join movements m on m.instance_id = b.instance_id and m.movement_id = b.payment_intent_id
     where b.source_id = any($5) and b.currency in (select currency from stripe_totals where source_id = any($5))
       and b.created_s >= $6 and b.created_s < $3 and l.leg in ('opening', 'fx1', 'diff') and ${isCounted('$5', '$4')}
       and m.source_id = $2 and m.kind = 'pay_in' and m.state in ${IN_LEDGER_STATES}`,
    [...parametersOf(place, beginning), left, rowsFrom(beginning.cutOver)],
  );
  return legs.filter(({ payment, isEarlier }) => !isEarlier || charged.has(payment));
}
