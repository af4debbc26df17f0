/** The walk over what stands on a balance at a Core: each posting once, however many share a time. */
import fc from 'fast-check';
import { createCoreRows } from '../../src/blnk/core-rows';
import type { BlnkRequest } from '../../src/blnk/http';

const never = new AbortController().signal;

interface Stored {
  readonly transaction_id: string;
  readonly created_at: string;
}

interface Asked {
  readonly filters: readonly {
    readonly field: string;
    readonly operator: string;
    readonly value: string;
  }[];
  readonly sort_by: string;
  readonly limit: number;
  readonly offset?: number;
}

/** A Core that gives those of one time in another order each time, as a database may. */
function coreWith(
  stored: readonly Stored[],
  onPage: (page: number) => readonly Stored[] = () => [],
) {
  const all = [...stored];
  let page = 0;
  return createCoreRows({
    exchange: async ({ body }: BlnkRequest) => {
      all.push(...onPage(page));
      page += 1;
      const { filters, sort_by, limit, offset = 0 } = body as Asked;
      const { operator, value: sent } = filters.find(({ field }) => field === 'created_at')!;
      const value = whole(sent);
      const found = all.filter(({ created_at: at }) =>
        operator === 'eq' ? at === value : operator === 'gt' ? at > value : at >= value,
      );
      if (page % 2 === 0) found.reverse();
      const key = sort_by === 'transaction_id' ? 'transaction_id' : 'created_at';
      found.sort((a, b) => (a[key] < b[key] ? -1 : a[key] > b[key] ? 1 : 0));
      return { status: 200, code: '', body: found.slice(offset, offset + limit).map(rowOf) };
    },
  });
}

/** To the microsecond, so that times compare as texts do. */
const whole = (time: string) =>
  time.replace(/\d+Z$/, (end) => `${end.slice(0, -1).padEnd(6, '0')}Z`);

const rowOf = (one: Stored) => ({
  ...one,
  ...{ reference: one.transaction_id, status: 'APPLIED', precise_amount: 1, source: 'bln_1' },
});

async function walk(core: ReturnType<typeof coreWith>, from: Date): Promise<string[]> {
  const ids: string[] = [];
  for (let at: Date | string | null = from; at !== null;) {
    const { lines, next } = await core.linesOn('bln_1', at, never);
    ids.push(...lines.map(({ transactionId }) => transactionId));
    at = next;
  }
  return ids;
}

const START = new Date('2026-03-01T12:00:00.000Z');
const timeOf = (micros: number) => `2026-03-01T12:00:00.${String(micros).padStart(6, '0')}Z`;
const storedAt = (times: readonly number[]) =>
  times.map((micros, at) => ({
    transaction_id: `txn_${String((at * 7919) % times.length).padStart(4, '0')}_${at}`,
    created_at: timeOf(micros),
  }));

test('each posting comes once, in whatever pages, and also where hundreds share a time', async () => {
  const groups = fc.array(
    fc.record({ micros: fc.nat(999_999), count: fc.constantFrom(1, 2, 60, 99, 100, 101, 250) }),
    { maxLength: 6 },
  );
  await fc.assert(
    fc.asyncProperty(groups, async (given) => {
      const stored = storedAt(
        given.flatMap(({ micros, count }) => Array<number>(count).fill(micros)),
      );
      const ids = await walk(coreWith(stored), START);
      expect([...ids].sort()).toEqual(stored.map((one) => one.transaction_id).sort());
    }),
    { numRuns: 100 },
  );
});

test('what is taken during the walk moves nothing out of it', async () => {
  const stored = storedAt(Array.from({ length: 250 }, (_, at) => at * 10));
  const late = { transaction_id: 'txn_late', created_at: timeOf(999_999) };
  const core = coreWith(stored, (page) => (page === 1 ? [late] : []));
  const ids = await walk(core, START);
  expect(ids).toHaveLength(251);
  expect(new Set(ids)).toEqual(new Set([...stored, late].map((one) => one.transaction_id)));
});

test('the end of a page of another ledger is not taken for one', async () => {
  await expect(coreWith([]).linesOn('bln_1', 'somewhere', never)).rejects.toThrow('Not the end');
});
