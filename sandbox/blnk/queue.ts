/**
 * Core's queued mode, its default: it answers 201 before anything is stored, and the outcome is a
 * second row, `<reference>_q`, APPLIED or REJECTED, while the first stays QUEUED for ever.
 */
import { randomInt } from 'node:crypto';
import type { Balance } from './balances';
import type { Book } from './book';
import { judge } from './judge';
import { metaText } from './meta';
import type { Posting } from './posting';
import { queuedView, transactionId, type Row } from './rows';

/** work: outcomes follow at once. hold: none until "work" again. lose: acknowledged, then nothing. */
export type QueueMode = 'work' | 'hold' | 'lose';

export interface Queue {
  mode(): QueueMode;
  setMode(mode: QueueMode): void;
  /** Always acknowledges. `balances` is null where one does not exist. */
  accept(
    posting: Posting,
    balances: { readonly source: Balance; readonly destination: Balance } | null,
    micros: number,
  ): Record<string, unknown>;
  close(): void;
}

export function createQueue(book: Book): Queue {
  let mode: QueueMode = 'work';
  // A stop between an acknowledgement and its outcome leaves rows that the workers still owe one.
  let waiting = book.rows.filter(
    ({ status, reference }) => status === 'QUEUED' && book.byReference(`${reference}_q`) === null,
  );
  let soon: NodeJS.Immediate | null = null;

  function workSoon() {
    if (mode === 'work' && waiting.length > 0) soon ??= setImmediate(work);
  }

  function work() {
    soon = null;
    const batch = waiting;
    waiting = [];
    for (const row of batch) finish(row, batch.length > 1);
  }

  function finish(row: Row, together: boolean) {
    const reference = `${row.reference}_q`;
    // Where somebody else's row has that reference already, there is no outcome.
    if (book.byReference(reference) !== null) return;
    const { seq: parentSeq, ...copied } = row;
    const meta = row.metaJson === null ? {} : (JSON.parse(row.metaJson) as Record<string, unknown>);
    const asked = { ...row, allowOverdraft: meta['allow_overdraft'] === true };
    const refusal = judge(asked, row.source, null);
    book.store({
      ...copied,
      reference,
      parentSeq,
      // Core handles postings that wait together as one batch, and forgets their dates there.
      effectiveMicros: together ? null : row.effectiveMicros,
      ...(refusal === null
        ? { status: 'APPLIED' }
        : {
            status: 'REJECTED',
            metaJson: JSON.stringify({ ...meta, blnk_rejection_reason: refusal.message }),
          }),
    });
  }

  workSoon();
  return {
    mode: () => mode,
    setMode: (next) => {
      mode = next;
      workSoon();
    },
    accept: (posting, balances, micros) => {
      const { reference, amount, precision, currency, description, effectiveMicros } = posting;
      const free = amount > 0n && book.byReference(reference) === null;
      const kept = free && mode !== 'lose' ? balances : null;
      // What is never stored is acknowledged all the same, under an id that never exists.
      const seq = kept === null ? 2 ** 47 + randomInt(2 ** 40) : book.nextSeq();
      const id = transactionId(book.salt, seq);
      const meta = metaText(posting, { QUEUED_PARENT_TRANSACTION: id });
      if (kept !== null) {
        const row = book.store({
          ...{ reference, amount, precision, currency, description, ...kept },
          status: 'QUEUED',
          createdMicros: micros,
          effectiveMicros: effectiveMicros ?? micros,
          metaJson: meta,
          parentSeq: null,
        });
        waiting.push(row);
        workSoon();
      }
      return queuedView(posting, id, micros, meta);
    },
    close: () => {
      if (soon !== null) clearImmediate(soon);
    },
  };
}
