/** The rows of `acceptances`: postings of others that a person has found right, each named by every proof. */
import type { ProofItem } from '../domain/proof/proof-items';
import type { LedgerPosting } from '../domain/proof/proof-search';
import type { Queries } from './db';

export interface Acceptance {
  /** Blnk's id of a posting that has no reference. */
  readonly reference: string;
  /** As the ledger writes it. */
  readonly currency: string;
  /** As it moves what Stripe holds. */
  readonly amount: bigint;
  /** Unix seconds. */
  readonly bookedAt: number | null;
  readonly by: string;
  readonly at: Date;
  readonly note: string;
}

type Accepted = Pick<LedgerPosting, 'reference' | 'id' | 'currency' | 'amount' | 'bookedAt'>;

/**
 * The first one who accepts it stays, and what it was then.
 * @param said `at`: when it was accepted. Default: now
 */
export async function accept(
  tx: Queries,
  { instanceId, sourceId }: { readonly instanceId: string; readonly sourceId: string },
  postings: readonly Accepted[],
  { by, note, at = null }: Pick<Acceptance, 'by' | 'note'> & { readonly at?: Date | null },
): Promise<void> {
  await tx.query(
    `insert into acceptances (instance_id, source_id, reference, currency, amount, booked_at_s, accepted_by, note, accepted_at)
     select $1, $2, r.reference, r.currency, r.amount, r.booked_at, $7, $8, coalesce($9, now())
     from unnest($3::text[], $4::text[], $5::numeric[], $6::bigint[]) r(reference, currency, amount, booked_at)
     on conflict do nothing`,
    [
      instanceId,
      sourceId,
      postings.map(({ reference, id }) => reference || id),
      postings.map(({ currency }) => currency),
      postings.map(({ amount }) => amount.toString()),
      postings.map(({ bookedAt }) => bookedAt),
      by,
      note,
      at,
    ],
  );
}

/**
 * The same by a person who has seen a proof.
 * @param items of the proof: what it names as accepted under their names and gone is no longer
 */
export async function acceptNamed(
  tx: Queries,
  place: { readonly instanceId: string; readonly sourceId: string },
  postings: readonly Accepted[],
  { items, ...said }: Pick<Acceptance, 'by' | 'note'> & { readonly items: readonly ProofItem[] },
): Promise<void> {
  const names = new Set(postings.map(({ reference, id }) => reference || id));
  const gone = items.filter((one) => one.kind === 'accepted_gone' && names.has(one.reference));
  await tx.query(
    `delete from acceptances where source_id = $1 and (reference, currency, amount) in (
       select r.* from unnest($2::text[], $3::text[], $4::numeric[]) r)`,
    [
      place.sourceId,
      gone.map(({ reference }) => reference),
      gone.map(({ currency }) => currency),
      gone.map(({ amount }) => amount.toString()),
    ],
  );
  await accept(tx, place, postings, said);
}

/** @returns whether it was accepted */
export async function takeBack(tx: Queries, sourceId: string, reference: string): Promise<boolean> {
  const rows = await tx.query(
    'delete from acceptances where source_id = $1 and reference = $2 returning 1',
    [sourceId, reference],
  );
  return rows.length > 0;
}

export async function listAcceptances(db: Queries, sourceId: string): Promise<Acceptance[]> {
  const rows = await db.query<Omit<Acceptance, 'amount'> & { amount: string }>(
    `select reference, currency, amount::text as amount, booked_at_s as "bookedAt", accepted_by as by,
       accepted_at as at, note
     from acceptances where source_id = $1 order by accepted_at, reference`,
    [sourceId],
  );
  return rows.map((row) => ({ ...row, amount: BigInt(row.amount) }));
}
