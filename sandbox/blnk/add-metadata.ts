/**
 * Metadata that is added later, and the one word in it by which Core counts a balance again from its rows.
 * Core tells what that has changed in the metadata of the balance, not in its answer.
 */
import { z } from 'zod';
import type { Reply } from '../exchange';
import { errorReply } from './errors';
import type { Ledger } from './ledger';
import { mergeJson } from './meta';
import { turnoversOf } from './snapshots';
import { writeMoment } from './moment';

const RECOMPUTE = 'BLNK_RUN_RECONCILIATION';

const added = z.object({ meta_data: z.record(z.string(), z.unknown()) });

export function addMetadata(ledger: Ledger, id: string, body: string, nowMicros: number): Reply {
  const meta = readBody(body);
  if (meta === null) {
    const message = `Key: 'MetadataRequest.Metadata' Error:Field validation for 'Metadata' failed on the 'required' tag`;
    return errorReply({ code: 'GEN_MALFORMED_REQUEST', message });
  }
  if (id.startsWith('txn_')) return addToTransaction(ledger, id, meta);
  if (id.startsWith('bln_')) return addToBalance(ledger, id, meta, nowMicros);
  const message = `invalid entity ID format: ${id}`;
  return errorReply({ code: 'META_INVALID_ENTITY_ID', message });
}

function readBody(body: string): Record<string, unknown> | null {
  try {
    return added.parse(JSON.parse(body)).meta_data;
  } catch {
    // Core has one answer to all that is no metadata.
    return null;
  }
}

function addToTransaction(ledger: Ledger, id: string, meta: Record<string, unknown>): Reply {
  const row = ledger.byId(id);
  if (row === null) return notFound();
  const outcomes = ledger.rows.filter(({ parentSeq }) => parentSeq === row.seq);
  ledger.addToRows(
    [row, ...outcomes].map(({ seq }) => seq),
    JSON.stringify(meta),
  );
  // What was asked for, not what is there now.
  return { status: 200, json: { meta_data: meta } };
}

function addToBalance(
  ledger: Ledger,
  id: string,
  meta: Record<string, unknown>,
  nowMicros: number,
): Reply {
  const balance = ledger.balances.byId(id);
  if (balance === null) return notFound();
  const merged = JSON.parse(mergeJson(balance.metaJson, JSON.stringify(meta))) as typeof meta;
  const { [RECOMPUTE]: flag, ...kept } = merged;
  if (flag !== 'SOURCE') {
    ledger.change(balance, { metaJson: JSON.stringify(merged) });
    return { status: 200, json: { meta_data: merged } };
  }
  const { debit, credit } = turnoversOf(ledger.rows, balance, Infinity, null);
  const before = balance.credit - balance.debit;
  const result = {
    executed_at: writeMoment(nowMicros).replace('T', ' ').replace('Z', '+00'),
    previous_debit: String(balance.debit),
    previous_credit: String(balance.credit),
    previous_balance: String(before),
    recalculated_debit: String(debit),
    recalculated_credit: String(credit),
    recalculated_balance: String(credit - debit),
    difference: String(credit - debit - before),
  };
  const metaJson = JSON.stringify({ ...kept, BLNK_RECONCILIATION_RESULT: result });
  ledger.change(balance, { debit, credit, metaJson });
  return { status: 200, json: { meta_data: merged } };
}

function notFound(): Reply {
  return errorReply({ code: 'META_ENTITY_NOT_FOUND', message: 'entity not found' });
}
