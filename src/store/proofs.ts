/** The rows of `proofs` and `proof_items`: what each proof has said, and how far the search for a fault had come. */
import { itemsIn, type CurrencyProof, type Proof, type ProofState } from '../domain/proof/proof';
import type { PastProof } from '../domain/proof/proof-history';
import {
  TOGETHER,
  type ItemCounts,
  type ItemKind,
  type ProofItem,
} from '../domain/proof/proof-items';
import { gapsText, type EarlierWalk, type Walk } from '../domain/proof/proof-walk';
import { inOrder, type Cut } from './cut';
import type { Db, Queries } from './db';
import { asJson, fromJson } from './numbers';
import { assertOpenAlone } from './syncs';

export interface StoredProof {
  readonly id: number;
  readonly syncId: string | null;
  readonly proof: Proof;
  /** The walk that it ended with; null: it was sound, or nothing had been walked. */
  readonly walk: EarlierWalk | null;
}

interface OfSync {
  readonly syncId: string;
  readonly instanceId: string;
  readonly sourceId: string;
}

/**
 * Ends the search of its sync as well.
 * @param isCounted the ledger's own rows were added up, and all that goes with it was done in time
 * @returns the number that people name it by
 */
export async function saveProof(
  db: Db,
  sync: OfSync,
  proof: Proof,
  walk: Pick<EarlierWalk, 'at' | 'walk'> | null,
  isCounted = false,
): Promise<number> {
  const currencies = proof.currencies.map((one) => ({ ...one, items: idsOf(one.items) }));
  return db.transaction(async (tx) => {
    await assertOpenAlone(tx, sync.syncId);
    await tx.query('update stripe_syncs set walk = null where sync_id = $1', [sync.syncId]);
    // Of an attempt that ended before it could say so.
    await tx.query('delete from proofs where sync_id = $1', [sync.syncId]);
    const [row] = await tx.query<{ id: number }>(
      `insert into proofs (instance_id, source_id, sync_id, at_s, since_s, state, currencies, gaps, walk, walk_at_s,
         is_counted)
       values ($1, $2, $3, $4, $5, $6, $7::jsonb, $8, $9::jsonb, $10, $11) returning proof_id as id`,
      [
        ...[sync.instanceId, sync.sourceId, sync.syncId, proof.at, proof.since, proof.state],
        ...[asJson(currencies), gapsText(proof)],
        ...[walk === null ? null : JSON.stringify(walk.walk), walk?.at ?? null, isCounted],
      ],
    );
    if (!row) throw new Error('insert returned no row');
    await saveItems(tx, row.id, itemsIn(proof));
    return row.id;
  });
}

/** Of an item what its row has no column for, with what it is found by there. */
type ItemId = Pick<ProofItem, 'kind' | 'reference'> & { readonly transactionId: string };

function idsOf(items: readonly ProofItem[]): ItemId[] {
  return items.flatMap(({ kind, reference, transactionId }) =>
    transactionId === undefined ? [] : [{ kind, reference, transactionId }],
  );
}

async function saveItems(tx: Queries, proofId: number, items: readonly ProofItem[]): Promise<void> {
  await tx.query(
    `insert into proof_items (proof_id, position, kind, reference, currency, amount, theirs, at_s, note)
     select $1, r.* from unnest($2::integer[], $3::text[], $4::text[], $5::text[], $6::numeric[], $7::numeric[],
       $8::bigint[], $9::text[]) r`,
    [
      proofId,
      items.map((_, index) => index),
      items.map(({ kind }) => kind),
      items.map(({ reference }) => reference),
      items.map(({ currency }) => currency),
      items.map(({ amount }) => amount.toString()),
      items.map(({ theirs }) => theirs?.toString() ?? null),
      items.map(({ at }) => at),
      items.map(({ note }) => note),
    ],
  );
}

interface StoredRow {
  readonly id: number;
  readonly syncId: string | null;
  readonly at: number;
  readonly since: number | null;
  readonly state: ProofState;
  readonly currencies: string;
  readonly gaps: string;
  readonly walk: Walk | null;
  readonly walkAt: number | null;
}

const COLUMNS = `proof_id as id, sync_id as "syncId", at_s as at, since_s as since, state,
  currencies::text as currencies, gaps, walk, walk_at_s as "walkAt"`;

/**
 * The newest of an instance, with all that it names.
 * @param sourceId that it has to be of: what was proven of one that was left says nothing any more; null: of any
 */
export async function latestProof(
  db: Queries,
  instanceId: string,
  sourceId: string | null = null,
): Promise<StoredProof | undefined> {
  const [row] = await db.query<StoredRow>(
    `select ${COLUMNS} from proofs where instance_id = $1 and ($2::text is null or source_id = $2)
     order by proof_id desc limit 1`,
    [instanceId, sourceId],
  );
  return row && withItems(db, row);
}

/** The newest of a source, without what it names. */
export async function newestProof(
  db: Queries,
  { instanceId, sourceId }: Pick<OfSync, 'instanceId' | 'sourceId'>,
): Promise<StoredProof | undefined> {
  const [row] = await db.query<StoredRow>(
    `select ${COLUMNS} from proofs where instance_id = $1 and source_id = $2 order by proof_id desc limit 1`,
    [instanceId, sourceId],
  );
  return row && toProof(row, []);
}

/** When a proof last was sound and when one last added the ledger's own rows up, of a source: Unix seconds. */
export async function lastTimes(
  db: Queries,
  { instanceId, sourceId }: Pick<OfSync, 'instanceId' | 'sourceId'>,
): Promise<{ readonly sound: number | null; readonly counted: number | null }> {
  const last = (condition: string) => `(select at_s from proofs
    where instance_id = $1 and source_id = $2 and ${condition} order by proof_id desc limit 1)`;
  const [row] = await db.query<{ sound: number | null; counted: number | null }>(
    `select ${last(`state in ('explained', 'proven')`)} as sound, ${last('is_counted')} as counted`,
    [instanceId, sourceId],
  );
  return row ?? { sound: null, counted: null };
}

export async function findProof(
  db: Queries,
  instanceId: string,
  id: number,
): Promise<StoredProof | undefined> {
  const [row] = await db.query<StoredRow>(
    `select ${COLUMNS} from proofs where instance_id = $1 and proof_id = $2`,
    [instanceId, id],
  );
  return row && withItems(db, row);
}

/** The newest that a sync has made. */
export async function proofOfSync(
  db: Queries,
  instanceId: string,
  syncId: string,
): Promise<StoredProof | undefined> {
  const [row] = await db.query<StoredRow>(
    `select ${COLUMNS} from proofs where instance_id = $1 and sync_id = $2 order by proof_id desc limit 1`,
    [instanceId, syncId],
  );
  return row && withItems(db, row);
}

/** The state of the newest that each of these syncs has made; one without is left out. */
export async function proofStatesOf(
  db: Queries,
  instanceId: string,
  syncIds: readonly string[],
): Promise<ReadonlyMap<string, ProofState>> {
  const rows = await db.query<{ syncId: string; state: ProofState }>(
    `select distinct on (sync_id) sync_id as "syncId", state from proofs
     where instance_id = $1 and sync_id = any($2) order by sync_id, proof_id desc`,
    [instanceId, syncIds],
  );
  return new Map(rows.map(({ syncId, state }) => [syncId, state]));
}

/** How many of each kind these proofs name, by their numbers; one that names nothing is left out. */
export async function countItems(
  db: Queries,
  ids: readonly number[],
): Promise<ReadonlyMap<number, ItemCounts>> {
  const rows = await db.query<{ id: number; counts: ItemCounts }>(
    `select id, jsonb_object_agg(kind, count) as counts from (
       select proof_id as id, kind, sum(case when at_s is null then
           coalesce(substring(reference from '${TOGETHER}')::bigint, 1) else 1 end)::bigint as count from proof_items
       where proof_id = any($1::bigint[]) group by 1, 2) c
     group by id`,
    [ids],
  );
  return new Map(rows.map(({ id, counts }) => [id, counts]));
}

/** The newest first, without what they name. @param before a number */
export async function listProofs(
  db: Queries,
  instanceId: string,
  limit: number,
  before: number | null = null,
): Promise<StoredProof[]> {
  const rows = await db.query<StoredRow>(
    `select ${COLUMNS} from proofs
     where instance_id = $1 and ($3::bigint is null or proof_id < $3) order by proof_id desc limit $2`,
    [instanceId, limit, before],
  );
  return rows.map((row) => toProof(row, []));
}

/** A page of them by their numbers, the newest first, without what they name. */
export async function pageOfProofs(
  db: Queries,
  instanceId: string,
  cut: Cut,
): Promise<StoredProof[]> {
  const [sign, direction] = cut.isBack ? ['>', 'asc'] : ['<', 'desc'];
  const rows = await db.query<StoredRow>(
    `select ${COLUMNS} from proofs
     where instance_id = $1 ${cut.place ? `and proof_id ${sign} $3::bigint` : ''}
     order by proof_id ${direction} limit $2`,
    [instanceId, cut.limit, ...(cut.place ? [cut.place.key] : [])],
  );
  return inOrder(cut, rows).map((row) => toProof(row, []));
}

/** As much of a source's history as it takes to tell whether somebody has to be told. Newest first. */
export async function tellingProofs(
  db: Queries,
  { instanceId, sourceId }: Pick<OfSync, 'instanceId' | 'sourceId'>,
): Promise<PastProof[]> {
  return db.query<PastProof>(
    `select at, state from (
       (select proof_id, at_s as at, state from proofs
        where instance_id = $1 and source_id = $2 and state in ('broken', 'explained', 'proven')
        order by proof_id desc limit 2)
       union
       (select proof_id, at_s, state from proofs
        where instance_id = $1 and source_id = $2 and state in ('explained', 'proven')
        order by proof_id desc limit 1)) p
     order by proof_id desc`,
    [instanceId, sourceId],
  );
}

/** As `currencies` of a row has it. */
type StoredCurrency = Omit<CurrencyProof, 'items'> & { readonly items: readonly ItemId[] };

interface StoredItem extends Omit<ProofItem, 'amount' | 'theirs'> {
  readonly kind: ItemKind;
  readonly amount: string;
  readonly theirs: string | null;
}

async function withItems(db: Queries, row: StoredRow): Promise<StoredProof> {
  const items = await db.query<StoredItem>(
    `select kind, reference, currency, amount::text as amount, theirs::text as theirs, at_s as at, note
     from proof_items where proof_id = $1 order by position`,
    [row.id],
  );
  return toProof(
    row,
    items.map((item) => ({
      ...item,
      amount: BigInt(item.amount),
      theirs: item.theirs === null ? null : BigInt(item.theirs),
    })),
  );
}

function toProof(row: StoredRow, found: readonly ProofItem[]): StoredProof {
  const { id, syncId, at, since, state, gaps, walk, walkAt } = row;
  const stored = fromJson(row.currencies) as StoredCurrency[];
  const currencies = stored.map((one) => ({ ...one, items: itemsOf(one, found) }));
  const items = itemsIn({ currencies });
  return {
    id,
    syncId,
    proof: { at, since, state, currencies },
    walk: walk === null || walkAt === null ? null : { at: walkAt, walk, gaps, items },
  };
}

function itemsOf({ currency, items: ids }: StoredCurrency, found: readonly ProofItem[]) {
  const idOf = new Map(ids.map((item) => [`${item.kind} ${item.reference}`, item.transactionId]));
  return found
    .filter((item) => item.currency === currency)
    .map((item) => {
      const transactionId = idOf.get(`${item.kind} ${item.reference}`);
      return transactionId === undefined ? item : { ...item, transactionId };
    });
}

const DAYS = 30;

/** The newest of them stay, however old, and so does the last that was proven or explained. */
const NEWEST = 100;

/** Of one call, so that none takes long. */
const AT_ONCE = 500;

/** Of judgements `j`, what `lastMismatch` may find: of an older one every run would leave a row while a row is missing. */
const MAY_STAND = `(j.exact and j.difference <> 0 and j.at_s = (select n.at_s from reading_judgements n
  where n.source_id = j.source_id and n.currency = j.currency and n.exact order by n.at_s desc limit 1))`;

/**
 * Deletes what is not kept for ever: proofs of long ago, and the readings that they rest on.
 * @param now Unix seconds of the newest proof; default: the database's
 */
export async function trimProofs(
  db: Queries,
  instanceId: string,
  now: number | null = null,
): Promise<void> {
  const ago = `coalesce($2::bigint, extract(epoch from now())::bigint) - ${DAYS * 86_400}`;
  await db.query(
    `delete from proofs where proof_id = any (array(
       select proof_id from proofs
       where instance_id = $1 and at_s < ${ago}
         and proof_id < coalesce((select proof_id from proofs where instance_id = $1
           order by proof_id desc offset ${NEWEST - 1} limit 1), 0)
         and proof_id <> coalesce((select proof_id from proofs
           where instance_id = $1 and state in ('explained', 'proven') order by proof_id desc limit 1), 0)
       order by proof_id limit ${AT_ONCE}))`,
    [instanceId, now],
  );
  await db.query(
    `delete from balance_readings where ctid = any (array(
       select r.ctid from sources s join balance_readings r using (source_id)
       where s.instance_id = $1 and not r.waits and r.at_s < ${ago}
         and not exists (select from reading_judgements j where j.source_id = r.source_id and j.at_s = r.at_s
           and j.exact and j.difference <> 0)
       order by r.source_id, r.at_s limit ${AT_ONCE}))`,
    [instanceId, now],
  );
  await db.query(
    `delete from reading_judgements where ctid = any (array(
       select j.ctid from sources s join reading_judgements j using (source_id)
       where s.instance_id = $1 and j.at_s < ${ago} and not ${MAY_STAND}
       order by j.source_id, j.at_s limit ${AT_ONCE}))`,
    [instanceId, now],
  );
}
