/** The rows of `balance_readings` and `reading_judgements`: what Stripe said that its balance was, and what came of it. */
import type { BalancePart, BalanceReading } from '../domain/proof/balance-reading';
import type { Judgement } from '../domain/proof/reading-judgement';
import type { Db, Queries } from './db';
import { assertOpen } from './syncs';

interface OfSync {
  readonly syncId: string;
  readonly instanceId: string;
  readonly sourceId: string;
}

type StoredPart = Omit<BalancePart, 'available' | 'pending'> &
  Readonly<Record<'available' | 'pending', string>>;

/** A second one of the same second takes the place of the first, and is to be judged as any: a run rests on its own. */
export async function saveReading(
  db: Db,
  sync: OfSync,
  { at, parts }: BalanceReading,
): Promise<void> {
  const stored: StoredPart[] = parts.map((part) => ({
    ...part,
    available: part.available.toString(),
    pending: part.pending.toString(),
  }));
  await db.transaction(async (tx) => {
    await assertOpen(tx, sync.syncId);
    await tx.query(
      `insert into balance_readings (instance_id, source_id, at_s, parts, waits)
       values ($1, $2, $3, $4::jsonb, true)
       on conflict (source_id, at_s) do update set parts = excluded.parts, waits = true`,
      [sync.instanceId, sync.sourceId, at, JSON.stringify(stored)],
    );
  });
}

/** Those that are still to be judged, oldest first. */
export async function waitingReadings(
  db: Queries,
  sourceId: string,
  limit: number,
): Promise<BalanceReading[]> {
  const rows = await db.query<StoredReading>(
    `select at_s as at, parts from (
       select at_s, parts from balance_readings where source_id = $1 and waits order by at_s desc limit $2) r
     order by at_s`,
    [sourceId, limit],
  );
  return rows.map(toReading);
}

/** @param times Unix seconds of those that are asked for */
export async function readingsAt(
  db: Queries,
  sourceId: string,
  times: readonly number[],
): Promise<BalanceReading[]> {
  if (times.length === 0) return [];
  const rows = await db.query<StoredReading>(
    `select at_s as at, parts from balance_readings where source_id = $1 and at_s = any($2)`,
    [sourceId, times],
  );
  return rows.map(toReading);
}

/** Those that an opening balance can be computed from, the oldest first: what they leave may not be forgotten. */
export async function openingReadings(
  db: Queries,
  sourceId: string,
  from: number,
  limit: number,
): Promise<BalanceReading[]> {
  const rows = await db.query<StoredReading>(
    `select at_s as at, parts from balance_readings where source_id = $1 and waits and at_s >= $2
     order by at_s limit $3`,
    [sourceId, from, limit],
  );
  return rows.map(toReading);
}

/** Of a balance before the cut-over, or near it, nothing can be judged, nor can anything be held against it. */
export async function dropReadings(tx: Queries, sourceId: string, before: number): Promise<void> {
  await tx.query(`delete from balance_readings where source_id = $1 and waits and at_s < $2`, [
    sourceId,
    before,
  ]);
}

/** Of those that wait, what lies between two times: an opening balance is computed from the oldest and the newest. */
export async function dropReadingsBetween(
  tx: Queries,
  sourceId: string,
  after: number,
  before: number,
): Promise<void> {
  await tx.query(
    'delete from balance_readings where source_id = $1 and waits and at_s > $2 and at_s < $3',
    [sourceId, after, before],
  );
}

/** The newest that is judged; undefined: none is. */
export async function newestJudged(
  db: Queries,
  sourceId: string,
): Promise<BalanceReading | undefined> {
  const [row] = await db.query<StoredReading>(
    `select at_s as at, parts from balance_readings where source_id = $1 and not waits
     order by at_s desc limit 1`,
    [sourceId],
  );
  return row && toReading(row);
}

export interface JudgedCurrency {
  readonly currency: string;
  readonly at: number;
  readonly judgement: Extract<Judgement, { kind: 'judged' }>;
}

/**
 * Notes judgements; a later one of the same reading and currency overrules the earlier.
 * @param done readings that nothing is left to be judged of, or that are given up
 */
export async function saveJudgements(
  db: Db,
  sync: OfSync,
  judged: readonly JudgedCurrency[],
  done: readonly number[],
): Promise<void> {
  await db.transaction(async (tx) => {
    await assertOpen(tx, sync.syncId);
    await tx.query(
      `insert into reading_judgements as j (instance_id, source_id, currency, at_s, difference, since, exact)
       select $1, $2, r.* from unnest($3::text[], $4::bigint[], $5::numeric[], $6::numeric[], $7::boolean[]) r
       on conflict (source_id, currency, at_s) do update
         set difference = excluded.difference, since = excluded.since, exact = excluded.exact`,
      [
        sync.instanceId,
        sync.sourceId,
        judged.map(({ currency }) => currency),
        judged.map(({ at }) => at),
        judged.map(({ judgement }) => judgement.difference.toString()),
        judged.map(({ judgement }) => judgement.since.toString()),
        judged.map(({ judgement }) => judgement.exact),
      ],
    );
    await tx.query(
      `update balance_readings set waits = false where source_id = $1 and at_s = any($2) and waits`,
      [sync.sourceId, done],
    );
  });
}

/**
 * Of a currency, the exact one that last did not add up, unless a newer exact one did since: it is judged anew with
 * every proof.
 */
export async function lastMismatch(
  db: Queries,
  sourceId: string,
  currency: string,
): Promise<BalanceReading | null> {
  const [row] = await db.query<StoredReading>(
    `select j.at_s as at, r.parts from (
       select at_s from reading_judgements where source_id = $1 and currency = $2 and exact and difference <> 0
       order by at_s desc limit 1) j
     join balance_readings r on r.source_id = $1 and r.at_s = j.at_s
     where not exists (select from reading_judgements m
       where m.source_id = $1 and m.currency = $2 and m.at_s > j.at_s and m.exact and m.difference = 0)`,
    [sourceId, currency],
  );
  return row ? toReading(row) : null;
}

interface StoredReading {
  readonly at: number;
  readonly parts: readonly StoredPart[];
}

function toReading({ at, parts }: StoredReading): BalanceReading {
  return {
    at,
    parts: parts.map((part) => ({
      ...part,
      available: BigInt(part.available),
      pending: BigInt(part.pending),
    })),
  };
}
