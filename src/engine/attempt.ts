/** What a step of a sync knows of its own attempt. */
export interface Attempt {
  readonly signal: AbortSignal;
  /** Shown with the next heartbeat, as a sign of progress; a retry goes by the rows in Postgres. */
  handled(count: number): void;
  /** Something got through: a fault that follows starts its time anew. */
  succeeded(): void;
}
