/** How a benchmark is to be run. */
export interface Context {
  /** Smaller, with the same checks. */
  readonly quick: boolean;
  /** A real Core for `ledger` and `movements`. */
  readonly core: { readonly url: string; readonly apiKey: string } | undefined;
  /** Milliseconds of a round trip from worker and server to Postgres and Temporal; 0: this machine. */
  readonly distanceMs: number;
  /** A line about what is going on, for standard error. */
  readonly say: (line: string) => void;
}
