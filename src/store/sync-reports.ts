/** The report of a sync, whether it runs or has ended. Nothing here writes. */
import { addCounts, NO_COUNTS, type Counts } from '../domain/outcomes';
import { toReport, type Report } from '../domain/report';
import type { Db } from './db';
import { countsBy } from './outcome-columns';
import { sumPages } from './pages';
import type { SyncRow } from './syncs';

/**
 * The counters of a row are written when it is closed: those of a running sync are summed up now.
 * @param link to the run in the Temporal Web UI, when its address is known
 */
export async function readReport(db: Db, row: SyncRow, link: string | null): Promise<Report> {
  if (row.status !== 'running') return toReport(row, link);
  const { counts, amounts, reasons } = await sumPages(db, row.syncId);
  const open = await countOpenPages(db, row.syncId);
  return toReport({ ...row, counts: addCounts(counts, open), amounts, reasons }, link);
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
