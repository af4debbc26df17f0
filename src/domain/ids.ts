/**
 * Every id and reference that outlives a process is built here, and test/unit/ids.test.ts freezes the
 * formats: a changed reference posts every pay-in a second time.
 */
import { createHash } from 'node:crypto';
import { isReserved, type BalanceNames } from './balances';
import { isPlainPayer } from './payer';

/** Behind the dot of a reference. `gross`: the money itself, under the bare id. */
export type LegName =
  | 'gross'
  | 'fee'
  | 'tax'
  | 'withheld'
  | 'network'
  | 'appfee'
  | `fee_${string}`
  | 'fx1'
  | 'fx2'
  | 'applied'
  | 'opening'
  | 'diff'
  | 'lost'
  | 'lost.fx2'
  | 'assigned';

/** The Blnk reference of a pay-in: the PaymentIntent id itself, unique over all Stripe accounts. */
export function referenceOf(paymentIntentId: string): string {
  return paymentIntentId;
}

/** The leg of a balance transaction (`txn_…`), a pay-in (`pi_…`) or a charge (`ch_…`, `py_…`): each leg is a posting. */
export function legReferenceOf(id: string, leg: LegName): string {
  return leg === 'gross' ? id : `${id}.${leg}`;
}

/** The leg of a fee of a type that no leg is named after; what is no plain word stands as its digest. */
export function feeLegOf(type: string): LegName {
  return `fee_${/^[a-z0-9_]{1,40}$/.test(type) ? type : digest(type)}`;
}

/** The balance with which a currency begins at the cut-over. @param day YYYY-MM-DD */
export function openingReferenceOf(stripeAccount: string, currency: string, day: string): string {
  return `opening.${stripeAccount}.${currency}.${day}`;
}

/** What a movement is called that was posted under this reference, its own or its second one. */
export function movementOf(reference: string): string {
  return reference.replace(/\.r2$/, '');
}

/** What takes back a posting of somebody else's. @param reference theirs, or Blnk's id of one that has none */
export function reversalReferenceOf(reference: string): string {
  return `${reference}.reversed`;
}

/** Nothing has this reference: it is looked up to see whether a look-up works. */
export const NOBODY = 'stripe_sync_probe';

/** Blnk's queued mode stores the outcome of a posting in a child under this reference. */
export function queuedChildOf(reference: string): string {
  return `${reference}_q`;
}

/** A reference, and where the outcome stands if it was posted in queued mode. */
export function pairOf(reference: string): readonly [own: string, child: string] {
  return [reference, queuedChildOf(reference)];
}

/** Where a posting goes whose reference was rejected in queued mode: Blnk keeps that one used for ever. */
export function secondReferenceOf(reference: string): string {
  return `${reference}.r2`;
}

/**
 * Where something has to be looked for that stands, by our own rows, under its second reference: what has burnt the
 * first one may be gone from the ledger. None: it stands under its own.
 */
export function secondPairOf(held: string): readonly string[] {
  const second = /^(.+\.r2)(_q)?$/.exec(held)?.[1];
  return second === undefined ? [] : pairOf(second);
}

/** The movements that a posting under this reference may be of: the other way round from the two above. */
export function movementsBehind(reference: string): readonly string[] {
  const own = reference.replace(/_q$/, '');
  return [...new Set([reference, own, own.replace(/\.r2$/, '')])];
}

/** Whether a posting under this reference may be one of ours, by its form alone: somebody else may write the same. */
export function looksOurs(reference: string): boolean {
  return /^(pi|ch|py|txn)_\w+(\.\w+)*$/.test(reference);
}

/**
 * The balance of a payer; indicators in Blnk start with `@`. An id that could name another balance, or
 * that is no plain word, gets a name made from its digest: the colon keeps it apart from every plain one.
 */
export function balanceOf(payer: string, own?: BalanceNames): string {
  const name = plainBalanceOf(payer);
  if (name !== null && !isReserved(name, own)) return name;
  return `@customer:${createHash('sha256').update(payer).digest('hex').slice(0, 32)}`;
}

/** The name that versions before the derived ones gave to every payer; null: they gave none. */
export function plainBalanceOf(payer: string): string | null {
  return isPlainPayer(payer) ? `@${payer}` : null;
}

/** One sync per workflow chain: continue-as-new keeps the first run's id, so the id survives it. */
export function syncIdOf(instanceId: string, workflowId: string, firstRunId: string): string {
  return `sync_${digest(instanceId, workflowId, firstRunId)}`;
}

export function sourceIdOf(
  instanceId: string,
  stripeAccount: string,
  livemode: boolean,
  ledgerAddress: string,
): string {
  return `src_${digest(instanceId, stripeAccount, String(livemode), ledgerAddress)}`;
}

export function listingIdOf(sourceId: string, startedAt: number, syncId: string): string {
  return `lst_${digest(sourceId, String(startedAt), syncId)}`;
}

export function windowIdOf(
  syncId: string,
  feed: string,
  from: number | null,
  to: number | null,
  round: number,
): string {
  return `win_${digest(syncId, feed, String(from), String(to), String(round))}`;
}

/** A window that a page has cut off its own one. */
export function cutWindowIdOf(pageId: string, from: number): string {
  return `win_${digest(pageId, String(from))}`;
}

/** The first page of a window has no cursor. Reading a page again gives the same id. */
export function pageIdOf(syncId: string, windowId: string, cursor: string | null): string {
  return `page_${digest(syncId, windowId, cursor ?? '')}`;
}

/** Sync and page of a pay-in that is to be posted again and that no page has taken yet. */
export const UNPLACED = 'none';

/** Tells keys apart without storing them; 64 bits of a digest of a high-entropy secret. */
export function keyFingerprintOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex').slice(0, 16);
}

/** What a Stripe account is called where we tell accounts apart; a key may not say whose it is. */
export function accountKeyOf(stripeAccount: string | null, keyFingerprint: string): string {
  return stripeAccount ?? `key_${keyFingerprint}`;
}

export function scheduleIdOf(instanceId: string): string {
  return `stripe-sync:${instanceId}`;
}

export function adhocWorkflowIdOf(instanceId: string): string {
  return `stripe-sync:${instanceId}:adhoc`;
}

/** What a row of Stripe's is set aside under that has no id: the same row gives the same again. */
export function unreadableRowIdOf(row: string): string {
  return `row_${digest(row)}`;
}

/** NUL cannot occur in a part, so two lists of parts never join to the same text. */
function digest(...parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 20);
}
