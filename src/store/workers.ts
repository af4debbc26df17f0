/** The rows of `workers`: which workers live by the database's clock, and marks of the settings they run with. */
import type { Queries } from './db';

/** Seconds between two signs of life, and after how many without one a worker is gone. */
export const SIGN_EVERY_S = 5;
const GONE_AFTER_S = 30;

/** Marks of settings, by their names. */
export type Marks = Readonly<Record<string, string>>;

export interface WorkerRow {
  /** As Temporal shows it. */
  readonly identity: string;
  readonly settings: Marks;
  readonly startedAt: Date;
  /** It has said goodbye, or given no sign of life for a while. */
  readonly gone: boolean;
}

/** A sign of life. The row comes back should it have been lost. */
export async function signWorker(db: Queries, identity: string, settings: Marks): Promise<void> {
  await db.query(
    `insert into workers (identity, settings) values ($1, $2)
     on conflict (identity) do update set seen_at = now(), settings = excluded.settings`,
    [identity, JSON.stringify(settings)],
  );
}

export async function signOffWorker(db: Queries, identity: string): Promise<void> {
  await db.query('update workers set stopped_at = now() where identity = $1', [identity]);
}

/** Temporal has forgotten them long since. */
export async function forgetWorkers(db: Queries): Promise<void> {
  await db.query(`delete from workers where seen_at < now() - interval '1 day'`);
}

export async function listWorkers(db: Queries): Promise<WorkerRow[]> {
  return db.query(
    `select identity, settings, started_at as "startedAt",
       stopped_at is not null or seen_at < now() - make_interval(secs => ${GONE_AFTER_S}) as gone
     from workers order by started_at, identity`,
  );
}
