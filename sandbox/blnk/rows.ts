/**
 * One stored transaction, its ids, and how each of Core's answers shows it: they differ in which
 * fields they lose.
 */
import { createHash } from 'node:crypto';
import { hash32 } from '../random';
import type { Balance } from './balances';
import { majorUnits, plainNumber } from './money';
import { writeMoment } from './moment';
import type { Posting } from './posting';

/** A million of these must fit: ids are computed, equal texts shared, metadata kept as one text. */
export interface Row {
  /** Its place in the order of storing. */
  readonly seq: number;
  readonly status: 'APPLIED' | 'QUEUED' | 'REJECTED';
  readonly reference: string;
  readonly amount: bigint;
  readonly precision: number;
  readonly currency: string;
  readonly description: string;
  readonly source: Balance;
  readonly destination: Balance;
  readonly createdMicros: number;
  readonly effectiveMicros: number | null;
  /** Metadata can be added to later; nothing else of a row ever changes. */
  metaJson: string | null;
  /** Of a queued transaction's outcome: the seq of the QUEUED row. */
  readonly parentSeq: number | null;
}

/** Looks random and holds the seq, so that it needs no memory; the salt tells ledgers apart. */
export function transactionId(salt: number, seq: number): string {
  const first = hash32(salt ^ hash32(seq))
    .toString(16)
    .padStart(8, '0');
  const second = hash32(`${salt}:${seq}`).toString(16).padStart(8, '0');
  const last = seq.toString(16).padStart(12, '0');
  return `txn_${first}-${second.slice(0, 4)}-4${second.slice(4, 7)}-8${second.slice(5)}-${last}`;
}

export function seqOfId(id: string): number {
  return parseInt(id.slice(-12), 16);
}

const NEVER = '0001-01-01T00:00:00Z';

interface Shown extends Omit<Row, 'seq' | 'source' | 'destination' | 'parentSeq'> {
  readonly id: string;
  readonly parentId: string;
  readonly source: string;
  readonly destination: string;
}

function view(shown: Shown): Record<string, unknown> {
  return {
    precise_amount: plainNumber(shown.amount),
    amount: Number(shown.amount) / shown.precision,
    precision: shown.precision,
    overdraft_limit: 0,
    transaction_id: shown.id,
    parent_transaction: shown.parentId,
    source: shown.source,
    destination: shown.destination,
    reference: shown.reference,
    currency: shown.currency,
    description: shown.description,
    status: shown.status,
    hash: hashOf(shown),
    // Not stored by Core: always false when read back, whatever was sent.
    allow_overdraft: false,
    inflight: false,
    skip_queue: false,
    atomic: false,
    created_at: writeMoment(shown.createdMicros),
    ...(shown.effectiveMicros === null
      ? {}
      : { effective_date: writeMoment(shown.effectiveMicros) }),
    scheduled_for: NEVER,
    inflight_expiry_date: NEVER,
    inflight_commit_date: NEVER,
    ...(shown.metaJson === null ? {} : { meta_data: JSON.parse(shown.metaJson) as unknown }),
  };
}

/** The list and filter answers: every field that is stored. */
export function fullView(row: Row, salt: number): Record<string, unknown> {
  return view({
    ...row,
    id: transactionId(salt, row.seq),
    parentId: row.parentSeq === null ? '' : transactionId(salt, row.parentSeq),
    source: row.source.id,
    destination: row.destination.id,
  });
}

/** GET /transactions/:id loses the effective date. */
export function idView(row: Row, salt: number): Record<string, unknown> {
  return fullView({ ...row, effectiveMicros: null }, salt);
}

/** GET /transactions/reference/:ref loses the precision and the hash as well. */
export function referenceView(row: Row, salt: number): Record<string, unknown> {
  return { ...idView(row, salt), precision: 0, hash: '' };
}

/** The 201 of a posting that was applied. */
export function appliedView(row: Row, salt: number, posting: Posting): Record<string, unknown> {
  return { ...fullView(row, salt), ...asSent(posting) };
}

/** The 201 of a queued posting: nothing is stored yet, so the balances are named as they were sent. */
export function queuedView(
  posting: Posting,
  id: string,
  createdMicros: number,
  metaJson: string | null,
): Record<string, unknown> {
  const { effectiveMicros } = posting;
  return {
    ...view({
      ...posting,
      id,
      parentId: '',
      status: 'QUEUED',
      createdMicros,
      effectiveMicros: effectiveMicros ?? createdMicros,
      metaJson,
    }),
    ...asSent(posting),
  };
}

function asSent({ amount, precision, allowOverdraft, skipQueue }: Posting) {
  return {
    amount_string: majorUnits(amount, precision),
    allow_overdraft: allowOverdraft,
    skip_queue: skipQueue,
  };
}

function hashOf(shown: Shown): string {
  const parts = [shown.amount, shown.reference, shown.currency, shown.source, shown.destination];
  return createHash('sha256').update(parts.join('\n')).digest('hex');
}
