/** What a stand-in is asked and what it answers, whichever service it stands in for. */
import type { IncomingHttpHeaders } from 'node:http';

export interface StandInRequest {
  readonly method: string;
  /** As sent, without the query; still percent-encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Reply {
  readonly status: number;
  /** A bigint inside is written as a plain number, whatever its size. */
  readonly json?: unknown;
  /** Written as it is, instead of `json`; its type comes from `headers`. */
  readonly text?: string | undefined;
  readonly headers?: Record<string, string> | undefined;
}

export type Handler = (request: StandInRequest) => Reply | Promise<Reply>;
