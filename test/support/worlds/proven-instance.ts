/** An instance whose proofs a test has made up: what is shown of them does not depend on how they came about. */
import { prove, type CurrencyFacts, type Proof } from '../../../src/domain/proof/proof';
import type { ProofItem } from '../../../src/domain/proof/proof-items';
import type { Db } from '../../../src/store/db';
import { enableMovements } from '../../../src/store/openings';
import { saveProof } from '../../../src/store/proofs';
import { currentSource } from '../../../src/store/sources';
import { openSync } from '../../../src/store/syncs';
import { aCurrency, anItem, judged, WAITS } from '../books/a-currency';

/** 2026-11-01 */
const SINCE = Date.UTC(2026, 10, 1) / 1000;

const held = (at: number, available: bigint, pending: bigint) => ({
  ...{ at: at - 8, available, pending, judgement: judged(0n) },
});

function usd(at: number, fields: Partial<CurrencyFacts> = {}): CurrencyFacts {
  const booked = { debits: 200_000_000n, credits: 198_755_433n };
  return aCurrency({
    stripe: held(at, 900_110n, 334_457n),
    ...{ entered: 1_234_567n, ledger: booked, booked, movements: 48_211 },
    notYet: { count: 1, amount: 10_000n, oldest: at - 40 },
    ...fields,
  });
}

function gbp(at: number, fields: Partial<CurrencyFacts> = {}): CurrencyFacts {
  const booked = { debits: 40_000_000n, credits: 39_961_140n };
  return aCurrency({
    ...{ currency: 'GBP', stripe: held(at, 38_860n, 0n), entered: 38_860n, movements: 9_040 },
    ...{ ledger: booked, booked },
    ...fields,
  });
}

const of = (item: ProofItem, fields: Partial<ProofItem>): ProofItem => ({ ...item, ...fields });

/** One of each state. @param at Unix seconds */
export const PROOFS = {
  proven: (at: number) => prove(at, SINCE, [usd(at), gbp(at)]),
  explained: (at: number) =>
    prove(at, SINCE, [
      gbp(at),
      usd(at, {
        ledger: { debits: 200_004_500n, credits: 198_752_933n },
        booked: { debits: 200_000_000n, credits: 198_752_933n },
        notYet: { count: 2, amount: 12_500n, oldest: at - 300_000 },
        items: [
          of(anItem('not_yet_in_stripe', 'pi_3Q8sTh2eZvKYlo2C1pQv0mXk', 2_500n), {
            at: at - 300_000,
          }),
          of(anItem('accepted', 'bank-charge-11', 4_500n), {
            note: 'Bank charge, Ada, 12 November',
          }),
        ],
      }),
    ]),
  broken: (at: number) =>
    prove(at, SINCE, [
      gbp(at),
      usd(at, {
        ledger: { debits: 199_995_800n, credits: 198_757_613n },
        items: [
          of(anItem('foreign', 'correction by hand', -2_500n), {
            ...{ at: at - 4_000, transactionId: 'txn_5c1e2f0a-7d4b-4c55-9a31-2f6e8b7d9c10' },
            note: 'Correction <b>Q3</b>',
          }),
          anItem('missing_in_ledger', 'txn_3Q8sTh2eZvKYlo2C0fHs7d2L.fee', -320n),
          anItem('other_in_ledger', 'pi_3Q8sTh2eZvKYlo2C1pQv0mXk', 5_000n, 800n),
          anItem('found_again', 'txn_1Q8sTh2eZvKYlo2CWv0pRe3A', 1_900n),
        ],
      }),
    ]),
  waiting: (at: number) =>
    prove(at, SINCE, [
      usd(at, { stripe: { ...held(at, 900_110n, 334_400n), judgement: WAITS } }),
      gbp(at),
    ]),
  not_read: (at: number) => prove(at, null, [usd(at, { stripe: null }), gbp(at, { stripe: null })]),
} as const satisfies Record<Proof['state'], (at: number) => Proof>;

let syncs = 0;

/** Carries all movements over from now on, and keeps proofs as runs would have made them, oldest first. */
export async function keepProofs(
  db: Db,
  instanceId: string,
  proofs: readonly Proof[],
): Promise<void> {
  const source = await currentSource(db, instanceId);
  if (!source) throw new Error('no sync has begun yet');
  const { sourceId } = source;
  await db.transaction((tx) =>
    enableMovements(tx, { instanceId, sourceId, cutOver: SINCE, by: null }, []),
  );
  await db.query(
    `update sources set movements_since = now() - interval '40 days' where source_id = $1`,
    [sourceId],
  );
  const syncId = `sync_${instanceId}_made_up_${syncs++}`;
  const owner = { workflowId: syncId, firstRunId: syncId };
  await openSync(db, { syncId, instanceId, trigger: 'cli', scope: { kind: 'full' }, ...owner });
  for (const proof of proofs) {
    // Those before are of other runs.
    await db.query('update proofs set sync_id = null where sync_id = $1', [syncId]);
    await saveProof(db, { syncId, instanceId, sourceId }, proof, null);
  }
  await db.query(
    `update stripe_syncs set status = 'completed', completed_at = now() where sync_id = $1`,
    [syncId],
  );
}

/** Movements of which nobody knows what they were. */
export async function keepSuspense(
  db: Db,
  instanceId: string,
  amounts: readonly (readonly [currency: string, amount: bigint])[],
): Promise<void> {
  const source = await currentSource(db, instanceId);
  for (const [index, [currency, amount]] of amounts.entries()) {
    await db.query(
      `insert into movements (instance_id, movement_id, kind, leg, bt_id, page_id, sync_id, source_id, currency, moves,
         from_balance, to_balance, state)
       values ($1, $2, 'suspense', 'gross', $2, 'page', 'sync', $3, $4, $5, '@stripe', '@stripe-suspense', 'posted')`,
      [instanceId, `txn_unknown${index}`, source?.sourceId, currency, amount.toString()],
    );
  }
}
