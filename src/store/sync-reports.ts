/** The report of a sync, whether it runs or has ended. Nothing here writes. */
import { addCounts, NO_COUNTS, type Counts } from '../domain/outcomes';
import { toReport, type Report } from '../domain/report';
import { movementsOf, type MovementParts } from '../domain/movements/movements-report';
import { suspenseOf, type SuspenseReport } from '../domain/movements/suspense-sum';
import type { ProofState } from '../domain/proof/proof';
import { proofAsJson } from '../domain/proof/proof-json';
import type { Db } from './db';
import { legsOfSync, legsOfSyncs, type LegCounts } from './leg-counts';
import { findEnabled } from './openings';
import { proofOfSync, proofStatesOf } from './proofs';
import { currentSource } from './sources';
import { suspenseSums } from './suspense';
import { countsBy } from './outcome-columns';
import { sumPages } from './pages';
import type { SyncRow } from './syncs';

/**
 * The counters of a row are written when it is closed: those of a running sync are summed up now.
 * @param link to the run in the Temporal Web UI, when its address is known
 */
export async function readReport(
  db: Db,
  row: SyncRow,
  link: string | null,
  parts: MovementParts = {},
): Promise<Report> {
  if (row.status !== 'running') return toReport(row, link, parts);
  const { counts, amounts, reasons } = await sumPages(db, row.syncId);
  const open = await countOpenPages(db, row.syncId);
  return toReport({ ...row, counts: addCounts(counts, open), amounts, reasons }, link, parts);
}

/** As a line of a list. */
export interface ListedSync {
  /** With its movements, where it has found any. */
  readonly report: Report;
  /** Of the proof that it has made; undefined: none. */
  readonly proof: ProofState | undefined;
}

export async function readList(
  db: Db,
  instanceId: string,
  rows: readonly SyncRow[],
  linkOf: (row: SyncRow) => Promise<string | null> = () => Promise.resolve(null),
): Promise<ListedSync[]> {
  const ids = rows.map(({ syncId }) => syncId);
  const legs = await legsOfSyncs(db, ids);
  const proofs = await proofStatesOf(db, instanceId, ids);
  return Promise.all(
    rows.map(async (row) => {
      const movements = foundMovements(legs.get(row.syncId) ?? {});
      const report = await readReport(db, row, await linkOf(row), movements);
      return { report, proof: proofs.get(row.syncId) };
    }),
  );
}

/** What it has found besides pay-ins, so far. */
export async function readMovements(db: Db, syncId: string): Promise<MovementParts> {
  return foundMovements(await legsOfSync(db, syncId));
}

function foundMovements(legs: LegCounts): MovementParts {
  return Object.keys(legs).length > 0 ? { movements: movementsOf(legs) } : {};
}

/** The same with the movements of the sync, its proof, and what is in suspense now. */
export async function readWholeReport(db: Db, row: SyncRow, link: string | null): Promise<Report> {
  return readReport(db, row, link, await readMovementParts(db, row));
}

async function readMovementParts(db: Db, { instanceId, syncId }: SyncRow): Promise<MovementParts> {
  const source = await currentSource(db, instanceId);
  const legs = await legsOfSync(db, syncId);
  const enabled = source && (await findEnabled(db, source.sourceId));
  const proof = await proofOfSync(db, instanceId, syncId);
  return {
    // What was found stays found, also after movements were disabled.
    ...(enabled ? { movements: movementsOf(legs) } : foundMovements(legs)),
    ...(proof && { proof: proofAsJson(proof.proof) }),
    ...(enabled && { suspense: await readSuspense(db, source.sourceId) }),
  };
}

/** As it stands now. */
export async function readSuspense(db: Db, sourceId: string): Promise<SuspenseReport> {
  return suspenseOf(await suspenseSums(db, sourceId));
}

const countOf = (column: string) =>
  column === 'found' ? 'count(*)' : `count(*) filter (where p.state = '${column}')`;

/** What is not in the sums yet: pages that were read and wait for the ledger, which may take very long. */
async function countOpenPages(db: Db, syncId: string): Promise<Counts> {
  const [row] = await db.query<{ counts: Counts }>(
    `select ${countsBy(countOf)} as counts
     from sync_pages s join movements p using (page_id)
     where s.sync_id = $1 and p.kind = 'pay_in' and (s.state = 'open' or (s.aside and p.state = 'staged'))`,
    [syncId],
  );
  return row?.counts ?? NO_COUNTS;
}
