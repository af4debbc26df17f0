/** The ledger behind both forms of the stand-in: posting at once, or into the queue. */
import type { Clock } from '../clock';
import type { Journal } from '../journal';
import type { Balance } from './balances';
import { openBook, type Book } from './book';
import type { Refusal } from './errors';
import { judge } from './judge';
import { createLocks, type Locks } from './locks';
import { metaText } from './meta';
import type { Posting } from './posting';
import { createQueue, type Queue } from './queue';
import { appliedView } from './rows';

export type Outcome =
  | { readonly kind: 'created'; readonly view: Record<string, unknown> }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

export interface Ledger extends Omit<Book, 'store' | 'savedClockOffset'> {
  readonly locks: Locks;
  readonly queue: Omit<Queue, 'accept'>;
  /** By its own clock. */
  nowMicros(): number;
  post(posting: Posting): Promise<Outcome>;
}

interface Pair {
  readonly source: Balance;
  readonly destination: Balance;
}

/** The clock's milliseconds, and what is asked within one of them in its order. */
function createMicros(clock: Clock): () => number {
  let latestMs = 0;
  let within = 0;
  return () => {
    const ms = clock.nowMs();
    within = ms === latestMs ? Math.min(within + 1, 999) : 0;
    latestMs = ms;
    return ms * 1000 + within;
  };
}

export function openLedger(journal: Journal, clock: Clock): Ledger {
  const book = openBook(journal);
  if (book.savedClockOffset !== null) clock.setOffset(book.savedClockOffset);
  const locks = createLocks(clock);
  const queue = createQueue(book);

  const nowMicros = createMicros(clock);

  async function refusalOf(posting: Posting, { source, destination }: Pair) {
    // The lock comes first: while it is held, a reference that is used already is a 423, not a 409.
    if (await locks.acquire([source.indicator, destination.indicator])) {
      return judge(posting, source, book.byReference(posting.reference));
    }
    const message = 'failed to acquire lock: failed to acquire all locks within the wait timeout';
    return { code: 'GEN_RESOURCE_LOCKED', message } as const;
  }

  async function postNow(posting: Posting, pair: Pair, micros: number): Promise<Outcome> {
    const refusal = await refusalOf(posting, pair);
    if (refusal !== null) return { kind: 'refused', refusal };
    const { reference, amount, precision, currency, description, effectiveMicros } = posting;
    const row = book.store({
      ...{ reference, amount, precision, currency, description, ...pair },
      status: 'APPLIED',
      createdMicros: micros,
      effectiveMicros: effectiveMicros ?? micros,
      metaJson: metaText(posting),
      parentSeq: null,
    });
    return { kind: 'created', view: appliedView(row, book.salt, posting) };
  }

  return {
    ...book,
    locks,
    queue,
    nowMicros,
    post: async (posting) => {
      const micros = nowMicros();
      const source = book.balances.resolve(posting.source, posting.currency, micros);
      const destination = book.balances.resolve(posting.destination, posting.currency, micros);
      const pair = source !== null && destination !== null ? { source, destination } : null;
      if (!posting.skipQueue) {
        return { kind: 'created', view: queue.accept(posting, pair, micros) };
      }
      if (pair !== null) return postNow(posting, pair, micros);
      const missing = source === null ? posting.source : posting.destination;
      const message = `Balance with ID '${missing}' not found`;
      return { kind: 'refused', refusal: { code: 'TXN_NOT_FOUND', message, details: {} } };
    },
  };
}
