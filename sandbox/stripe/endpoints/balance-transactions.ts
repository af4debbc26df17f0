/** /v1/balance_transactions: the rows, newest first, with what each is about if that is asked for. */
import { objectNow, type Account } from '../account';
import { createCollection, page, type Collection } from '../feed';
import { isListed, type TransactionRow } from '../objects/balance-transaction';
import { expansions, limitOf, readParams, type Params } from '../params';
import { badParameter, missing } from '../refusal';
import { renderTransaction } from '../render/balance-transaction';
import type { Call, Endpoint } from './call';
import { cursors, listed, PAGE_PARAMS } from './list';
import { sourceReader } from './sources';

export const balanceTransactions: Endpoint = { root: list, one: retrieve };

function list(call: Call) {
  call.demand('rak_balance_read');
  const { account } = call;
  const params = readParams(call.query, {
    scalars: [...PAGE_PARAMS, 'currency', 'payout', 'source', 'type'],
    arrays: ['expand'],
    created: true,
  });
  const sourceOf = sourceReader(call, expandedOf(params, 'data.source'));
  const now = account.clock.nowSeconds();
  const currency = params.scalars.get('currency');
  const type = params.scalars.get('type');
  const rows = narrowed(account, params);
  const found = page(rows.feeds, {
    ...params.created,
    limit: limitOf(params),
    ...cursors('balance_transaction', params, account.transactions),
    shows: (row) => {
      if (!isListed(row, now) || row.created > now) return false;
      if (currency !== undefined && currency !== row.transaction.currency) return false;
      return type === undefined || type === row.transaction.type;
    },
  });
  const data = found.rows.map(({ transaction }) =>
    renderTransaction(transaction, now, sourceOf(transaction.source)),
  );
  return listed(call, data, found.hasMore);
}

function retrieve(id: string, call: Call) {
  call.demand('rak_balance_read');
  const { account } = call;
  const params = readParams(call.query, { arrays: ['expand'] });
  const sourceOf = sourceReader(call, expandedOf(params, 'source'));
  const now = account.clock.nowSeconds();
  const row = account.transactions.find(id);
  const isThere = row !== undefined && row.transaction.visibleAt !== null && row.created <= now;
  if (!isThere) throw missing('balance_transaction', id, 'id', 404);
  return renderTransaction(row.transaction, now, sourceOf(row.transaction.source));
}

/** What of the sources is asked for: a path that some of them lack is no mistake. */
function expandedOf(params: Params, root: string): readonly string[] | null {
  const asked = expansions(params, (path) => path === root || path.startsWith(`${root}.`));
  return asked.length === 0 ? null : asked.map((path) => path.slice(root.length + 1));
}

/** The rows of one source or of one payout, or all. */
function narrowed(account: Account, { scalars }: Params): Collection<TransactionRow> {
  const source = scalars.get('source');
  const payout = scalars.get('payout');
  if (source === undefined && payout === undefined) return account.transactions;
  let rows = source === undefined ? undefined : account.transactionsOf(source);
  if (payout !== undefined) {
    const contents = contentsOf(account, payout);
    rows = (rows ?? [...contents].flatMap((id) => account.transactions.find(id) ?? [])).filter(
      ({ id }) => contents.has(id),
    );
  }
  const some = createCollection<TransactionRow>();
  for (const row of rows ?? []) some.stored.insert(row);
  return some;
}

/** Until it is reconciled, Stripe may not have found them all: here the oldest is left out. */
function contentsOf(account: Account, id: string): ReadonlySet<string> {
  const payout = objectNow(account, id);
  if (payout?.object !== 'payout') throw missing('payout', id, 'payout', 400);
  if (!payout.automatic) {
    const message =
      'Balance transaction history can only be filtered on automatic transfers, not manual.';
    throw badParameter('payout', message);
  }
  const { contents, reconciliationStatus } = payout;
  return new Set(reconciliationStatus === 'completed' ? contents : contents.slice(1));
}
