/** Questions of a moment. Apart from the connections: the client's library takes long to load, and a help needs none. */
import type { Client } from '@temporalio/client';

/** Milliseconds. Less than a probe waits, so that no call is left over: its next try would outlive the connection. */
const ANSWER_MS = 6_000;

/** Asks Temporal for a moment only. */
export function askBriefly<T>(client: Client, ask: () => Promise<T>): Promise<T> {
  return client.withDeadline(Date.now() + ANSWER_MS, ask);
}
